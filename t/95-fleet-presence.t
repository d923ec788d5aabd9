#!/usr/bin/env node

// 10,000 phones and two simrelayd: of those that fall silent each is told to
// be offline once, when its time has come and no sooner, and online once when
// it returns; nobody else is.  Time passes by moving what is stored into the
// past.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { FIRST, Http, LONG, all, daemon, diag, fleet, insist, listen, nginx,
        phones, pusher, rows, run, sleep, t, until, userChannel }
    = require('./lib/fleet.js');

const DEVICES = 10000;
const USERS = 1000;
const LISTENERS = 6;
const CONNECTIONS = 32;
const DEPTH = 4;                // requests under way on each

// Of 20 phones of every owner's group one falls silent awake, one dozing.
const silent = (n) => n % 20 === 3;
const dozing = (n) => n % 20 === 14;

const everyone = Array.from({ length: DEVICES }, (_, n) => n);
const ids = (list) => list.map((n) => FIRST + n);


async function beat(server, list, doze = () => false) {
    const https = Array.from({ length: CONNECTIONS },
                             () => new Http(server.port));
    const wrong = [];
    let i = 0;

    await all(list, CONNECTIONS * DEPTH, async (n) => {
        const http = https[i++ % CONNECTIONS];
        const answer = await insist(() => http.request(
            phones(n % USERS), 'POST',
            `/api/byos/devices/${FIRST + n}/heartbeat`,
            { battery_level: n % 101, is_in_doze_mode: doze(n) }));

        if (answer.status !== 200 || answer.json.success !== true) {
            wrong.push(`${n}: ${answer.status} ${answer.body}`);
        }
    });

    https.forEach((http) => http.close());

    return wrong;
}


// Those phones were last heard of so many seconds ago; the watchers look.
async function age(where, seconds) {
    await t.db.sql(`
        update device_presence
           set due_at = due_at - (last_seen_at
                                  - (now() - interval '${seconds} seconds')),
               last_seen_at = now() - interval '${seconds} seconds'
         where (device_id - ${FIRST}) % 20 ${where}`);
    await t.db.sql('notify simrelay');
}


// The phones that an event told of since the last time, each as often as it
// did; as many as are expected are waited for.
let last = '0';

async function events(type, expected) {
    const those = `from events where type = '${type}' and txid >= '${last}'`;

    await until(async () => Number(await t.db.sql(`select count(*) ${those}`))
                            >= expected, LONG);

    const got = (await rows(`select object_id ${those} order by 1`))
        .map(([id]) => Number(id));

    last = await t.db.sql('select pg_snapshot_xmax(pg_current_snapshot())');

    return got;
}


// The watchers have looked twice since, and found nothing.
async function quiet(what) {
    for (let i = 0; i < 2; i++) {
        await t.db.sql('notify simrelay');
        await sleep(1100);
    }

    is(await t.db.sql(`select count(*) from events
                        where type like 'device.%' and txid >= '${last}'`), '0',
       what);
}


const same = (got, list, name) =>
    ok(`${got}` === `${ids(list)}`, name,
       `${got.length} came, ${list.length} were expected`);


// What owners were pushed since the last time.
async function pushed(channels, list, online) {
    const name = online ? 'online' : 'offline';

    await Promise.all(channels.map(async (channel, user) => {
        const expected = ids(list.filter((n) => n % USERS === user));
        const mine = () => channel.got.filter((e) =>
            e.event === 'device.status' && e.data.is_online === online)
            .map((e) => e.data.device_id).sort((a, b) => a - b);

        await until(() => mine().length >= expected.length, LONG);

        if (`${mine()}` !== `${expected}`
            || channel.got.some((e) => !/^\d{4}-.*Z$/.test(
                   e.data.last_seen_at)))
        {
            ok(false, `owner ${user} is told ${name}`, channel.got
                .map((e) => JSON.stringify(e.data)).join('\n'));
        }

        channel.got.length = 0;
    }));

    ok(true, `owners are told who is ${name}`);
}


run(async () => {
    const daemons = [await daemon('a'), await daemon('b')];
    const servers = [await nginx('one', daemons[0]),
                     await nginx('two', daemons[1])];

    await fleet({ organizations: 50, users: USERS, devices: DEVICES });

    const channels = [];

    for (let user = 0; user < LISTENERS; user++) {
        channels.push(await listen(pusher(servers[user % 2], phones(user)),
                                   userChannel(user)));
    }

    diag('all are there');

    const awake = everyone.filter(silent);
    const asleep = everyone.filter(dozing);
    const others = everyone.filter((n) => !silent(n) && !dozing(n));

    is(await beat(servers[0], everyone, dozing), [], 'all are heard of');
    same(await events('device.online', DEVICES), everyone,
         'and online, each once');
    await pushed(channels, everyone, true);
    diag('all are online');

    // Those who go on are heard of again 300 seconds later.  There is a minute
    // until somebody is missed, which is longer than this takes.

    await age('>= 0', 300);
    is(await beat(servers[1], others), [], 'most go on');
    await age('in (3, 14)', 300);
    await quiet('nobody is missed after 300 seconds');

    await age('in (3, 14)', 361);
    same(await events('device.offline', awake.length), awake,
         'after 361 seconds exactly those that were silent are');
    await pushed(channels, awake, false);
    diag('the silent are offline');

    // the others' deadlines, which nobody has put off yet, pass too

    await t.db.sql(`
        update device_presence set due_at = now() - interval '1 second'
         where is_online`);
    await age('= 14', 900);
    await quiet('those that doze are not, nor who was heard of since');

    await age('= 14', 961);
    same(await events('device.offline', asleep.length), asleep,
         'those that doze are after 961 seconds');
    await pushed(channels, asleep, false);
    diag('those that doze are offline');

    is(await t.db.sql(`select count(*) from device_presence where is_online`),
       String(others.length), 'all others are online');

    // back, by two connections at once

    const back = [...awake, ...asleep].sort((a, b) => a - b);

    await Promise.all(servers.map((server) => beat(server, back)));
    same(await events('device.online', back.length), back,
         'who returns is online, once');
    await pushed(channels, back, true);
    await quiet('and that is all');

    is(await t.db.sql(`
        select count(*), count(distinct object_id) from events
         where type = 'device.offline'`),
       `${back.length}|${back.length}`, 'each outage is told once');

    servers.forEach((server) => server.sound('nginx'));
});
