#!/usr/bin/env node

// From a provider's call to the receiver of a webhook, with the real simrelayd;
// calls at the same instant, by two workers; a report that comes while its id
// is being learnt; and what goes when nobody needs it any more.

'use strict';

const path = require('path');
const { Daemon, is, ok, until } = require('./lib/sidecar.js');
const { Nginx, each, main, seal, t } = require('./lib/nginx.js');
const { sevenCall, sevenSign, twilioSign } = require('./lib/providers.js');
const { Receiver, nameserver } = require('./lib/webhooks.js');
const twilio = require(path.join(__dirname, 'clients/node_modules/twilio'));

const LANES = 4;
const ROUNDS = 60;

const HERE = 'https://sms.example.com';
const SEVEN = `${HERE}/api/webhooks/seven`;
const TEXT = 'Your code is 271828';

let nginx;
let lanes;
let daemon;
let calls = 0;


const hex = (context, text) => `\\x${seal(context, text).toString('hex')}`;


async function fixture() {
    await t.db.sql(`
        insert into provider_accounts (provider, name, api_key, signing_secret)
        values ('seven', 'main', '\\x01',
                '${hex('provider_signing', 'sign-main')}'),
               ('twilio', 'AC2', '${hex('provider_key', 'sign-AC2')}', null);
        insert into provider_messages (provider, account, provider_message_id,
                                       created_at)
        select 'seven', 'main', 'old' || n, now() - interval '31 days'
          from generate_series(1, 1500) n;
        insert into provider_messages
        values ('seven', 'main', 'new', now() - interval '29 days');
        insert into provider_reports
        select 'seven', 'main', 'r' || n, 'sent', null,
               now() - make_interval(secs => n / 10.0)
          from generate_series(1, 11500) n;
        insert into provider_reports
        values ('seven', 'main', 'day', 'sent', null,
                now() - interval '25 hours');
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret)
        overriding system value
        values (71, 1, 'w', 'http://hook.example:1/',
                '${hex('webhook', 'aa'.repeat(32))}');
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        values (1, 71, 11, 'always')`);
}


// A webhook of seven.io's, over one of our connections.
function seven(http, event, data, secret = 'sign-main') {
    const body = JSON.stringify({ data, webhook_event: event });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = String(++calls).padStart(32, 'n');

    return http.request(null, 'POST', '/api/webhooks/seven', body, {
        'Content-Type': 'application/json',
        'X-Timestamp': timestamp,
        'X-Nonce': nonce,
        'X-Signature': sevenSign(secret, timestamp, nonce, 'POST', SEVEN, body),
    });
}

const sms = (http, id, more = {}) =>
    seven(http, 'sms_mo', { id, sender: '4915112345678',
                            system: '15551230101', text: TEXT,
                            time: String(Math.floor(Date.now() / 1000) - 10),
                            message_type: 'SMS', ...more });

const dlr = (http, id, status) =>
    seven(http, 'dlr', { msg_id: id, status, timestamp: '' });


// A call of Twilio's; "sign" makes its signature.
function call(http, target, form, sign = twilioSign) {
    const fields = { AccountSid: 'AC2', ...form };

    return http.request(null, 'POST', `/api/webhooks/twilio/${target}`,
                        new URLSearchParams(fields).toString(), {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature':
            sign('sign-AC2', `${HERE}/api/webhooks/twilio/${target}`, fields),
    });
}


// SMS that were sent, from..to, as the sender leaves them.
const sent = (from, to, provider, account, state, id = 'null') =>
    t.db.sql(`
        insert into messages (organization_id, id, sms_id, hosted_sim_id,
                              direction, sender, recipient, body, status,
                              received_at)
        overriding system value
        select 1, n, n, 101, 'outbound', '+15551230101', '+4915112345678',
               'text', 'queued', now()
          from generate_series(${from}, ${to}) n;
        insert into sends (organization_id, message_id, hosted_sim_id,
                           provider, account, segments, state,
                           provider_message_id)
        select 1, n, 101, '${provider}', '${account}', 1, '${state}', ${id}
          from generate_series(${from}, ${to}) n`);


