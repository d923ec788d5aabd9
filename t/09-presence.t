#!/usr/bin/env node

// Who is silent for too long: exactly when, told once over two simrelayd, also
// after none has run for hours, and in one story with the signs of life that
// come just then.  Time passes by moving the rows.

'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { Daemon, bail, is, ok, root } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, sleep, t, until } = require('./lib/nginx.js');

const MOST = 30000;

const clients = createRequire(path.join(__dirname, 'clients', 'x'));

// A statement that is run by psql, with literals for its parameters.
const statement = (name, values = []) =>
    fs.readFileSync(path.join(root, 'sql', 'statements', `${name}.sql`), 'utf8')
        .replace(/^--.*$/gm, '')
        .replace(/\$(\d+)/g, (_, n) => values[n - 1]);

const watch = statement('device_watch');

// device_heartbeat by Ann's phone
const beat = (id, doze = false) => statement('device_heartbeat', [
    `test.digest('ann-phone', 2)`, 2, 32, id, 50, 'null::int4', doze,
    `'{}'::text[]`, `'{}'::int4[]`]);

// in one transaction, where no time passes
const at_once = async (...texts) =>
    (await t.db.psql(...['begin', ...texts, 'rollback']
        .flatMap((text) => ['-c', text]))).split('\n').pop();

const eventually = (query, expected, name) =>
    until(async () => await t.db.sql(query) === expected, MOST)
        .then(async () => is(await t.db.sql(query), expected, name));

// A phone of Ann's; the options are columns of its presence.
async function phone(id, ago, options = {}) {
    const o = { doze: false, online: true, status: 'active', user: 1, org: 1,
                due: ago, many: 1, ...options };

    await t.db.sql(`
        select test.device(id, ${o.user}, ${o.org}, '${o.status}')
          from generate_series(${id}, ${id + o.many - 1}) id;
        insert into device_presence (device_id, last_seen_at, is_in_doze_mode,
                                     is_online, battery_level, due_at)
        select id, now() - interval '${ago} s', ${o.doze}, ${o.online}, 17,
               now() - interval '${ago} s' + device_patience(${o.doze})
          from generate_series(${id}, ${id + o.many - 1}) id`);
}

// Time passes for these phones.
const pass = (where, seconds) => t.db.sql(`
    update device_presence
       set last_seen_at = last_seen_at - interval '${seconds} s',
           due_at = due_at - interval '${seconds} s'
     where device_id ${where}`);

const told = (where) => `
    select string_agg(split_part(type, '.', 2), ' ' order by created_at, id)
      from events
     where type like 'device.%' and object_id ${where}`;

const mails = (id) => `
    select string_agg(kind, ' ' order by id)
      from mails
     where params ->> 'device' = 'Phone ' || ${id}`;


// silent for so long, doze, online; what a look makes of it: online, when it is
// looked at again (seconds after the last sign), how many events, mails
const limits = [
    [359.999, false, true,  't|360|0|0'],
    [360,     false, true,  'f|720|1|0'],
    [361,     false, true,  'f|720|1|0'],
    [959.999, true,  true,  't|960|0|0'],
    [960,     true,  true,  'f|1920|1|0'],
    [719.999, false, false, 'f|720|0|0'],
    [720,     false, false, 'f||0|1'],
    [1919.99, true,  false, 'f|1920|0|0'],
    [1920,    true,  false, 'f||0|1'],
    [36000,   false, true,  'f|720|1|0'],
];

async function exactly() {
    for (const [ago, doze, online, expected] of limits) {
        is(await at_once(`
            insert into device_presence (device_id, last_seen_at, due_at,
                                         is_in_doze_mode, is_online)
            values (201, now() - interval '${ago} s', now(), ${doze},
                    ${online})`, watch, `
            select p.is_online,
                   extract(epoch from p.due_at - p.last_seen_at)::int,
                   (select count(*) from events where object_id = 201),
                   (select count(*) from mails)
              from device_presence p`), expected,
           `${ago} s${doze ? ' dozing' : ''}${online ? '' : ', offline'}`);
    }

    const moved = (last, due, ...doze) => at_once(`
        insert into device_presence (device_id, last_seen_at, due_at,
                                     is_in_doze_mode)
        values (201, now() - interval '${last} s',
                now() + interval '${due} s', ${doze[0]})`,
        ...doze.slice(1).map((d) => beat(201, d)), `
        select extract(epoch from due_at - now())::int from device_presence`);

    is(await moved(300, 60, false, false), '60', 'a sign does not put it off');
    is(await moved(300, 660, true, true), '660', 'nor while it dozes');
    is(await moved(300, 60, false, true), '60', 'nor when it begins to');
    is(await moved(300, 660, true, false), '360',
       'when it has woken up, its limit is that of who is awake');
    is(await at_once(beat(201, true), `
        select extract(epoch from due_at - now())::int from device_presence`),
       '960', 'the first sign sets it');
}


