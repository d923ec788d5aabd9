#!/usr/bin/env node

// SMS that a phone is to send, and what happens at the same instant: two
// results, the end of a lease, the phone's or the SIM's end; and what is left
// of them a month later.

'use strict';

const { Daemon, is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t, until } = require('./lib/nginx.js');

const WAIT = 30000;
const ROUNDS = 8;

let nginx;
let a;
let b;


const send = async (http, text, sim = 105) =>
    http.request('ann', 'POST', `/api/sims/${sim}/messages`,
                 { to: '+15557654321', text });

const outbox = (http) =>
    http.request('ann-phone', 'GET', '/api/byos/devices/201/outbox');

const report = (http, id, status) =>
    http.request('ann-phone', 'POST', `/api/byos/devices/201/outbox/${id}`,
                 { status });

const phone = (http, method, what = '') =>
    http.request('ann-phone', method, `/api/byos/devices/201${what}`);

const row = (id) => t.db.sql(`
    select m.status, s.state, (select count(*) from events e
                                where e.object_id = m.id
                                  and e.type = 'message.delivery')
      from messages m join sends s on s.message_id = m.id
     where m.id = ${id}`);

const fresh = () => t.db.sql('select test.reset()');


// So many SMS that the phone has been given.
async function given(many) {
    await fresh();

    for (let i = 0; i < many; i++) {
        await send(a, `text ${i}`);
    }

    const got = (await outbox(a)).json.data.map((m) => m.message_id);

    if (got.length !== many) {
        throw new Error(`${got.length} of ${many} SMS`);
    }

    return got;
}


// For each SMS two things at once, now one is asked first, now the other; the
// faults that "judge" finds in the answers and what is left.
async function race(name, ids, one, two, judge, before = () => {}) {
    const faults = [];
    const seen = {};

    for (const [i, id] of ids.entries()) {
        const [p, q] = i % 2 ? [b, a] : [a, b];
        const asked = [() => one(p, id), () => two(q, id)];

        await before(id);

        const answers = i % 4 < 2
            ? await Promise.all(asked.map((f) => f()))
            : (await Promise.all(asked.reverse().map((f) => f()))).reverse();
        const codes = answers.map((x) => x.status).join(' ');
        const left = await row(id);

        seen[`${codes} ${left}`] = 1;

        if (!await judge(codes, left, id, answers)) {
            faults.push(`${id}: ${codes}, then ${left}`);
        }
    }

    is(faults.slice(0, 5), [], name);
    console.log(`# ${Object.keys(seen).join(', ')}`);
}


async function results() {
    await race('delivered and failed at once: one of them counts, for good',
               await given(ROUNDS), (http, id) => report(http, id, 'delivered'),
               (http, id) => report(http, id, 'failed'),
               (codes, left) => ({ '200 409': 'delivered|ended|1',
                                   '409 200': 'failed|ended|1' })[codes]
                                === left);

    await race('sent and failed at once: it has failed',
               await given(ROUNDS), (http, id) => report(http, id, 'sent'),
               (http, id) => report(http, id, 'failed'),
               (codes, left) => codes === '200 200'
                                && /^failed\|ended\|[12]$/.test(left));

    await race('the same at once: it counts once',
               await given(ROUNDS), (http, id) => report(http, id, 'sent'),
               (http, id) => report(http, id, 'sent'),
               (codes, left) => codes === '200 200'
                                && left === 'sent|accepted|1');
}


// A result as the lease ends, and the phone asks anew: it is given the SMS, and
// the result is refused or taken under the new lease, or it is not given it.
async function ends() {
    const ids = await given(ROUNDS);
    const next = async (id) => t.db.sql(`
        update sends set lease_until = now() + interval '1 hour';
        update sends set lease_until = now() where message_id = ${id}`);

    const judge = async (codes, left, id, [told, asked]) => {
        const again = asked.json.data.some((m) => m.message_id === id);

        const right = told.status === 200
            ? left === 'sent|accepted|1'
            : told.status === 409 && left.startsWith('queued|leased|');

        if (told.status === 409) {
            // never lost: it can be asked for, and told then

            if (!again) {
                await outbox(a);
            }

            return right && (await report(a, id, 'sent')).status === 200;
        }

        return right;
    };

    await race('a result as its lease ends counts, or is asked for again', ids,
               (http, id) => report(http, id, 'sent'), outbox, judge, next);

    is((await outbox(a)).json.data, [], 'nothing is left to be sent');
    is(await t.db.sql(`select count(*), min(status), max(status)
                         from messages`), `${ROUNDS}|sent|sent`,
       'each was sent');
}


async function phones() {
    for (const [what, codes] of [['/disable', '200 200'],
                                 ['/sim-cards/301', '200 204']])
    {
        const [id] = await given(1);

        await race(`a result, and ${what}: it counts`, [id],
                   (http) => report(http, id, 'delivered'),
                   (http) => phone(http, what === '/disable' ? 'POST'
                                                             : 'DELETE', what),
                   (got, left) => got === codes
                                  && left === 'delivered|ended|1');
    }

    for (let i = 0; i < 4; i++) {
        const [id] = await given(1);

        await race('a result, and the phone is deleted: one is first', [id],
                   (http) => report(http, id, 'delivered'),
                   (http) => phone(http, 'DELETE'),
                   (codes, left) => ({ '200 204': 'delivered|ended|1',
                                       '404 204': 'failed|ended|1' })[codes]
                                    === left);
    }
}


