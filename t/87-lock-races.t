#!/usr/bin/env node

// Twenty at once take, extend and give back a lock that is about to expire,
// beside two simrelayd: whatever comes of it is told once, in its order.

'use strict';

const { Daemon, is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, sleep, t, until } = require('./lib/nginx.js');

const ROUNDS = 25;
const SIMS = [101, 103, 105, 108];
const PEOPLE = ['ann', 'ada', 'max', 'mia', 'key'];
const MOST = 30000;


// The newest locks are to expire in so many milliseconds.
const expire = (ms) => t.db.sql(`
    with l as (
        update sim_locks
           set expires_at = clock_timestamp() + interval '${ms} ms'
         where expires_at > clock_timestamp() + interval '${ms} ms'
        returning *
    )
    update locks k
       set expires_at = l.expires_at
      from l
     where k.id = l.lock_id`);


async function rounds(nginx) {
    const [left, right] = await each(nginx, 10);
    const https = [...left, ...right];
    const seen = {};

    for (let i = 0; i < ROUNDS; i++) {
        const sim = SIMS[i % SIMS.length];

        await https[0].request(PEOPLE[i % 5], 'POST', `/api/sims/${sim}/lock`);
        await expire(i % 3 === 0 ? 10000 : 15);

        const answers = await Promise.all(https.map(async (http, n) => {
            await sleep(n);

            return http.request(PEOPLE[n % 5], n % 4 === 3 ? 'DELETE' : 'POST',
                                `/api/sims/${sim}/lock`);
        }));

        for (const { status } of answers) {
            seen[status] = (seen[status] || 0) + 1;
        }
    }

    console.log(`# ${JSON.stringify(seen)}`);

    is(Object.keys(seen).filter((s) => !['200', '403', '409'].includes(s)), [],
       'each gets an answer of a lock');
}


// A number is taken from an organization while one of it takes the lock.
async function detached(http) {
    const session = t.db.session();

    await http.request('ann', 'POST', '/api/sims/103/lock');
    await http.request('ann', 'DELETE', '/api/sims/103/lock');
    await session.say(`begin;
        select from sim_locks where hosted_sim_id = 103 for update`);

    const lock = http.request('bob', 'POST', '/api/sims/103/lock');

    await until(async () => await t.db.sql(
        'select count(*) from pg_locks where not granted') === '1', MOST);

    const detach = t.db.sql(`
        delete from sim_attachments
         where hosted_sim_id = 103 and organization_id = 2`);

    await until(async () => await t.db.sql(`
        select (select count(*) from pg_locks where not granted) > 1
               or not exists (select from sim_attachments
                               where hosted_sim_id = 103
                                 and organization_id = 2)`) === 't', MOST);
    await session.say('commit');
    await session.end();
    await lock;
    await detach;

    is(await t.db.sql(`
        select count(*) filter (where k.ended_at is null), count(*)
          from locks k
         where k.hosted_sim_id = 103 and k.organization_id = 2`), '0|1',
       'who has no such number any more does not hold it');

    await t.db.sql(`
        insert into sim_attachments (organization_id, hosted_sim_id, team_id)
        values (2, 103, 21)`);
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;'
              + ' simrelay_database_timeouts statement=30s lock=20s;',
    });
    const daemons = [];

    try {
        for (const name of ['one', 'two']) {
            daemons.push(await Daemon.start(t.dir, name, {
                database: `"${t.db.conninfo()}"`,
            }));
        }

        await detached(new Http(nginx.port));
        await rounds(nginx);

        is(await t.db.sql(`
            select count(*)
              from locks k
              join events e on e.object_id = k.id
               and e.type = 'number.unlocked'
             where k.expires_at > now() + interval '1 second'
               and k.released_at is null`), '0',
           'of one that lasts no end is told');

        await expire(0);

        ok(await until(async () => await t.db.sql(
            'select count(*) from locks where ended_at is null') === '0', MOST),
           'in the end all are over');

        const locks = Number(await t.db.sql('select count(*) from locks'));

        ok(locks >= ROUNDS, 'there were many', locks);

        is(await t.db.sql(`
            select count(*)
              from locks k
              join sim_attachments a on a.hosted_sim_id = k.hosted_sim_id
             where (select array_agg(e.type order by e.created_at, e.id)
                      from events e
                     where e.object_id = k.id
                       and e.organization_id = a.organization_id
                       and e.type in ('number.locked', 'number.unlocked'))
                   is distinct from array['number.locked',
                                          'number.unlocked']`), '0',
           'each began once and ended once, for each organization');

        is(await t.db.sql(`
            select count(*)
              from (select e.type, lag(e.type) over w as before,
                           e.object_id, lag(e.object_id) over w as before_id
                      from events e
                      join locks k on k.id = e.object_id
                     where e.type in ('number.locked', 'number.unlocked')
                    window w as (partition by k.hosted_sim_id,
                                              e.organization_id
                                 order by e.created_at, e.id)) o
             where case o.type
                   when 'number.locked'
                   then coalesce(o.before, 'number.unlocked')
                        <> 'number.unlocked'
                   else o.before is distinct from 'number.locked'
                        or o.before_id <> o.object_id end`), '0',
           'the end of one is told before the next begins');

        is(await t.db.sql(`
            select count(*)
              from locks a
              join locks b on b.hosted_sim_id = a.hosted_sim_id
               and b.id <> a.id and b.started_at >= a.started_at
               and b.started_at < coalesce(a.released_at, a.expires_at)`), '0',
           'no two were held at once');

        is(nginx.lines('error'), [], 'nothing of it is an error');
        ok(daemons.every((d) => d.exited === null
                                && !/_failed|runtime error|Sanitizer/
                                    .test(d.log)),
           'nor of simrelayd', daemons.map((d) => d.log).join(''));

    } finally {
        for (const daemon of daemons) {
            await daemon.stop('SIGKILL');
        }
    }
});
