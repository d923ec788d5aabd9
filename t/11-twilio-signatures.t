#!/usr/bin/env node

// Calls that Twilio's own package has signed, and what it says of them itself.

'use strict';

const path = require('path');
const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');
const twilio = require(path.join(__dirname, 'clients/node_modules/twilio'));

const TARGET = '/api/webhooks/twilio/sms';
const FORM = { AccountSid: 'AC1', ApiVersion: '2010-04-01', Body: 'SR-A2B3',
               From: '+15557770001', FromCity: 'Zürich & Co+ = ?',
               NumMedia: '0', To: '+15550001111' };

let http;
let calls = 0;


// Was a call served that is signed for a URL, and comes to a target?
async function call(signed, target = TARGET, { token = 'secret', form = {},
                                               list = null } = {}) {
    const fields = { ...FORM, MessageSid: `SM${++calls}`, ...form };
    const sign = twilio.getExpectedTwilioSignature(token, signed, fields);
    const body = new URLSearchParams(Object.entries(fields).flatMap(
        ([name, value]) => [value].flat().map((v) => [name, v])));

    const answer = await http.request(null, 'POST', target,
                                      (list || body).toString(), {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': sign,
    });

    return { status: answer.status, body: answer.body, sign, fields };
}


// A card that waits for its code, once more.
const wait = () => t.db.sql(`
    delete from verification_codes;
    update sim_cards set status = 'inactive' where id = 305;
    update sim_cards set status = 'pending' where id = 305;
    insert into verification_codes (code, sim_card_id)
    values ('SR-A2B3', 305)`);

const card = () => t.db.sql(`
    select status, phone_number from sim_cards where id = 305`);


// url: that is public; then what Twilio may have called, and the target here
async function at(base) {
    const right = [
        [TARGET, TARGET],
        [`${TARGET}?a=1&b=2`, `${TARGET}?a=1&b=2`],
        [`${TARGET}?b=%20x&a`, `${TARGET}?b=%20x&a`],
        [`${TARGET}?`, `${TARGET}?`],
    ];

    for (const [signed, target] of right) {
        await wait();

        const { status, body, sign, fields } = await call(base + signed,
                                                          target);

        is([status, body, await card()],
           [200, '<Response/>', 'active|+15557770001'],
           `a call of ${base}${signed}`);
        ok(twilio.validateRequest('secret', sign, `${base}${signed}`, fields),
           'which the package accepts, too');
    }
}


async function ports() {
    const { protocol, hostname, port } = new URL(t.base);
    const usual = protocol === 'https:' ? 443 : 80;

    const spelt = `${protocol}//${hostname}:${port || usual}`;
    const bare = `${protocol}//${hostname}`;

    for (const base of new Set([spelt, bare])) {
        await wait();

        const { status, sign, fields } = await call(base + TARGET);

        is([status, await card()], [200, 'active|+15557770001'],
           `signed for ${base}`);
        ok(twilio.validateRequest('secret', sign, t.base + TARGET, fields),
           'the package takes that for the public URL');
    }

    await wait();

    const other = `${bare}:8444`;
    const { status, sign, fields } = await call(other + TARGET);

    is([status, await card()], [403, 'pending|+15557770001'],
       `but not for ${other}`);
    ok(!twilio.validateRequest('secret', sign, t.base + TARGET, fields),
       'nor does the package');
}


async function wrong() {
    await wait();

    const cases = [
        ['by another token', TARGET, TARGET, { token: 'Secret' }],
        ['of another query', `${TARGET}?a=1`, `${TARGET}?a=2`, {}],
        ['of no query', TARGET, `${TARGET}?a=1`, {}],
        ['of a query that is gone', `${TARGET}?a=1`, TARGET, {}],
        ['of another path', '/api/webhooks/twilio/status', TARGET, {}],
        ['of other fields', TARGET, TARGET, {
            list: new URLSearchParams({ ...FORM, MessageSid: 'SM0' }) }],
        ['of another account', TARGET, TARGET,
         { form: { AccountSid: 'AC2' } }],
    ];

    for (const [name, signed, target, options] of cases) {
        is((await call(t.base + signed, target, options)).status, 403, name);
    }

    is(await card(), 'pending|+15557770001', 'none of them changes anything');

    const form = { Body: ['SR-A2B3'], MediaUrl: ['b', 'a', 'b'] };

    is([(await call(t.base + TARGET, TARGET, { form })).status, await card()],
       [200, 'active|+15557770001'], 'a field that comes several times');
}


async function served(base) {
    const nginx = await Nginx.start(`nginx-${new URL(base).port || 0}`, {
        http: `simrelay_public_url ${base};`, workers: 1,
    });

    [[http]] = await each(nginx, 1);
    t.base = base;

    await at(base);
    await ports();
    await wrong();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    await nginx.stop();
}


main(async () => {
    await served('https://sms.example.com');
    await served('https://sms.example.com:8443');
});
