#!/usr/bin/env node

// The tail of the event log: what the real simrelayd (SIMRELAYD_BIN) tells
// whom, over late commits, rollbacks, restarts of the database and its own.

'use strict';

const fs = require('fs');
const path = require('path');
const { Client, Daemon, Database, bail, directory, done, is, ok, run, sleep,
        until } = require('./lib/sidecar.js');

// organization 1 with team 1, organization 2 with team 2; 3 has one member,
// without a client
const ALICE = 1;        // owner of 1
const BOB = 2;          // member of 1, in team 1
const CAROL = 3;        // member of 1
const DAVE = 4;         // member of 1 and 2
const ERIN = 5;         // member of 2
const FRANK = 6;        // member of 1, disabled

const people = `
    insert into organizations (name, plan_id) values ('one', 1), ('two', 1),
           ('three', 1);
    insert into users (name, email, disabled_at)
    select name, name || '@example.com', disabled_at
      from (values ('alice', null), ('bob', null), ('carol', null),
                   ('dave', null), ('erin', null), ('frank', now()),
                   ('greg', null))
           u(name, disabled_at);
    insert into members (user_id, organization_id, role)
    values (1, 1, 'owner'), (2, 1, 'member'), (3, 1, 'member'),
           (4, 1, 'member'), (4, 2, 'member'), (5, 2, 'member'),
           (6, 1, 'member'), (7, 3, 'member');
    insert into teams (organization_id, name) values (1, 'a'), (2, 'b');
    insert into team_members (team_id, user_id, organization_id)
    values (1, 2, 1);`;

const old = `
    insert into hosted_sims (number, country, provider, type)
    values ('+14155550199', 'US', 'byos', 'byos');
    insert into devices (organization_id, user_id, android_id, device_model,
                         app_version, status)
    values (1, 2, '00000000000000aa', 'm', '1', 'active'),
           (1, 2, '00000000000000bb', 'm', '1', 'active');
    insert into device_presence (device_id, last_seen_at)
    values (1, now()), (2, now());
    insert into sim_cards (device_id, sim_slot) values (1, 1);
    insert into verification_codes (code, sim_card_id, expires_at)
    values ('SR-AAAA', 1, now() - interval '1 second'),
           ('SR-BBBB', 1, now() + interval '1 hour');
    insert into sidecars (id, host, pid, seen_at)
    values (gen_random_uuid(), 'gone', 1, now() - interval '25 hours'),
           (gen_random_uuid(), 'late', 1, now() - interval '23 hours');
    insert into device_submits (device_id, message_id, created_at)
    select 1, gen_random_uuid(), now() - interval '31 days'
      from generate_series(1, 2500);
    insert into device_submits (device_id, message_id, created_at)
    values (1, gen_random_uuid(), now() - interval '29 days');
    insert into twilio_calls (message_sid, sender, missed, created_at)
    values ('old', '+1', true, now() - interval '9 days'),
           ('new', '+1', true, now() - interval '7 days');
    insert into locks (id, hosted_sim_id, organization_id, user_id,
                       started_at, expires_at, released_at)
    values (1, 1, 1, 1, now() - interval '20 days', now() - interval '10 days',
            null),
           (2, 1, 1, 1, now() - interval '20 days', now() - interval '8 days',
            null),
           (3, 1, 1, 1, now() - interval '20 days', now() + interval '1 day',
            now() - interval '10 days');`;

let db;
let dir;


// An SMS, a row for each organization, as a phone's submit stores it.
function sms(body, ...rows) {
    const audience = rows
        .map((r) => `(${r.org}::int8, ${r.team || 'null'}::int8,`
                    + ` ${r.holder || 'null'}::int8)`)
        .join();

    return `
        with a (organization_id, team_id, holder) as (
            values ${audience}
        ), s as materialized (
            select nextval('sms_ids') as sms_id
        ), m as (
            insert into messages (organization_id, sms_id, team_id,
                                  hosted_sim_id, direction, sender, recipient,
                                  body, status, received_at)
            select a.organization_id, s.sms_id, a.team_id, 7, 'inbound',
                   'Bank', '+14155550199', '${body}', 'received',
                   '2026-01-02T03:04:05Z'
              from a, s
            returning id, organization_id
        )
        insert into events (organization_id, team_id, holder_user_id, type,
                            object_id)
        select m.organization_id, a.team_id, a.holder, 'message.inbound', m.id
          from m join a using (organization_id)`;
}


