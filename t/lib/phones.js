// What the walks over phones share: phones in every state, what the database
// holds of them (t/lib/phones.sql), Twilio's calls, the routes of phones.

'use strict';

const crypto = require('crypto');
const path = require('path');
const { t } = require('./nginx.js');
const { routes } = require('./routes.js');
const { bail, run } = require('./sidecar.js');

const BYOS = '/api/byos/devices';
const TWILIO = '/api/webhooks/twilio/sms';

let session = null;


// The rows of one statement, as psql prints them.
async function ask(sql) {
    session ??= open();

    return (await session).ask(sql);
}

async function open() {
    await t.db.psql('-f', path.join(__dirname, 'phones.sql'));

    const s = t.db.session();

    await s.ask('set client_min_messages = warning');
    return s;
}


// The rows of the route table about phones, one for each method.
function ways() {
    return routes().filter((row) => row.path.startsWith(BYOS))
                   .flatMap((row) => row.methods.map((method) =>
                       ({ ...row, method, name: `${method} ${row.path}` })));
}


let phones = 2000;

// A phone in a state, and its cards in theirs, with an SMS to send: their ids.
// One that is "deleted" has yet to be.
async function phone(status, cards, user = 1, organization = 1) {
    const id = ++phones;
    const deleted = status === 'deleted';

    const message = await ask(`
        select test.to_send(${id})
          from test.phone(${id}, ${user}, ${organization},
                          '${deleted ? 'active' : status}', '{${cards}}')`);

    return { id, message: Number(message) };
}


// The id of a phone's nth card.
const card = (id, n) => 10 * id + n;


// The digest of each table.
async function digests() {
    return JSON.parse(await ask('select test.digests()'));
}


// The tables that are other than they were.
function differing(before, now) {
    return Object.keys(now).filter((name) => now[name] !== before[name]);
}

const changed = async (before) => differing(before, await digests());


// A phone as test.seen() tells of it, what is left of its SIMs, the digests.
async function look(id) {
    return JSON.parse(await ask(`
        select jsonb_build_object(
               'seen', test.seen(${id}), 'digests', test.digests(),
               'sims', (select count(*)
                          from hosted_sims
                         where id / 10 = ${id}
                           and deleted_at is null))`));
}


let calls = 0;

// Twilio's call about an SMS, signed; an id of one's own where it is to be
// repeated.
function sms(http, from, text, sid = `SM${++calls}`) {
    const form = { AccountSid: 'AC1', Body: text, From: from, MessageSid: sid,
                   To: '+15550001111' };
    const sign = crypto.createHmac('sha1', 'secret')
        .update(`https://sms.example.com${TWILIO}`
                + Object.entries(form).flat().join(''))
        .digest('base64');

    return http.request(null, 'POST', TWILIO,
                        new URLSearchParams(form).toString(),
                        { 'X-Twilio-Signature': sign });
}


// The operator's word about a phone.
function revoke(id) {
    return run(process.env.SIMRELAY_BIN || bail('SIMRELAY_BIN is not set'),
               ['-d', t.db.conninfo(), 'phone', 'revoke', String(id)]);
}


// A JSON body's member, or undefined.
function member(body, name) {
    try {
        return JSON.parse(body)[name];
    } catch {
        return undefined;
    }
}


module.exports = { BYOS, ask, card, changed, differing, digests, look, member,
                   phone, revoke, sms, ways };
