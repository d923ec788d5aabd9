#!/usr/bin/env node

// Webhooks: what the real simrelayd (SIMRELAYD_BIN) sends to whom, signed how,
// when it tries again, and that nobody is kept waiting by others.

'use strict';

const crypto = require('crypto');
const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Receiver, SECRET, count, delivery, ended, endpoint, lax, main, sms,
        submit, t } = require('./lib/webhooks.js');


async function wire() {
    const r = await Receiver.start((req, res) => res.end('a\u0000\xff'));
    const e = await endpoint(`${r.url}?a=1&b=%20`, {
        headers: { 'X-Own': 'mine', 'X-Empty': '', Host: 'evil.example',
                   'content-type': 'text/xml', 'webhook-id': 'evt_0',
                   'X-Bad': 'a\r\nX-Simrelay-Signature: 00' },
    });
    const began = Date.now();

    await submit(e, 1, { body: 'Grüße "1"\n\u{1f600}' });
    await until(() => r.got.length > 0);

    const got = r.got[0] || { headers: {}, raw: [], json: {}, body: '' };
    const event = await t.db.sql('select id from events'
                               + ` where organization_id = ${e.org}`);
    const message = await t.db.sql('select id from messages'
                                 + ` where organization_id = ${e.org}`);
    const at = await t.db.sql("select to_char(created_at at time zone 'utc',"
                            + " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from events"
                            + ` where organization_id = ${e.org}`);

    ok(got.at - began < 1000, 'an event is sent when the bell rings');
    is([got.method, got.url], ['POST', '/hook?a=1&b=%20'],
       'by POST, to the URL as it is');
    is(got.json, { event: 'message.inbound', event_id: `evt_${event}`,
                   timestamp: at,
                   data: { message_id: `msg_${message}`, hosted_sim_id: 7,
                           from: 'Bank', to: '+14155550199',
                           body: 'Grüße "1"\n\u{1f600}',
                           received_at: '2026-01-02T03:04:05Z' } },
       'with the body of the contract');

    const h = got.headers;
    const hex = crypto.createHmac('sha256', SECRET).update(got.body)
        .digest('hex');
    const standard = crypto.createHmac('sha256', SECRET)
        .update(`${h['webhook-id']}.${h['webhook-timestamp']}.${got.body}`)
        .digest('base64');

    is([h['content-type'], h['user-agent']],
       ['application/json', 'SimRelay/1'], 'its type and agent');
    is(h['x-simrelay-signature'], hex, 'X-Simrelay-Signature is right');
    is([h['webhook-id'], h['webhook-signature']],
       [`evt_${event}`, `v1,${standard}`], 'webhook-signature is right');
    ok(Math.abs(h['webhook-timestamp'] - Date.now() / 1000) < 5,
       'webhook-timestamp is now');
    is([h['x-own'], h['x-empty'], h.host],
       ['mine', '', `127.0.0.1:${r.port}`],
       'own headers go out, but not those that the delivery sets');
    is(got.raw.filter((v, i) => i % 2 === 0)
           .map((v) => v.toLowerCase())
           .filter((v, i, all) => all.indexOf(v) !== i),
       [], 'no header is there twice');

    const d = await delivery(e);

    is([d.state, d.attempts, d.status, d.error, d.response, d.finished],
       ['delivered', 1, 200, null, 'a\ufffd\u00ff', true],
       'the delivery log has it, in valid UTF-8');

    await submit(e);
    await until(() => r.got.length > 1);
    is(r.connections, 1, 'a connection is used again');

    r.stop();
}


async function audience() {
    const r = await Receiver.start();
    const one = await endpoint(r.url);
    const locked = await endpoint(r.url, { mode: 'lock_required' });
    const off = await endpoint(r.url);
    const muted = await endpoint(r.url);

    await t.db.sql(`update webhook_integrations set is_active = false
                   where id = ${off.id}`);
    await t.db.sql(`update webhook_mappings set is_active = false
                   where webhook_integration_id = ${muted.id}`);

    // two more mappings of one integration, and another's of the same team
    const team = Number(await t.db.sql(`
        insert into teams (organization_id, name) values (${one.org}, 'u')
        returning id`));

    await t.db.sql(`
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        values (${one.org}, ${one.id}, ${team}, 'lock_required')`);

    // body, endpoint, team, lock
    const cases = [
        ['no team', one, null, null, 1],
        ['its team', one, one.team, null, 1],
        ['its team, locked', one, one.team, 5, 1],
        ['a team that needs a lock', one, team, null, 0],
        ['that team, locked', one, team, 5, 1],
        ['a team of nobody', one, 999999, null, 0],
        ['lock_required, no lock', locked, locked.team, null, 0],
        ['lock_required, no team', locked, null, null, 0],
        ['lock_required, locked', locked, locked.team, 5, 1],
        ['lock_required, of no team', locked, null, 5, 0],
        ['lock_required, of another', locked, one.team, 5, 0],
        ['integration off', off, null, null, 0],
        ['mapping off', muted, null, null, 0],
    ];

    for (const [body, e, of, lock] of cases) {
        await t.db.sql(sms(e, 1, { body, team: of, lock }));
    }

    await t.db.sql("insert into events (organization_id, type, object_id)"
                 + ` values (${one.org}, 'device.online', 1),`
                 + ` (${one.org}, 'message.nonsense', 1)`);
    await t.db.sql('notify simrelay');

    await until(() => t.db.sql('select not exists (select from events where'
                             + ' planned_at is null)').then((v) => v === 't'));
    await sleep(300);

    for (const [body, e, , , n] of cases) {
        is(r.got.filter((g) => g.json.data.body === body).length, n,
           `audience: ${body}`);
    }

    is(await count(one), 4, 'other events make no delivery');

    // number.* go to every active integration
    await t.db.sql(`
        insert into hosted_sims (id, number, country, provider, type)
        overriding system value
        values (7, '+14155550199', 'US', 'byos', 'byos')`);
    await t.db.sql(`
        insert into locks (id, hosted_sim_id, organization_id, team_id,
                           user_id, started_at, expires_at)
        values (5, 7, ${one.org}, ${one.team}, 3, now(),
                '2026-01-02T03:04:05Z')`);
    await t.db.sql(`
        insert into events (organization_id, type, object_id)
        values (${one.org}, 'number.locked', 5),
               (${muted.org}, 'number.locked', 5),
               (${off.org}, 'number.locked', 5)`);
    await t.db.sql('notify simrelay');

    const locks = () => r.got.filter((g) => g.json.event === 'number.locked')
        .map((g) => g.json.data);

    await until(() => locks().length === 2);
    await sleep(100);

    const shape = { hosted_sim_id: 7, number: '+14155550199', lock_id: 5,
                    user_id: 3, team_id: one.team,
                    expires_at: '2026-01-02T03:04:05Z' };

    is(locks().sort((a, b) => (a.user_id === null) - (b.user_id === null)),
       [shape, { ...shape, user_id: null, team_id: null }],
       'number.locked goes to every active integration, and hides its holder'
       + ' from other organizations');

    r.stop();
}