// Stores it, and rings.
const submit = (body, ...rows) =>
    db.sql(sms(body, ...rows)).then(() => db.sql('notify simrelay'));

const row = (body, org) =>
    db.sql(`select id from messages where body = '${body}'`
           + ` and organization_id = ${org}`).then(Number);


// Who of the clients got it, and how often: { alice: 1 }.  What was stored
// before the fence and has not come by then does not come.
async function audience(clients, body, ...rows) {
    const got = {};

    await submit(body, ...rows);
    await submit(`${body}, fence`, { org: 1 }, { org: 2 });

    for (const [name, client] of Object.entries(clients)) {
        await client.texts(`${body}, fence`);
    }

    for (const [name, client] of Object.entries(clients)) {
        const n = (await client.texts(body, 0)).length;

        if (n !== 0) {
            got[name] = n;
        }
    }

    return got;
}


async function arguments_() {
    const fails = (...args) => run(Daemon.binary(), args)
        .then(() => ({ code: 0, stderr: '' }), (error) => error);
    const conf = path.join(dir, 'wrong.conf');

    const { stdout } = await run(Daemon.binary(), ['-V']);
    ok(/^simrelayd \d/.test(stdout), '-V shows the version', stdout);

    is((await fails('-x')).code, 2, 'an unknown argument is refused');

    fs.writeFileSync(conf, 'database = x=y\nlisten\n');
    let error = await fails('-t', '-c', conf);
    ok(error.code === 1 && error.stderr.includes(`${conf}:2: `),
       '-t names file and line of what is wrong', error.stderr);

    fs.writeFileSync(conf, `database = "host=/x dbname=x"\nkey_file = ${conf}`
                           + '\npusher_key = k\npusher_secret = s\n');
    error = await fails('-t', '-c', conf);
    ok(error.code === 1 && error.stderr.includes('key file'),
       '-t reads the key file', error.stderr);
}


async function audiences(clients) {
    const { alice, bob, dave, erin } = clients;

    is(await audience(clients, 'to all', { org: 1 }),
       { alice: 1, bob: 1, carol: 1, dave: 1 },
       'without a team all members are told, once, nobody else');

    const id = await row('to all', 1);
    const [{ event, data }] = await alice.texts('to all');

    is({ event, ...data, created_at: /^\d{4}-.*Z$/.test(data.created_at) },
       { event: 'sms.received', id, hosted_sim_id: 7, sim_id: 7, from: 'Bank',
         to: '+14155550199', message_text: 'to all', text: 'to all',
         received_at: '2026-01-02T03:04:05Z', created_at: true },
       'the payload is the message');

    is(await audience(clients, 'to a team', { org: 1, team: 1 }),
       { alice: 1, bob: 1 },
       'with a team its members and the owner are told');

    is(await audience(clients, 'held', { org: 1, holder: CAROL }),
       { carol: 1 }, 'while a lock lasts its holder alone is told');

    is(await audience(clients, 'held, team', { org: 1, team: 1, holder: BOB }),
       { bob: 1 }, 'also with a team');

    is(await audience(clients, 'held outside', { org: 1, team: 1,
                                                 holder: CAROL }),
       {}, 'a holder who is outside the audience is not told');

    is(await audience(clients, 'held elsewhere', { org: 1, holder: ERIN }),
       {}, 'neither is one of another organization');

    is(await audience(clients, 'to both', { org: 2 }, { org: 1 }),
       { alice: 1, bob: 1, carol: 1, dave: 1, erin: 1 },
       'who is in two organizations is told once');

    is([(await dave.texts('to both'))[0].data.id,
        (await erin.texts('to both'))[0].data.id],
       [await row('to both', 1), await row('to both', 2)],
       'by the row of the lowest');

    is(await audience(clients, 'team of one', { org: 1, team: 1 }, { org: 2 }),
       { alice: 1, bob: 1, dave: 1, erin: 1 },
       'who is in one audience alone');

    is((await dave.texts('team of one'))[0].data.id,
       await row('team of one', 2), 'is told by its row');

    await db.sql("insert into events (organization_id, user_id, type,"
                 + " object_id) values (1, 2, 'device.online', 1);"
                 + 'update device_presence set due_at = now(), last_seen_at ='
                 + " '2026-01-02T03:04:05Z' where device_id = 2");

    await until(() => bob.events.filter((e) => e.event === 'device.status')
        .length === 2, 15000);

    const told = bob.events.filter((e) => e.event === 'device.status')
        .map((e) => e.data);

    is(told.map(({ device_id: d, is_online: o }) => [d, o]),
       [[1, true], [2, false]],
       'a phone that comes, and one that has gone silent, is told');
    is(told[1].last_seen_at, '2026-01-02T03:04:05Z',
       'with the time of its last sign of life');
    is(alice.events.filter((e) => e.event === 'device.status').length, 0,
       'to its owner alone');
}


