#!/usr/bin/env node

// Webhooks over their life: which secrets sign, what becomes of a receiver
// that fails for long and who is told of it, and deliveries that never end by
// themselves.  By the real simrelayd (SIMRELAYD_BIN).

'use strict';

const crypto = require('crypto');
const path = require('path');
const { createRequire } = require('module');
const { bail, is, ok, until } = require('./lib/sidecar.js');
const { Receiver, SECRET, count, delivery, ended, endpoint, handled, lax, main,
        seal, sms, submit, t } = require('./lib/webhooks.js');

const OLD = 'bb'.repeat(32);
const OLDER = 'cc'.repeat(32);

const clients = createRequire(path.resolve(__dirname, 'clients', 'x'));

function standardwebhooks() {
    try {
        return clients('standardwebhooks').Webhook;
    } catch {
        return bail('the package "standardwebhooks" is missing:'
                    + ' npm ci in t/clients');
    }
}


// Who verifies this request: by the library, and by the contract's header?
function verified(got, secret) {
    const Webhook = standardwebhooks();
    let standard = true;

    try {
        new Webhook(secret, { format: 'raw' }).verify(got.body, got.headers);
    } catch {
        standard = false;
    }

    const hex = crypto.createHmac('sha256', secret).update(got.body)
        .digest('hex');

    return [standard, got.headers['x-simrelay-signature'] === hex];
}


async function secrets() {
    const r = await Receiver.start();
    const e = await endpoint(r.url);
    const set = (secret, until) => t.db.sql(`
        update webhook_integrations
           set previous_secret = '\\x${seal(secret)}',
               previous_secret_until = now() + interval '${until}'
         where id = ${e.id}`);
    const next = async () => {
        const n = r.got.length;

        await submit(e);
        await until(() => r.got.length > n, 20000);

        return r.got[n] || { headers: {}, body: '' };
    };
    const signatures = (got) =>
        (got.headers['webhook-signature'] || '').split(' ').length;

    let got = await next();

    is([signatures(got), verified(got, SECRET), verified(got, OLD)],
       [1, [true, true], [false, false]], 'one secret signs');

    await set(OLD, '1 day');
    got = await next();

    is([signatures(got), verified(got, SECRET), verified(got, OLD),
        verified(got, OLDER)],
       [2, [true, true], [true, false], [false, false]],
       'one that was replaced signs too; X-Simrelay-Signature is the new'
       + " one's alone");
    ok((got.headers['webhook-signature'] || '').startsWith('v1,'
       + crypto.createHmac('sha256', SECRET)
             .update(`${got.headers['webhook-id']}.`
                     + `${got.headers['webhook-timestamp']}.${got.body}`)
             .digest('base64') + ' v1,'),
       'the new one comes first', got.headers['webhook-signature']);

    await set(OLD, '-1 second');
    got = await next();

    is([signatures(got), verified(got, SECRET), verified(got, OLD)],
       [1, [true, true], [false, false]], 'until its time is over');

    r.stop();
}


async function statuses() {
    const r = await Receiver.start();
    const e = await endpoint(r.url);

    const add = async (status, error) => {
        const n = r.got.length;

        await t.db.sql(`
            with m as (
                insert into messages (organization_id, sms_id, hosted_sim_id,
                                      direction, sender, recipient, body,
                                      status, error_code, received_at)
                values (${e.org}, nextval('sms_ids'), 7, 'outbound',
                        '+14155550199', '+14155550100', 'text', '${status}',
                        ${error === null ? null : `'${error}'`}, now())
                returning organization_id, id
            )
            insert into events (organization_id, type, object_id)
            select organization_id, 'message.delivery', id from m`);
        await t.db.sql('notify simrelay');
        await until(() => r.got.length > n, 20000);

        const { message_id: id, updated_at: at, ...rest }
            = (r.got[n] || { json: { data: {} } }).json.data;

        ok(/^msg_\d+$/.test(id) && /^\d{4}-.*Z$/.test(at),
           'message.delivery has its id and time', JSON.stringify([id, at]));

        return rest;
    };

    const sent = { hosted_sim_id: 7, to: '+14155550100', from: '+14155550199' };

    is(await add('delivered', null),
       { ...sent, status: 'delivered', error_code: null },
       'one that was delivered has no error_code');
    is(await add('failed', '30006'),
       { ...sent, status: 'failed', error_code: '30006' },
       'one that failed has it');

    r.stop();
}