// The phone asks while it is disabled, or its card goes: it is given the SMS,
// and tells of it, or it is not, and the SMS waits.
async function asked() {
    for (const [method, what] of [['POST', '/disable'],
                                  ['DELETE', '/sim-cards/301'],
                                  ['POST', '/disable']])
    {
        await fresh();

        const { id } = (await send(a, 'text')).json.data;
        const [got] = await Promise.all([outbox(b), phone(a, method, what)]);
        const has = got.status === 200 && got.json.data.length === 1;

        is(await row(id), has ? 'queued|leased|0' : 'queued|queued|0',
           `${what} meanwhile: ${has ? 'given' : 'not given'}`);

        if (has) {
            is((await report(a, id, 'sent')).status, 200, 'and told of');
        }
    }
}


// What is sent while the phone, and so the SIM, goes is not left waiting.
async function retired() {
    const seen = {};

    for (let i = 0; i < 6; i++) {
        await fresh();

        const sends = [a, b, a, b].map((http, n) => send(http, `text ${n}`));
        const gone = await phone(i % 2 ? a : b, 'DELETE');

        for (const { status } of await Promise.all(sends)) {
            seen[status] = (seen[status] || 0) + 1;
        }

        seen[gone.status] = (seen[gone.status] || 0) + 1;
        seen[await t.db.sql(`select count(*) from sends
                              where state in ('queued', 'leased')`)] = 1;
    }

    console.log(`# ${JSON.stringify(seen)}`);
    is(Object.keys(seen).filter((c) => !['0', '201', '204', '404', '422']
                                .includes(c)), [],
       'an SMS for a phone that is deleted is refused, or fails');

    // who comes second waits for the first

    is(await second("select pg_advisory_xact_lock(3602, 105)",
                    () => send(a, 'first'), () => phone(b, 'DELETE')),
       [201, 204, '1|failed|ended'],
       'one that is taken before the SIM is retired fails with it');
    is(await second('select sim_retire(105)', () => send(a, 'late')),
       [404, '0||'], 'after it there is no such SIM');
}


// Some that wait for a statement, in their order, until it is committed; their
// codes, and what is left.
async function second(statement, ...some) {
    const other = t.db.session();
    const answers = [];

    await fresh();
    await other.say('begin');
    await other.say(statement);

    for (const one of some) {
        answers.push(one());

        ok(await until(async () => await t.db.sql(`
            select count(*) from pg_stat_activity
             where wait_event_type = 'Lock'`) === String(answers.length),
                       WAIT), 'it waits');
    }

    await other.say('commit');
    await other.end();

    const codes = (await Promise.all(answers)).map((x) => x.status);

    return [...codes, await t.db.sql(`
        select count(*), min(m.status), min(s.state)
          from sends s join messages m on m.id = s.message_id`)];
}


// Ended or handed over a month ago: only the message is left.
async function month(daemon) {
    await fresh();
    await t.db.sql(`
        insert into messages (organization_id, sms_id, hosted_sim_id,
                              device_id, direction, sender, recipient, body,
                              status, received_at)
        select 1, n, 105, 201, 'outbound', '+1', '+2', n::text, 'sent', now()
          from generate_series(1, 2506) n;
        insert into sends (organization_id, message_id, hosted_sim_id,
                           provider, device_id, segments, state, created_at,
                           updated_at)
        select 1, id, 105, 'byos', 201, 1,
               case body when '1' then 'queued' when '2' then 'unconfirmed'
                         when '3' then 'accepted' when '4' then 'ended'
                         when '5' then 'accepted' else 'ended' end,
               now() - interval '1 hour',
               now() - case when body in ('3', '4') then interval '29 days'
                            else interval '31 days' end
          from messages`);

    ok(await until(async () => await t.db.sql(`
        select count(*), string_agg(state, ' ' order by state) from sends`)
        === '4|accepted ended queued unconfirmed', 90000),
       'what handed over SMS goes 30 days after their end',
       await t.db.sql('select count(*) from sends') + daemon.log);
    is(await t.db.sql('select count(*) from messages'), '2506',
       'the messages stay');

    const id = await t.db.sql("select id from messages where body = '6'");

    is((await report(a, id, 'delivered')).status, 404,
       'there is nothing more to be told of them');

    // as many as a month brings

    is(await t.db.sql(`
        begin;
        insert into sends (organization_id, message_id, hosted_sim_id,
                           provider, segments, state)
        select 1, -n, 105, 'seven', 1, 'ended' from generate_series(1, 50000) n;
        analyze sends;
        explain (costs off)
        select from sends
         where state in ('accepted', 'ended')
           and updated_at < now() - interval '30 days'
         order by updated_at
         limit 1000;
        rollback`).then((plan) => [plan.includes('sends_over'),
                                   /Seq Scan|Sort/.test(plan)]), [true, false],
       'they are found by an index');
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: `simrelay_database_connections reads=2 writes=4;
               simrelay_database_timeouts connect=10s statement=60s lock=60s
                                          queue=60s;`,
    });

    [[a], [b]] = await each(nginx);

    await results();
    await ends();
    await phones();
    await asked();
    await retired();

    const daemon = await Daemon.start(t.dir, 'simrelayd', {
        database: `"${t.db.conninfo()}"`,
    });

    try {
        await month(daemon);
    } finally {
        await daemon.stop('SIGKILL');
    }

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('outbox');
});