async function transactions(alice) {
    const long = db.session();
    const gone = db.session();
    const nested = db.session();

    await long.say('begin');
    await long.say(sms('late', { org: 1 }));
    await gone.say('begin');
    await gone.say(sms('rolled back', { org: 1 }));

    await sleep(1200);

    const began = Date.now();

    await submit('meanwhile', { org: 1 });

    const [meanwhile] = await alice.texts('meanwhile');

    ok(meanwhile && meanwhile.at - began < 900,
       'a transaction that is open delays no other, and the bell is heard',
       meanwhile && meanwhile.at - began);

    await nested.say('begin');
    await nested.say('savepoint a');
    await nested.say(sms('undone', { org: 1 }));
    await nested.say('rollback to a');
    await nested.say('savepoint b');
    await nested.say(sms('nested', { org: 1 }));
    await nested.say('release b');
    await submit('while nested', { org: 1 });
    await alice.texts('while nested');
    await nested.say('commit');

    ok((await alice.texts('nested')).length === 1,
       'what a subtransaction stored is told');

    is((await alice.texts('late', 0)).length, 0,
       'what is not committed is not told');

    await gone.say('rollback');
    await long.say('commit');

    ok((await alice.texts('late')).length === 1, 'a late commit is told');

    for (let i = 0; i < 30; i++) {
        await submit(`row ${i}`, { org: 1 });
    }

    await alice.texts('row 29');

    is((await alice.texts('rolled back', 0)).length, 0,
       'what was rolled back is not');
    is((await alice.texts('undone', 0)).length, 0,
       'nor what a subtransaction took back');

    const twice = {};

    for (const { data } of alice.events) {
        twice[data.id] = (twice[data.id] || 0) + 1;
    }

    is(Object.values(twice).filter((times) => times !== 1), [],
       'nothing is told twice');

    await Promise.all([long.end(), gone.end(), nested.end()]);
}