// The people of an organization, by role.
async function people(e, roles) {
    for (const [i, role] of roles.entries()) {
        await t.db.sql(`
            with u as (
                insert into users (name, email, disabled_at)
                values ('${role} ${i}', '${e.org}-${i}@example.com',
                        ${role === 'disabled' ? 'now()' : null})
                returning id
            )
            insert into members (user_id, organization_id, role)
            select id, ${e.org}, '${role === 'disabled' ? 'owner' : role}'
              from u`);
    }
}

const mails = (e) => t.db.sql(`
    select count(*) || ' ' || coalesce(string_agg(distinct recipient, ' '), '')
      from mails
     where kind = 'webhook_failing'
       and params ->> 'webhook_id' = '${e.id}'`);

const failing = (e) => t.db.sql('select failing_since is not null'
                                + ' from webhook_integrations'
                                + ` where id = ${e.id}`);

const version = (e) => t.db.sql('select xmin from webhook_integrations'
                                + ` where id = ${e.id}`);


async function outages() {
    let status = 500;
    const r = await Receiver.start((req, res) => {
        res.statusCode = status;
        res.end();
    });
    const e = await endpoint(r.url, { retries: 0 });
    const f = await endpoint(r.url, { retries: 3 });
    const told = (n) => `${n} ${e.org}-0@example.com ${e.org}-1@example.com`;

    await people(e, ['owner', 'admin', 'member', 'disabled']);
    await people(f, ['owner']);

    const send = async (code, to = e, n = 1) => {
        const before = await count(to, "state <> 'pending'");

        status = code;
        await submit(to, n);
        await until(() => count(to, "state <> 'pending'")
                        .then((all) => all === before + n), 15000);
    };

    const fresh = await version(e);

    await send(200);
    is([await failing(e), await mails(e), await version(e) === fresh],
       ['f', '0', true], 'what is delivered writes no integration');

    await send(500);
    is([await failing(e), await mails(e)], ['t', told(2)],
       'the first that fails for good begins an outage, of which owners and'
       + ' admins get a mail');

    const row = JSON.parse(await t.db.sql(`
        select json_build_object('params', params,
                                 'user', user_id is not null)
          from mails
         where kind = 'webhook_failing' and recipient
               = '${e.org}-0@example.com'`));

    is(row, { params: { name: 'owner 0', webhook: 'w', webhook_id: e.id,
                        organization: 'o' }, user: true },
       'it names the webhook and the organization');

    const during = await version(e);

    await send(500, e, 20);
    is([await mails(e), await version(e) === during], [told(2), true],
       'more of them write nothing and tell nobody');

    status = 500;
    await submit(f);
    is([(await delivery(f)).state, await failing(f), await mails(f)],
       ['pending', 'f', '0'], 'one that is tried again is no outage');

    await send(200);
    is([await failing(e), await mails(e)], ['f', told(2)],
       'one that is delivered ends it');

    await send(410);
    is([await failing(e), await mails(e)], ['t', told(4)],
       '410 begins the next one, of which there is a mail again');

    for (let i = 0; i < 4; i++) {
        await send(200);
        await send(410);
    }

    is([await failing(e), await mails(e)], ['t', told(8)],
       'one that comes and goes makes four mails an hour for each of them');

    r.stop();
}


