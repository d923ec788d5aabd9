#!/usr/bin/env node

// SMS that are sent, with all that takes part: requests of one key at the same
// instant, phones that are told by push and by polling and die in between,
// what the outcome is told to, and what nobody fetches.

'use strict';

const { Client, Daemon, is, ok } = require('./lib/sidecar.js');
const { Receiver } = require('./lib/webhooks.js');
const { Nginx, each, main, seal, t, until } = require('./lib/nginx.js');

const WAIT = 30000;
const TO = '+15557654321';

let nginx;
let lanes;


const send = (http, sim, text, key = null, who = 'ann') =>
    http.request(who, 'POST', `/api/sims/${sim}/messages`, { to: TO, text },
                 key === null ? {} : { 'Idempotency-Key': key });

const outbox = (http, device = 201) =>
    http.request('ann-phone', 'GET', `/api/byos/devices/${device}/outbox`);

const report = (http, id, status, device = 201) =>
    http.request('ann-phone', 'POST',
                 `/api/byos/devices/${device}/outbox/${id}`, { status });


// What has expired would close sockets of its owner's.
const fresh = () => t.db.sql(`
    select test.reset();
    delete from credentials where expires_at <= now();
    delete from events`);


async function keys() {
    const ids = new Set();
    const faults = [];
    let busy = 0;

    for (let round = 0; round < 10; round++) {
        const answers = await Promise.all(lanes.map((http) =>
            send(http, 101, `round ${round}`, `key ${round}`)));
        const told = answers.filter((a) => a.status === 201)
                            .map((a) => a.json.data.id);

        busy += answers.filter((a) => a.status === 409).length;
        told.forEach((id) => ids.add(id));

        if (told.length === 0 || new Set(told).size !== 1
            || answers.some((a) => ![201, 409].includes(a.status)))
        {
            faults.push(answers.map((a) => `${a.status} ${a.body}`).join(', '));
        }
    }

    is(faults, [], `${lanes.length} requests of one key are one SMS`);
    is(await t.db.sql(`select (select count(*) from messages),
                              (select count(*) from sends),
                              (select sum(total) from message_counts),
                              (select count(*) from idempotency_keys)`),
       '10|10|10|10', 'each time, and counted once');
    is(ids.size, 10, 'all are told of the same');
    console.log(`# ${busy} were told to wait`);

    const again = await Promise.all(lanes.map((http) =>
        send(http, 101, 'round 0', 'key 0')));

    is([...new Set(again.map((a) => `${a.status} ${a.json.data.id}`))],
       [`201 ${Math.min(...ids)}`], 'and later again');
}


// One that is under way is seen by its lock.
async function under_way() {
    const other = t.db.session();

    await other.say('begin');
    await other.say(`select pg_advisory_xact_lock(hashtextextended(
        encode(sha256('slow'), 'hex'), 101))`);

    const early = await send(lanes[0], 101, 'slow', 'slow');

    is([early.status, early.headers['retry-after'], early.json],
       [409, '1', { message: 'A request with this idempotency key is still in'
                             + ' progress.' }],
       'one that still runs is told of');

    await other.say('commit');
    await other.end();

    is((await send(lanes[0], 101, 'slow', 'slow')).status, 201,
       'and when it has ended the next one is judged');
}


async function leases() {
    const faults = [];

    await fresh();
    await Promise.all(lanes.map((http, i) => send(http, 105, `sms ${i}`)));

    const got = (await Promise.all(lanes.map((http) => outbox(http))))
        .flatMap((a) => a.json.data.map((m) => m.message_id));

    is([got.length, new Set(got).size], [lanes.length, lanes.length],
       'phones that ask at once are not given the same');

    for (const id of got) {
        const told = await Promise.all(lanes.slice(0, 4).map((http) =>
            report(http, id, 'delivered')));

        if (told.some((a) => a.status !== 200)) {
            faults.push(told.map((a) => `${a.status} ${a.body}`).join(', '));
        }
    }

    is(faults, [], 'a result may be told several times at once');
    is(await t.db.sql(`
        select count(*), count(distinct object_id), count(distinct m.id)
          from events e
          join messages m on m.id = e.object_id and m.status = 'delivered'
         where e.type = 'message.delivery'`),
       Array(3).fill(lanes.length).join('|'), 'and is one event');
}