async function restart(daemon, alice) {
    const started = await db.sql("select started_at from sidecars"
                                 + " where host not in ('gone', 'late')");

    await db.control('stop', '-m', 'immediate');
    await submit('into the void', { org: 1 }).catch(() => {});

    // the backoff has come to its end
    await sleep(4000);
    await db.control('start');

    const began = Date.now();

    await db.sql(sms('after the restart', { org: 1 }));

    const got = await alice.texts('after the restart');

    ok(got.length === 1 && got[0].at - began < 2500,
       'within 2 s of a restart of the database it goes on',
       got.length && got[0].at - began);

    await submit('and on', { org: 1 });
    await alice.texts('and on');

    is((await alice.texts('after the restart')).length, 1,
       'what was stored before it had connected is told once');
    is((await alice.texts('row 29')).length, 1,
       'what was told before the restart is not told again');
    ok(alice.closed === null && daemon.exited === null,
       'its sockets stay', daemon.log);

    const sign = await until(() =>
        db.sql('select started_at from sidecars'), 5000);

    is(sign, started, 'its sign of life comes back');

    // numbers of transactions that were not on disk are given out again

    const times = {};

    for (let i = 0; i < 4; i++) {
        await db.sql(sms(`before ${i}`, { org: 1 }));

        const burn = db.session();

        await burn.say('set synchronous_commit = off;'
                       + 'select pg_current_xact_id();'.repeat(20)
                       + 'notify simrelay');
        await burn.end();
        await sleep(50);
        await db.control('restart', '-m', 'immediate');
        await db.sql(sms(`after ${i}`, { org: 1 }));
        await alice.texts(`after ${i}`);
    }

    for (const { data: { text } } of alice.events) {
        if (/^(before|after) \d$/.test(text)) {
            times[text] = (times[text] || 0) + 1;
        }
    }

    is(Object.entries(times).sort().map(([text, n]) => `${text}: ${n}`),
       [0, 1, 2, 3].map((i) => `after ${i}: 1`)
           .concat([0, 1, 2, 3].map((i) => `before ${i}: 1`)),
       'over crashes nothing is missed and nothing told twice');
}


async function backlog(alice, daemon) {
    const session = db.session();

    await session.say('begin');
    await session.say("insert into events (organization_id, type, object_id)"
                      + " select 3, 'message.inbound', i"
                      + '   from generate_series(1, 12000) i');
    await session.say(sms('after many', { org: 1 }));
    await session.say("insert into messages (organization_id, sms_id,"
                      + ' hosted_sim_id, direction, sender, recipient, body,'
                      + ' status, received_at, id) overriding system value'
                      + " select 3, nextval('sms_ids'), 7, 'inbound', 'a',"
                      + "        'b', 'many', 'received', now(), i"
                      + '   from generate_series(1, 12000) i'
                      + ' on conflict do nothing');
    await session.say('commit');
    await session.end();

    is((await alice.texts('after many')).length, 1,
       'more than 10,000 events at once are handled');
    ok(await daemon.said('event=tail_behind'), 'and logged', daemon.log);

    // more transactions than one look goes over, some of them still open

    const open = db.session();

    await open.say('begin');
    await open.say(sms('of before', { org: 1 }));
    daemon.kill('SIGSTOP');
    await db.sql(`do $$ begin
        for i in 1 .. 2500 loop
            ${sms('many', { org: 1 })};
            commit;
        end loop;
    end $$`);

    daemon.kill('SIGCONT');

    const all = () => alice.events.filter((e) => e.data.text === 'many').length;
    await until(() => all() >= 2500);
    await open.say('commit');
    await open.end();

    is((await alice.texts('of before')).length, 1,
       'what began before a backlog of transactions is told');
    is(all(), 2500, 'and so is each of them, once');
}