async function retries(daemon) {
    const r = await Receiver.start((req, res, n) => {
        res.statusCode = n < 3 ? 500 : 200;
        res.end();
    });
    const bad = await Receiver.start((req, res) => {
        res.statusCode = 500;
        res.end();
    });
    const e = await endpoint(r.url);
    const f = await endpoint(bad.url, { retries: 1 });

    daemon.settings.retry_delays = '"1"';
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('name=retry_delays');

    await submit(e);
    await submit(f);

    const d = await delivery(e, ended);

    is([d.state, d.attempts, r.got.length], ['delivered', 3, 3],
       'an attempt that failed is made again until one succeeds');
    is([...new Set(r.got.map((g) => g.body))].length, 1,
       'with the same event_id and body');

    const last = await delivery(f, ended);

    is([last.state, last.attempts, last.due, bad.got.length],
       ['failed', 2, null, 2], 'after retry_count retries it has failed');

    r.stop();
    bad.stop();
}


// More of those that hang than there are slots for.
async function crowd() {
    const held = [];
    const hung = await Receiver.start((req, res) => { held.push(res); });
    const live = await Receiver.start();
    const e = await endpoint(live.url);

    for (let i = 0; i < 160; i++) {
        await submit(await endpoint(hung.url, { timeout: 30, retries: 0 }), 10);
    }

    await until(() => held.length >= 192);

    const began = Date.now();

    await submit(e, 1, { body: 'in a crowd' });
    await until(() => live.got.length > 0);

    ok(live.got.length === 1 && live.got[0].at - began < 1000,
       'many that hang delay nobody else', held.length);

    hung.stop();
    live.stop();
}


async function fairness() {
    const dead = await Receiver.start(() => {});
    const live = await Receiver.start((req, res) =>
        setTimeout(() => res.end(), 20));

    const d = await endpoint(dead.url, { timeout: 30, retries: 0 });
    const e = await endpoint(live.url);

    await submit(d, 300);
    await until(() => dead.got.length >= 2);

    let worst = 0;

    for (let i = 0; i < 10; i++) {
        const began = Date.now();

        await submit(e, 1, { body: `fair ${i}` });
        await until(() => live.got.length > i);
        worst = Math.max(worst, live.got[i].at - began);
    }

    ok(worst < 500, 'a dead receiver with 300 events delays nobody else',
       worst);

    await submit(e, 300);
    await until(() => live.got.length === 310, 10000);

    is([live.got.length, live.most, dead.most], [310, 10, 2],
       'no endpoint gets more than its part at once, one that answers nothing'
       + ' few, and all get theirs');

    // what waits for an integration that is switched off or deleted
    await t.db.sql(`update webhook_integrations set is_active = false
                   where id = ${d.id}`);
    dead.stop();

    await until(() => count(d, "state = 'pending'").then((n) => n === 0),
                10000);

    is(await count(d, "state = 'failed' and error"
                      + " = 'the integration is not active'"),
       298, 'deliveries of an integration that is not active fail');

    const gone = await endpoint(live.url);

    await t.db.sql(`
        insert into webhook_deliveries (organization_id,
                    webhook_integration_id, event_id, event_created_at, event,
                    object_id)
        select organization_id, ${gone.id}, id, created_at, type, object_id
          from events
         limit 1;
        delete from webhook_integrations where id = ${gone.id}`);

    is((await delivery(gone, ended)).state, 'failed',
       'and those of one that is deleted');

    live.stop();
}


main(async () => {
    const daemon = await lax('one');

    ok(await daemon.said('event=database_connected'), 'it starts',
       daemon.log);

    await wire();
    await audience();
    await retries(daemon);
    await fairness();
    await crowd();
});