// A socket of the phone's, authorized as a phone's is.
function phone(daemon, http, device) {
    const WebSocket = Client.module();
    const channel = `private-byos.device.${device}`;
    const ws = new WebSocket(`ws://127.0.0.1:${daemon.port}/app/key?protocol=7`);
    const p = { events: [], closed: null, close: () => ws.close() };

    ws.on('close', (code) => { p.closed = code; });

    return new Promise((resolve, reject) => {
        ws.on('error', reject);
        ws.on('message', async (text) => {
            const frame = JSON.parse(text);
            const data = JSON.parse(frame.data || '{}');

            if (frame.event === 'pusher:connection_established') {
                const answer = await http.request('ann-phone', 'POST',
                    '/api/broadcasting/auth', { socket_id: data.socket_id,
                                                channel_name: channel });

                ws.send(JSON.stringify({ event: 'pusher:subscribe',
                                         data: { channel,
                                                 ...answer.json } }));

            } else if (frame.event
                       === 'pusher_internal:subscription_succeeded')
            {
                resolve(p);

            } else if (frame.channel === channel) {
                p.events.push({ event: frame.event, data });
            }
        });
    });
}


// A phone's own memory outlives it: it notes what it takes on before it sends.
class Phone {
    constructor(http) {
        this.http = http;
        this.notes = new Map();         // message id: done
        this.aired = [];
        this.chance = 1;
    }

    // It dies every other time, at each of these steps.
    dies() {
        this.chance = (Math.imul(this.chance, 1664525) + 1013904223) >>> 0;

        return this.chance >>> 31 === 1;
    }

    async take(id) {
        if (this.dies()) {
            return;
        }

        if (!this.notes.has(id)) {
            this.notes.set(id, true);
            this.aired.push(id);
        }

        if (this.dies()) {
            return;
        }

        await report(this.http, id, 'sent');

        if (!this.dies()) {
            await report(this.http, id, 'delivered');
        }
    }
}


async function dying(daemon) {
    await fresh();

    const p = new Phone(lanes[0]);
    const socket = await phone(daemon, lanes[0], 201);
    const ids = [];

    for (let i = 0; i < 12; i++) {
        ids.push((await send(lanes[1], 105, `sms ${i}`)).json.data.id);
    }

    ok(await until(() => socket.events.length === 12, WAIT),
       'a phone that listens is told of each SMS',
       JSON.stringify(socket.events));
    is(socket.events[0], { event: 'sms.send', data: { message_id: ids[0],
       to: TO, text: 'sms 0', sim_slot: 1 } }, 'with all that it has to know');

    for (const { data } of socket.events) {
        await p.take(data.message_id);
    }

    // it comes back, polls, and dies again, as often as there is something

    let rounds = 0;

    for ( ; rounds < 100; rounds++) {
        const left = await t.db.sql(`
            select count(*) from sends where state in ('queued', 'leased')`);

        if (left === '0') {
            break;
        }

        await t.db.sql(`update sends set lease_until = now()
                         where state = 'leased'`);

        for (const m of (await outbox(p.http)).json.data) {
            await p.take(m.message_id);
        }
    }

    ok(rounds > 1, `it dies and comes back ${rounds} times`);
    is(p.aired.sort((a, b) => a - b), ids, 'each SMS is on the air once');
    is(await t.db.sql(`
        select count(*)
          from messages where status in ('sent', 'delivered')`), '12',
       'and told of');

    await t.db.sql('update sim_cards set sim_slot = 2 where id = 301');
    await send(lanes[1], 105, 'last');

    ok(await until(() => socket.events.some((e) => e.data.text === 'last'
                                            && e.data.sim_slot === 2), WAIT),
       'it is told the slot that the card is in now',
       JSON.stringify(socket.events.slice(12)));

    await t.db.sql(`update credentials set revoked_at = now()
                     where id = 521`);
    await t.db.sql('notify simrelay');

    ok(await until(() => socket.closed === 4200, WAIT),
       'a phone that may no longer listens no longer');
}