async function way() {
    const [[http]] = lanes;
    const receiver = await Receiver.start();
    const names = await nameserver();

    await t.db.sql(`update webhook_integrations
                       set url = 'http://hook.example:${receiver.port}/'`);

    daemon = await Daemon.start(t.dir, 'simrelayd', {
        database: `"${t.db.conninfo()}"`,
        resolvers: `127.0.0.1:${names.port}`,
        allow_private_addresses: 'on',
    });

    const got = async (n) => {
        await until(() => receiver.got.length >= n, 60000);
        return receiver.got[n - 1] ? receiver.got[n - 1].json : {};
    };

    is((await sms(http, 'way')).status, 200, 'seven.io tells of an SMS');

    const one = await got(1);

    is([one.event, one.data && { ...one.data, message_id: 0,
                                 received_at: 0 }],
       ['message.inbound', { message_id: 0, hosted_sim_id: 101,
                             from: '+4915112345678', to: '+15551230101',
                             body: TEXT, received_at: 0 }],
       'and the webhook tells of it');

    is((await sms(http, 'way')).status, 200, 'seven.io tells of it again');

    const form = { From: '+14155550100', To: '+15551230102', Body: TEXT,
                   MessageSid: 'SM1', NumMedia: '0' };
    const answer = await call(http, 'sms', form,
                              twilio.getExpectedTwilioSignature);

    is([answer.status, answer.body], [200, '<Response/>'],
       'a call that is signed by the twilio package');

    const two = await got(2);

    is([two.event, two.data && two.data.hosted_sim_id, two.data.from],
       ['message.inbound', 102, '+14155550100'],
       'and the webhook tells of it, but of none twice');

    await sent(700, 700, 'seven', 'main', 'accepted', "'W1'");
    is((await dlr(http, 'W1', 'DELIVERED')).status, 200, 'a delivery report');

    const three = await got(3);

    is([three.event, three.data && three.data.message_id,
        three.data && three.data.status],
       ['message.delivery', 'msg_700', 'delivered'],
       'and the webhook tells of it');

    await sent(701, 701, 'twilio', 'AC2', 'unconfirmed');

    const status = { MessageSid: 'SM7', MessageStatus: 'undelivered',
                     ErrorCode: '30003' };

    is((await call(http, 'status?message=1.701', status,
                   twilio.getExpectedTwilioSignature)).status, 200,
       'a status that is signed by the twilio package');

    const four = await got(4);

    is([four.event, four.data && four.data.message_id,
        four.data && four.data.status, four.data && four.data.error_code],
       ['message.delivery', 'msg_701', 'failed', '30003'],
       'and the webhook tells of it');

    is((await sevenCall(SEVEN, 'sign-main', 'sms_mo',
                        { id: 'form', sender: 'Bank', system: '15551230101',
                          text: 'a&b=c', time: '1' },
                        { form: true, to: `http://127.0.0.1:${nginx.port}` }))
           .status, 200, 'a form of seven.io\'s');
    is((await got(5)).data.body, 'a&b=c', 'and the webhook tells of it');

    is((await sms(http, 'lost', { system: '15559999999' })).status, 200,
       'an SMS for a number of nobody');

    const metrics = (await http.request(null, 'GET', '/metrics')).body;
    const counted = (outcome) => Number(new RegExp(
        `^simrelay_provider_calls_total\\{provider="seven",outcome="${outcome}"`
        + '\\} (\\d+)$', 'm').exec(metrics)[1]);

    is(['sms_stored', 'sms_duplicate', 'sms_unknown', 'report_moved']
           .map(counted), [2, 1, 1, 1], 'calls are counted by what they were');

    receiver.stop();
    names.stop();
}


async function race(name, round) {
    const faults = [];
    let n = 0;

    await Promise.all(lanes.map(async ([a, b]) => {
        for (let i = n++; i < ROUNDS; i = n++) {
            const answers = await Promise.all(round(a, b, i));

            if (answers.some((r) => r.status !== 200)) {
                faults.push(`round ${i}: `
                            + answers.map((r) => `${r.status} ${r.body}`));
            }
        }
    }));

    is(faults.slice(0, 5), [], `${ROUNDS} rounds: ${name}`);
}