// Signs of life of phones that are online leave indexes alone, and a look at
// many phones reads those that are due.
async function cheaply() {
    await t.db.sql(`
        begin;
        select test.device(id, 1, 1, 'active')
          from generate_series(10001, 15000) id;
        insert into device_presence (device_id, last_seen_at, due_at)
        select id, now() - (id % 300) * interval '1 s',
               now() + interval '60 s'
          from generate_series(10001, 15000) id;
        commit; analyze device_presence, devices`);

    is(await at_once(
        ...[10001, 11000, 12000, 13000, 15000].flatMap(
            (id) => [beat(id), beat(id)]), `
        select n_tup_upd, n_tup_hot_upd
          from pg_stat_xact_user_tables
         where relname = 'device_presence'`), '10|10',
       'a sign of life is written without its indexes');

    is(await at_once(
        "update device_presence set due_at = now() where device_id < 10004",
        'set enable_seqscan = off', 'set plan_cache_mode = force_generic_plan',
        `prepare w as ${watch}`, 'execute w', `
        select n_tup_upd, seq_tup_read
          from pg_stat_xact_user_tables
         where relname = 'device_presence'`), '6|0',
       'a look writes those that are due, and reads no others');

    await t.db.sql('select test.reset()');
}


// Silent while no simrelayd ran.
async function away() {
    await phone(1001, 18000, { many: 2500 });
    await phone(4001, 400);
    await phone(4002, 300);
    await phone(4003, 900, { doze: true });
    await phone(4004, 18000, { status: 'disabled' });
    await phone(4005, 18000, { status: 'pending_verification' });
    await phone(4006, 18000, { status: 'revoked' });
    await phone(4007, 18000);
    await phone(4008, 18000, { user: 8 });
    await phone(4009, 18000, { user: 7 });
    await phone(4010, 18000, { online: false });
    await t.db.sql('update devices set deleted_at = now() where id = 4007');
}

async function caught_up() {
    await eventually(`
        select count(*), count(distinct object_id)
          from events
         where type = 'device.offline'
           and object_id between 1001 and 3500`, '2500|2500',
        'who was silent meanwhile is offline, each once');
    await eventually(`
        select count(*), count(distinct params ->> 'device'),
               count(distinct recipient)
          from mails
         where kind = 'device_offline' and recipient = 'ann@example.com'`,
        '2501|2501|1', 'and its owner has one mail of each');
    await eventually(`
        select count(*) from device_presence where due_at <= now()`, '0',
        'nothing is left to do');

    is(await t.db.sql(`
        select string_agg(object_id::text, ' ' order by object_id)
          from events
         where type = 'device.offline' and object_id > 4000`),
       '4001 4004 4005 4008 4009',
       'the event is told of all but who is revoked, deleted, or in time');
    is(await t.db.sql(mails(4010)), 'device_offline',
       'who was offline already has a mail alone');
    is(await t.db.sql(`
        select string_agg(device_id::text, ' ' order by device_id)
          from device_presence
         where due_at is not null`), '4001 4002 4003',
       'those that nobody is written to of are not looked at again');
    is(await t.db.sql(`
        select count(*) from mails
         where recipient <> 'ann@example.com'
            or params ->> 'device' not like 'Phone %'`), '0',
       'nor is anybody else written to');
}