async function outcome(daemon) {
    const r = await Receiver.start();

    await fresh();
    await t.db.sql(`
        insert into webhook_integrations (organization_id, name, url, secret)
        values (1, 'w', '${r.url}',
                '\\x${seal('webhook', 'aa'.repeat(32)).toString('hex')}');
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        select 1, id, 11, 'always' from webhook_integrations`);

    const ann = await Client.connect(daemon.port, 1);
    const { id } = (await send(lanes[0], 105, 'Hello')).json.data;

    await outbox(lanes[0]);
    await report(lanes[0], id, 'sent');
    await lanes[0].request('ann-phone', 'POST',
                           `/api/byos/devices/201/outbox/${id}`,
                           { status: 'failed', error: 'RESULT_NO_CREDIT' });

    ok(await until(() => r.got.length === 2, WAIT), 'a webhook is told twice',
       JSON.stringify(r.got.map((g) => g.json)));

    const bodies = r.got.map((g) => g.json)
        .sort((a, b) => (a.data.status < b.data.status ? 1 : -1));

    is(bodies.map((b) => [b.event, b.data.message_id, b.data.hosted_sim_id,
                          b.data.to, b.data.from]),
       Array(2).fill(['message.delivery', `msg_${id}`, 105, TO,
                      '+15551230105']), 'of the message');

    const updates = () => ann.events.filter((e) =>
        e.event === 'message.updated' && e.data.id === id);

    ok(await until(() => updates().some((e) => e.data.status === 'failed'),
                   WAIT),
       'who may see it is told, too', JSON.stringify(ann.events));

    const { data } = updates().find((e) => e.data.status === 'failed');

    is([data.error_code, data.from, data.to, data.hosted_sim_id],
       ['RESULT_NO_CREDIT', '+15551230105', TO, 105], 'and why it failed');

    ann.close();
    r.stop();
}


async function unfetched(daemons) {
    await fresh();

    const [late, young] = await Promise.all([send(lanes[0], 105, 'late'),
                                             send(lanes[1], 105, 'young')]);

    const other = await send(lanes[2], 101, 'another provider');
    const held = await send(lanes[3], 107, 'leased');

    const ann = await Client.connect(daemons[0].port, 1);

    await outbox(lanes[3], 202);

    await t.db.sql(`
        update sends
           set created_at = now() - interval '25 hours',
               next_attempt_at = now() + interval '1 hour'
         where message_id <> ${young.json.data.id}`);

    const row = (a) => t.db.sql(`
        select m.status, coalesce(m.error_code, '-'), s.state
          from messages m join sends s on s.message_id = m.id
         where m.id = ${a.json.data.id}`);

    ok(await until(async () => await row(late) === 'failed|expired|ended',
                   WAIT), 'what no phone fetches in a day has failed');
    is([await row(young), await row(other), await row(held)],
       ['queued|-|queued', 'queued|-|queued', 'queued|-|leased'],
       'and nothing else');
    is(await t.db.sql(`
        select count(*), min(object_id) from events
         where type = 'message.delivery'`), `1|${late.json.data.id}`,
       'which is told once, by two instances');
    ok(await until(() => ann.events.some((e) => e.event === 'message.updated'
                                         && e.data.error_code === 'expired'),
                   WAIT), 'at once', JSON.stringify(ann.events));

    await t.db.sql(`update sends set lease_until = now()
                     where state = 'leased'`);

    ok(await until(async () => await row(held) === 'failed|expired|ended',
                   WAIT), 'nor what one has fetched and never told of');

    ann.close();

    return held;
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;',
    });

    lanes = (await each(nginx, 10)).flat();

    await keys();
    await under_way();
    await leases();

    await t.db.sql(`
        insert into idempotency_keys (organization_id, hosted_sim_id, digest,
                                      request, message_id, expires_at)
        select 1, 101, sha256(n::text::bytea), sha256('a'), n,
               now() + case when n > 2500 then interval '1 hour'
                            else interval '-1 second' end
          from generate_series(1, 2510) n`);

    const daemons = await Promise.all(['one', 'two'].map((name) =>
        Daemon.start(t.dir, name, { database: `"${t.db.conninfo()}"`,
                                    allow_private_addresses: 'on' })));

    try {
        for (const d of daemons) {
            ok(await d.said('event=database_connected', WAIT),
               'simrelayd runs', d.log);
        }

        ok(await until(async () =>
            await t.db.sql(`select count(*), count(*) filter (where
                            expires_at <= now()) from idempotency_keys`)
            === '10|0', WAIT), 'keys go when their day is over');

        await dying(daemons[0]);
        await outcome(daemons[1]);
        await unfetched(daemons);

        for (const d of daemons) {
            await d.stop();
            ok(!/runtime error|Sanitizer/.test(d.log),
               'no complaint of a sanitizer', d.log);
            ok(!d.log.includes(TO) && !d.log.includes('Hello'),
               'no number and no text in the log');
        }

    } finally {
        daemons.forEach((d) => d.stop('SIGKILL'));
    }

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('sending');
});