async function races() {
    await t.db.sql('delete from messages; delete from events');

    await race('an SMS that seven.io tells twice',
               (a, b, i) => [sms(a, `twice${i}`), sms(b, `twice${i}`)]);

    is(await t.db.sql(`
        select (select count(*) from messages),
               (select count(*) from events),
               (select received from message_counts
                 where hosted_sim_id = 101 and team_id = 0)`),
       `${ROUNDS}|${ROUNDS}|${ROUNDS + 2}`, 'is stored once');

    await t.db.sql('delete from messages; delete from events');

    const form = (i) => ({ From: '+14155550100', To: '+15551230102',
                           Body: TEXT, MessageSid: `twice${i}` });

    await race('an SMS that Twilio tells twice',
               (a, b, i) => [call(a, 'sms', form(i)), call(b, 'sms', form(i))]);

    is(await t.db.sql('select count(*) from messages'), `${ROUNDS}`,
       'is stored once');

    await t.db.sql('delete from messages; delete from events');
    await sent(1000, 1000 + ROUNDS - 1, 'seven', 'main', 'accepted',
               "'D' || (n - 1000)");

    await race('two reports about one SMS',
               (a, b, i) => [dlr(a, `D${i}`, 'ACCEPTED'),
                             dlr(b, `D${i}`, 'DELIVERED')]);

    is(await t.db.sql(`
        select status, count(*), (select count(*) from events
                                   where object_id >= 1000)
               between ${ROUNDS} and ${2 * ROUNDS}
          from messages group by 1`),
       `delivered|${ROUNDS}|t`, 'leave it delivered');

    await t.db.sql('delete from messages; delete from events');
    await sent(2000, 2000 + ROUNDS - 1, 'twilio', 'AC2', 'leased');

    const status = (i, word) => ({ MessageSid: `E${i}`, MessageStatus: word });

    await race('two reports about one whose id is not known',
               (a, b, i) => [
        call(a, `status?message=1.${2000 + i}`, status(i, 'sent')),
        call(b, `status?message=1.${2000 + i}`, status(i, 'delivered')),
    ]);

    is(await t.db.sql(`
        select m.status, s.state, count(*),
               count(*) filter (where s.provider_message_id
                                      = 'E' || (s.message_id - 2000))
          from messages m join sends s on s.message_id = m.id
         where m.id >= 2000
         group by 1, 2`),
       `delivered|ended|${ROUNDS}|${ROUNDS}`, 'leave it delivered');
}


// The sender has the answer with the id, and has not committed it; a report
// about that id waits for it.
async function turns() {
    const [[http]] = lanes;

    await sent(3000, 3001, 'seven', 'main', 'leased');

    const learns = (id, name) => t.db.sql(`
        begin;
        select provider_message_lock('seven', 'main', '${name}');
        update sends set state = 'accepted', provider_message_id = '${name}'
         where message_id = ${id};
        select test.until($$select exists (
            select from pg_locks where locktype = 'advisory'
                                   and not granted)$$);
        commit`);

    const [, answer] = await Promise.all([
        learns(3000, 'L1'),
        (async () => {
            await until(async () => await t.db.sql(
                "select count(*) from pg_locks where locktype = 'advisory'")
                > 0, 60000);
            return dlr(http, 'L1', 'DELIVERED');
        })(),
    ]);

    is([answer.status, await t.db.sql(`
        select m.status, s.state, (select count(*) from provider_reports
                                    where provider_message_id = 'L1')
          from messages m join sends s on s.message_id = m.id
         where m.id = 3000`)],
       [200, 'delivered|ended|0'],
       'a report waits for who learns its id, and finds the SMS');

    is([(await dlr(http, 'L2', 'EXPIRED')).status, await t.db.sql(`
        select status, error_code from provider_reports
         where provider_message_id = 'L2'`)],
       [200, 'failed|expired'], 'one that nobody is about to learn is kept');
}


async function housekeeping() {
    const count = (what) => t.db.sql(`select count(*) from ${what}`);

    ok(await until(async () => await count('provider_messages where '
           + "provider_message_id like 'old%'") === '0', 60000),
       'what made SMS idempotent goes after 30 days');
    is(await count("provider_messages where provider_message_id = 'new'"), '1',
       'not before');

    ok(await until(async () => Number(await count('provider_reports'))
                               <= 10001, 60000),
       'of reports that nobody asks for so many stay');
    is([await count("provider_reports where provider_message_id = 'day'"),
        await count("provider_reports where provider_message_id = 'r1'")],
       ['0', '1'], 'of a day, the newest');
}


main(async () => {
    await fixture();

    nginx = await Nginx.start('nginx', {
        http: `simrelay_database_timeouts connect=10s statement=60s lock=60s
                                          queue=60s;`,
    });

    const connections = await each(nginx, LANES);

    lanes = connections[0].map((http, i) => [http, connections[1][i]]);

    await way();
    await housekeeping();
    await races();
    await turns();

    for (const list of connections) {
        list.forEach((http) => http.close());
    }

    await daemon.stop();

    const said = nginx.log() + daemon.log;

    ok(!['271828', 'sign-main', 'sign-AC2', '4915112345678'].some(
        (secret) => said.includes(secret)),
       'no text, number or secret is in the logs');
});