// The life of one phone that has an owner who listens.
async function outage(http, seen) {
    const is_told = (list, name) =>
        eventually(told('= 201'), list, name);
    const beats = (n, body = {}) => Promise.all(
        Array.from({ length: n }, (_, i) => http[i].request('ann-phone',
            'POST', '/api/byos/devices/201/heartbeat', body)));

    await beats(5);
    await is_told('online', 'several first signs at once are told once');

    await pass('= 201', 500);
    await is_told('online offline', 'silence is told');
    is(await t.db.sql(mails(201)), '', 'but nobody is written to yet');

    await pass('= 201', 221);
    await eventually(`
        select count(*) from mails
         where params ->> 'device' = 'Phone 201 (+15551230105)'`, '1',
        'until it has lasted twice as long');

    await pass('= 201', 5000);
    await beats(5, { battery_level: 3 });
    await is_told('online offline online', 'that it is back is told once');
    is(await t.db.sql(`
        select string_agg(kind, ' ' order by id) from mails
         where params ->> 'device' = 'Phone 201 (+15551230105)'`),
       'device_offline device_recovered', 'and mailed once');
    is(await t.db.sql(`
        select alerted_at is null, is_online from device_presence
         where device_id = 201`), 't|t', 'the outage is over');

    await pass('= 201', 500);
    await is_told('online offline online offline', 'a second outage begins');
    await beats(1);
    await is_told('online offline online offline online', 'and ends');
    is(await t.db.sql(`
        select count(*) from mails where params ->> 'device' like 'Phone 201 (%'`),
       '2', 'too early for a mail, so none says that it is back');

    await pass('= 201', 721);
    await eventually(`
        select count(*) from mails
         where kind = 'device_offline'
           and params ->> 'device' like 'Phone 201 (%'`, '2',
        'another outage has a mail of its own');

    await beats(1, { is_in_doze_mode: true });
    await pass('= 201', 500);
    await sleep(1500);
    is(await t.db.sql(`
        select is_online from device_presence where device_id = 201`), 't',
       'a phone that dozes may be silent for longer');

    ok(await until(() => seen.length >= 7, MOST), 'the owner hears of it all');
    is(seen.map((s) => s.is_online),
       [true, false, true, false, true, false, true],
       'each with what it was then');
    ok(seen.every((s) => s.device_id === 201
                         && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(
                             s.last_seen_at)
                         && Object.keys(s).length === 3),
       'and nothing else', JSON.stringify(seen));
}


// A sign has come, and waits, when a look finds the phone silent.
async function between(http) {
    const session = t.db.session();

    await phone(4100, 10);
    await session.say('begin; update device_presence set last_seen_at ='
        + " now() - interval '400 s', due_at = now() where device_id = 4100");

    const answer = http.request('ann-phone', 'POST',
                                '/api/byos/devices/4100/heartbeat');

    ok(await until(async () => await t.db.sql(
        'select count(*) > 0 from pg_locks where not granted') === 't', MOST),
       'a sign waits');
    await session.say(watch);
    await session.say('commit');
    await session.end();
    is((await answer).status, 200, 'and is kept');

    is(await t.db.sql(told('= 4100')), 'offline online',
       'it is back after it was gone, not before');
    is(await t.db.sql(`
        select is_online, alerted_at is null,
               due_at <= last_seen_at + interval '360 s'
          from device_presence where device_id = 4100`), 't|t|t',
       'and online in the end');
}


// A sign has come when its phone ends, and is of no phone when that is over.
async function ending(http) {
    const ends = [
        [4201, 'deleted', 'deleted_at = now()',
         'delete from device_presence where device_id = 4201'],
        [4202, 'revoked', "status = 'revoked'",
         'update device_presence set is_online = false, due_at = null'
         + ' where device_id = 4202'],
        [4203, 'deleted unheard', 'deleted_at = now()', 'select'],
    ];

    for (const [id, name, what, presence] of ends) {
        const session = t.db.session();

        await phone(id, 10);
        await t.db.sql('delete from device_presence where device_id = 4203');
        await session.say(`begin; update devices set ${what} where id = ${id}`);
        await session.say(presence);

        const answer = http.request('ann-phone', 'POST',
                                    `/api/byos/devices/${id}/heartbeat`);

        ok(await until(async () => await t.db.sql(
            'select count(*) > 0 from pg_locks where not granted') === 't',
            MOST), `a sign of a phone that is being ${name} waits`);
        await session.say('commit');
        await session.end();
        await answer;

        is(await t.db.sql(`
            select (select count(*) from events where object_id = ${id}
                       and type like 'device.%'),
                   (select count(*) from device_presence
                     where device_id = ${id}
                       and (is_online or due_at is not null))`), '0|0',
           'and is told nobody');
    }
}