// Two instances record failures of one integration at the same time.
async function shared() {
    const r = await Receiver.start((req, res) => {
        res.statusCode = 410;
        res.end();
    });
    const two = await lax('second');
    const all = [];

    await two.said('event=database_connected', 20000);

    for (let i = 0; i < 10; i++) {
        const e = await endpoint(r.url, { retries: 0 });

        await people(e, ['owner']);
        all.push(e);
    }

    await t.db.sql(all.map((e) => sms(e, 40)).join(';'));
    await t.db.sql('notify simrelay');

    const [{ id }] = all;

    await until(() => t.db.sql('select count(*) from webhook_deliveries'
                               + ` where webhook_integration_id >= ${id}`
                               + "   and state = 'failed'")
                    .then((n) => n === '400'), 20000);

    const told = [];

    for (const e of all) {
        told.push(await mails(e));
    }

    is(told, all.map((e) => `1 ${e.org}-0@example.com`),
       'several instances tell of an outage once');

    await two.stop();
    r.stop();
}


// Attempts that never come to an end: as if whoever had leased them was gone.
async function poison() {
    const r = await Receiver.start((req, res) => {
        res.statusCode = 500;
        res.end();
    });
    const e = await endpoint(r.url, { retries: 2 });

    await t.db.sql(`update webhook_integrations set is_active = false
                   where id = ${e.id}`);

    // attempts so far, leased; what becomes of it
    const cases = [
        [1, true, ['pending', 2]],
        [2, true, ['failed', 3]],
        [3, true, ['failed', 4]],
        [5, true, ['failed', 6]],
        [6, true, ['failed', 6]],
        [3, false, ['failed', 4]],
    ];
    const ids = [];

    await t.db.sql(`${sms(e)};
                   update events set planned_at = now()
                    where organization_id = ${e.org}`);

    for (const [attempts, leased] of cases) {
        ids.push(await t.db.sql(`
            insert into webhook_deliveries
                   (organization_id, webhook_integration_id, event_id,
                    event_created_at, event, object_id, attempts,
                    next_attempt_at, lease_id, lease_until)
            select organization_id, ${e.id}, id, created_at, type, object_id,
                   ${attempts}, now() + interval '1 hour',
                   ${leased ? 'gen_random_uuid(), now()' : 'null, null'}
              from events
             where organization_id = ${e.org}
             order by id
             limit 1
            returning id`));
    }

    await t.db.sql(`update webhook_integrations set is_active = true
                   where id = ${e.id};
                   update webhook_deliveries set next_attempt_at = now()
                    where id in (${ids})`);

    const state = (id) => t.db.sql(`
        select json_build_array(state, attempts, error, lease_id is null)
          from webhook_deliveries where id = ${id}`).then(JSON.parse);

    for (const [i, [attempts, leased, expected]] of cases.entries()) {
        await until(() => state(ids[i])
                        .then((s) => s[0] === expected[0] && s[3]
                                     && s[1] === expected[1]), 15000);

        const s = await state(ids[i]);

        is(s, [...expected, attempts === 6 ? 'no attempt came to an end'
                                           : 'the receiver did not accept it',
               true],
           `attempt ${attempts} of 3, ${leased ? '' : 'not '}lost`);
    }

    is(r.got.length, 5, 'the one that never gets further was not sent again');

    r.stop();
}


// A receiver may answer before it has read all, or close right after.
async function hasty() {
    const net = require('net');
    const server = net.createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
            socket.end('HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok');
        });
    });

    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

    const e = await endpoint(`http://127.0.0.1:${server.address().port}/`);

    await t.db.sql(sms(e, 5, { body: 'x'.repeat(1600) }));
    await t.db.sql('notify simrelay');

    ok(await until(() => handled(e), 15000),
       'a receiver that answers the first byte and closes has got it');

    const d = await delivery(e, ended);

    is([d.state, d.status, d.response, d.attempts],
       ['delivered', 202, 'ok', 1], 'at its first attempt');

    server.close();
}


main(async () => {
    const daemon = await lax('one');

    ok(await daemon.said('event=database_connected', 20000), 'it starts',
       daemon.log);

    await secrets();
    await statuses();
    await outages();
    await shared();
    await poison();
    await hasty();
});