async function instances(alice) {
    const log = path.join(dir, 'two.log');
    const two = await Daemon.start(dir, 'two', {
        database: `"${db.conninfo('localhost')}"`,
        log_file: `"${log}"`,
    });

    const text = () => (fs.existsSync(log) ? fs.readFileSync(log, 'latin1')
                                           : '');

    ok(await until(() => text().includes('event=database_connected'
                                         + ' connection=1')),
       "the database's host may be a name", text() + two.log);

    await db.sql(sms('to nobody', { org: 1 }));
    await sleep(1500);

    const carol = await Client.connect(two.port, CAROL);

    await submit('to two', { org: 1 });

    is([(await alice.texts('to two')).length,
        (await carol.texts('to two')).length], [1, 1],
       'two instances tell their own clients');
    is(carol.events.length, 1, 'of what came after they were there');

    const rows = () => db.sql("select string_agg(sockets::text, ','"
                              + ' order by sockets) from sidecars');

    await until(async () => await rows() === '1,5');

    is(await rows(), '1,5', 'each with a sign of life');

    // SIGHUP

    fs.renameSync(log, `${log}.1`);
    two.settings.log_level = 'debug';
    two.settings.statement_timeout = '5s';
    two.settings.listen = '127.0.0.1:1';
    two.write();
    two.kill('SIGHUP');

    ok(await until(() => fs.existsSync(log)), 'SIGHUP opens the log anew');

    const moved = fs.readFileSync(`${log}.1`, 'latin1');

    ok(moved.includes('event=reconfigured name=log_level'),
       'takes over what may change', moved);
    ok(moved.includes('event=restart_needed name=listen'),
       'and says what needs a restart', moved);

    fs.writeFileSync(two.conf, 'nonsense\n');
    two.kill('SIGHUP');

    ok(await until(() => text().includes('event=reload_failed')),
       'of a broken file it says so', text());

    await sleep(1500);
    await submit('after the reload', { org: 1 });

    ok((await carol.texts('after the reload')).length === 1
       && carol.closed === null,
       'and goes on as it was', text());
    ok(/level=debug event=broadcast/.test(text()),
       'with the level of before');

    two.kill('SIGTERM');

    is(await two.end, 0, 'SIGTERM ends it');
    ok(await until(() => carol.closed !== null), 'its sockets are closed');
    is(carol.closed, 4200, 'to come back at once');
    is(await db.sql("select count(*) from sidecars where host <> 'late'"), '1',
       'its sign of life goes');
}


async function housekeeping() {
    const count = (what) => db.sql(`select count(*) from ${what}`);

    await until(async () => await count('device_submits') === '1', 10000);

    is([await count('verification_codes'), await count('sidecars'),
        await count('device_submits'), await count('twilio_calls'),
        await db.sql('select string_agg(id::text, $$,$$) from locks')],
       ['1', '2', '1', '1', '2'],
       'what has expired is removed, and nothing else');

    ok(await until(async () => await count(
        `pg_class where relname = to_char(now() + interval '7 days',
                                          '"events_p"YYYY_MM_DD')`) === '1'),
       'the days to come are made');

    ok(await until(async () => await count('only events_default') === '1')
       && await count('events where object_id < 0') === '3',
       'rows that found no day are moved into one, but for those of today');

    await db.sql('delete from events where object_id < 0');
}


async function main() {
    let one;

    Client.module();
    Daemon.binary();

    dir = directory();

    try {
        db = new Database();
        await db.start(dir);

        await db.sql(people);
        await db.sql(old);
        await db.sql(`do $$ begin
            execute 'drop table ' || to_char(now() + interval '7 days',
                                             '"events_p"YYYY_MM_DD');
            for i in 0 .. 1 loop
                execute 'drop table ' || to_char(now() + i * interval '1 day',
                                                 '"events_p"YYYY_MM_DD');
            end loop;
            insert into events (organization_id, type, object_id, created_at)
            select 1, 'old', -1, now() + n * interval '1 day'
              from unnest(array[-10, 0, 40]) n;
        end $$`);

        await arguments_();

        one = await Daemon.start(dir, 'one', {
            database: `"${db.conninfo()}"`,
        });

        ok(await one.said('event=database_connected connection=1'),
           'it starts', one.log);

        await housekeeping();

        const clients = {};
        const users = { alice: ALICE, bob: BOB, carol: CAROL, dave: DAVE,
                        erin: ERIN };

        for (const [name, user] of Object.entries(users)) {
            clients[name] = await Client.connect(one.port, user);
        }

        const frank = await Client.connect(one.port, FRANK);

        await audiences(clients);

        is(frank.events, [], 'a disabled user is told nothing');
        frank.close();

        await transactions(clients.alice);
        await restart(one, clients.alice);
        await backlog(clients.alice, one);
        await instances(clients.alice);

        one.kill('SIGINT');
        is(await one.end, 0, 'SIGINT ends it too');
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(one.log),
           'no complaint of a sanitizer', one.log);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${one ? one.log : ''}`);

    } finally {
        if (one) {
            await one.stop('SIGKILL');
        }

        if (db) {
            await db.control('stop', '-m', 'immediate').catch(() => {});
        }

        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
}


main().catch((error) => bail(error.stack));