// Many signs just when looks find their phones silent.
async function races(https, seen) {
    const ids = Array.from({ length: 60 }, (_, i) => 5001 + i);

    await phone(ids[0], 0, { many: ids.length });
    seen.length = 0;

    for (let round = 0; round < 4; round++) {
        await t.db.sql(`
            update device_presence
               set last_seen_at = now() - interval '359.6 s',
                   due_at = now() + interval '0.4 s'
             where device_id between 5001 and 5060`);

        const answers = await Promise.all(ids.map(async (id, i) => {
            await sleep(20 * i);

            return https[i % https.length].request('ann-phone', 'POST',
                `/api/byos/devices/${id}/heartbeat`);
        }));

        if (answers.some((a) => a.status !== 200)) {
            is(answers.map((a) => a.status), [], 'each sign is kept');
        }
    }

    const sides = await t.db.sql(`
        select object_id, string_agg(substr(type, 8, 3), ' '
                                     order by created_at, id)
          from events
         where object_id between 5001 and 5060
         group by 1`);
    const stories = sides ? sides.split('\n').map((s) => s.split('|')[1]) : [];

    console.log(`# ${stories.length} of ${ids.length} were offline meanwhile`);
    is(stories.filter((s) => !/^(off onl ?)+$/.test(s)), [],
       'each went offline and came back, in turn');
    is(await t.db.sql(`
        select count(*) from device_presence
         where device_id between 5001 and 5060 and is_online`), '60',
       'all are online in the end');

    const all = stories.join(' ').split(' ').filter(Boolean).length;

    ok(await until(() => seen.length >= all, MOST), 'the owner heard of all',
       `${seen.length} of ${all}`);
    is(ids.filter((id) => {
        const mine = seen.filter((s) => s.device_id === id);

        return mine.some((s, i) => s.is_online !== (i % 2 === 1))
               || mine.length % 2 !== 0;
    }), [], 'in the same order');
}


function listen(nginx) {
    const PusherJs = (() => {
        try {
            return clients('pusher-js');
        } catch {
            return bail('the package "pusher-js" is missing: npm ci in'
                        + ' t/clients');
        }
    })();
    const http = new Http(nginx.port);
    const seen = [];
    const pusher = new PusherJs('key', {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort: nginx.port,
        wsPath: '/reverb',
        forceTLS: false,
        enableStats: false,
        enabledTransports: ['ws'],
        channelAuthorization: {
            customHandler: ({ socketId, channelName }, callback) => {
                http.request('ann', 'POST', '/api/broadcasting/auth',
                             { socket_id: socketId,
                               channel_name: channelName })
                    .then((a) => callback(null, a.json), callback);
            },
        },
    });
    const channel = pusher.subscribe('private-App.Models.User.1');

    channel.bind('device.status', (data) => seen.push(data));

    return new Promise((resolve, reject) => {
        channel.bind('pusher:subscription_succeeded',
                     () => resolve({ pusher, seen }));
        channel.bind('pusher:subscription_error',
                     (e) => reject(new Error(JSON.stringify(e))));
    });
}


main(async () => {
    const daemons = [];
    let owner;

    try {
        await exactly();
        await cheaply();
        await away();

        for (const name of ['one', 'two']) {
            daemons.push(await Daemon.start(t.dir, name, {
                database: `"${t.db.conninfo()}"`,
            }));
        }

        await caught_up();

        const nginx = await Nginx.start('nginx', {
            shipped: true,
            sidecar: daemons[0].port,
            http: 'simrelay_database_timeouts statement=30s lock=20s;',
        });
        const https = (await each(nginx, 5)).flat();

        owner = await listen(nginx);

        await outage(https, owner.seen);
        await between(https[0]);
        await ending(https[0]);
        await races(https, owner.seen);

    } finally {
        if (owner) {
            owner.pusher.disconnect();
        }

        for (const daemon of daemons) {
            is(await daemon.stop(), 0, 'simrelayd ends by itself');
        }
    }

    const log = daemons.map((d) => d.log).join('');

    ok(!/level=(warn|error).*(deadline|tail)|AddressSanitizer|runtime error/
        .test(log), 'and has nothing to complain of', log);
});
