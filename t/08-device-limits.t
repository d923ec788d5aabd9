#!/usr/bin/env node

// The limits of a plan where many come at once, and where its month turns.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, t, until, uuid } = require('./lib/nginx.js');

const WORKERS = 2;
const WRITES = 4;
const LANES = 10;

let lanes;


const android = (n) => n.toString(16).padStart(16, 'a');

// A write that waits for others of its organization for too long is refused
// as one that may be sent again.
async function insist(send) {
    for (let i = 0; ; i++) {
        const answer = await send();

        if (answer.status !== 503 || i === 100) {
            return answer;
        }
    }
}

const register = (n, who = 'tim-phone', i = n) =>
    insist(() => lanes[i % lanes.length].request(who, 'POST',
        '/api/byos/devices', { android_id: android(n), sim_slots: [1],
                               device_model: 'm', app_version: '1' }));

const range = (n, from = 0) => Array.from({ length: n }, (_, i) => from + i);

// How many answers there are of each status.
function tally(answers) {
    const seen = {};

    for (const { status } of answers) {
        seen[status] = (seen[status] || 0) + 1;
    }

    return seen;
}

// What is counted, and what there is.
const devices = (organization = 3) => t.db.sql(`
    select c.devices, (select count(*) from devices d
                        where d.organization_id = c.organization_id
                          and d.deleted_at is null)
      from device_counts c where c.organization_id = ${organization}`);


async function places() {
    await t.db.sql(`delete from devices where organization_id = 3;
                    update plans set max_devices = 5 where id = 2`);

    let answers = await Promise.all(range(50).map((n) => register(n)));

    is(tally(answers), { 201: 5, 403: 45 },
       'of 50 that register at once, 5 get the 5 places');
    is(answers.find((a) => a.status === 403).json,
       { message: 'Device limit reached.' }, 'the others are told why');
    is(await devices(), '5|5', 'and as many are counted');

    const mine = answers.flatMap((a, n) => a.status === 201 ? [n] : []);

    answers = await Promise.all(mine.concat(mine, range(20, 100))
                                    .map((n, i) => register(n, 'tim-phone',
                                                            i)));

    is(tally(answers), { 200: 10, 403: 20 },
       'the five register again while others try in vain');

    const id = Math.min(...answers.filter((a) => a.status === 200)
                                  .map((a) => a.json.id));

    await t.db.sql(`update devices set deleted_at = now() where id = ${id}`);

    answers = await Promise.all(range(20, 200).map((n) => register(n)));
    is(tally(answers), { 201: 1, 403: 19 }, 'one that is deleted makes place');
    is(await devices(), '5|5', 'for one');
}


// Phones that go while others come.
async function turns() {
    const faults = [];
    let won = 0;

    for (let i = 0; i < 10; i++) {
        const [answers] = await Promise.all([
            Promise.all(range(8, 1000 + 8 * i).map((n) => register(n))),
            t.db.sql(`update devices set deleted_at = now()
                       where id in (select id from devices
                                     where organization_id = 3
                                       and deleted_at is null
                                     order by id limit 2)`),
        ]);
        const [counted, there] = (await devices()).split('|').map(Number);

        won += tally(answers)[201] || 0;

        if (counted !== there || there > 5 || there < 3
            || answers.some((a) => ![201, 403].includes(a.status)))
        {
            faults.push(`${counted} of ${there}, ${JSON.stringify(
                tally(answers))}`);
        }
    }

    is(faults, [], 'phones that go make place for no more than their number');

    const [, there] = (await devices()).split('|').map(Number);

    is(won - 20, there - 5, 'each that came took a place that was free');
}


// Pending phones that come from an organization that had place for them.
async function moves() {
    await t.db.sql(`update plans set max_devices = 7 where id = 2;
                    delete from devices where organization_id = 3;
                    select test.device(221, 9, 3, 'active')`);

    let answers = await Promise.all(range(20, 5000).map(
        (n) => register(n, 'ann-phone')));

    is(tally(answers), { 201: 20 }, 'twenty register where there is place');

    const before = await t.db.sql(`select sum(config_version) from devices
                                    where id > 1000 and user_id = 1`);

    await t.db.sql(`insert into members values (1, 3, 'member');
                    update users set current_organization_id = 3
                     where id = 1`);

    answers = await Promise.all(range(20, 5000).map(
        (n) => register(n, 'ann-phone')));

    is(tally(answers), { 200: 6, 403: 14 },
       'of twenty that move, six get the places that are left');
    is([await devices(3), await devices(1)], ['7|7', '20|20'],
       'each counts where it is');
    is(await t.db.sql(`select sum(config_version) - ${before} from devices
                        where id > 1000 and user_id = 1`), '6',
       'those that moved have news');

    await t.db.sql(`update users set current_organization_id = 1
                     where id = 1`);

    answers = await Promise.all(range(20, 5000).map(
        (n) => register(n, 'ann-phone')));

    is(tally(answers), { 200: 20 }, 'and all of them come back');
    is([await devices(3), await devices(1)], ['1|1', '26|26'],
       'where they count again');
}


// A sum that others are adding to.
async function messages() {
    const phones = range(8, 2000);

    await t.db.sql(`
        update plans set max_devices = 100, monthly_messages = 30
         where id = 2;
        select test.device(n, 9, 3, 'active'),
               test.sim(n, '+1555999' || n, 'byos', 'byos'),
               test.card(n, n, 1, n)
          from generate_series(2000, 2007) n;
        insert into sim_attachments (organization_id, hosted_sim_id)
        select 3, n from generate_series(2000, 2007) n`);

    const submit = (n) => insist(() => lanes[n % lanes.length].submit(
        n, phones[n % phones.length], 'tim-phone'));

    const answers = await Promise.all(range(120).map(submit));
    const { 202: stored, 429: refused } = tally(answers);

    is(stored + refused, 120, 'an SMS is stored, or the month is used up');
    ok(stored >= 30 && stored < 30 + WORKERS * WRITES,
       'as many are stored as fit, and those under way beside the last',
       `${stored}`);

    is(await t.db.sql(`
        select (select sum(messages) from organization_months
                 where organization_id = 3),
               (select count(*) from device_submits),
               (select sum(messages) from device_messages),
               (select count(*) from messages where organization_id = 3)`),
       Array(4).fill(stored).join('|'), 'and so many are counted');

    const late = await submit(500);

    is([late.status, late.headers['x-ratelimit-limit'],
        late.headers['x-ratelimit-remaining'],
        Number(late.headers['retry-after']) > 0],
       [429, '30', '0', true], 'when all are counted, the next is one too many');

    const again = answers.flatMap((a, n) => a.status === 202 ? [n] : []);

    is(tally(await Promise.all(again.map(submit))), { 200: stored },
       'those that are stored are so still');

    const config = await lanes[0].request('tim-phone', 'GET',
                                          '/api/byos/devices/2000/config');

    is([config.json.limits.current_month_messages,
        config.json.limits.remaining_messages], [stored, 0],
       'and a phone is told of it');
    is((await lanes[0].submit(600, 211, 'bob-phone')).status, 202,
       'other organizations have a month of their own');
}


// A month, with a clock of ours: its now(), which stands still, is found before
// PostgreSQL's.  The session's time zone is one where the month has begun long
// before.
async function midnight() {
    await t.db.sql(`
        select test.reset();
        update credentials set expires_at = now() + interval '100 days'
         where kind = 2;
        create schema clock;
        create table clock.clock (at timestamptz);
        create function clock.now() returns timestamptz
        language sql stable
        as 'select at from clock.clock';
        update plans set monthly_messages = 2 where id = 2`);

    const [before, end] = (await t.db.sql(`
        select m::date, (m + interval '1 month')::date
          from date_trunc('month', now() at time zone 'utc') m`)).split('|');
    const set = (text) => t.db.sql(`
        delete from clock.clock;
        insert into clock.clock
        values ('${end} 00:00Z'::timestamptz ${text})`);

    await set("- interval '1 hour'");

    const nginx = await Nginx.start('months', {
        workers: 1,
        database: `${t.db.conninfo()} options='-csearch_path=clock,public,`
                  + 'pg_catalog -ctimezone=Pacific/Kiritimati\'',
    });
    const http = new Http(nginx.port);
    const submit = async (n) => (await http.submit(n, 221,
                                                   'tim-phone')).status;
    const used = async () => {
        const { limits } = (await http.request('tim-phone', 'GET',
            '/api/byos/devices/221/config')).json;

        return [limits.current_month_messages, limits.remaining_messages];
    };

    ok(await until(async () => (await http.request(null, 'GET',
                                                   '/api/health')).status
                               === 200), 'a server has another clock');

    is([await submit(1), await submit(2), await submit(3)], [202, 202, 429],
       'an hour before midnight of UTC the month is used up');
    is(await used(), [2, 0], 'as the phone is told');

    await set("- interval '1 microsecond'");
    is([await submit(3), await used()], [429, [2, 0]],
       'until its last moment');

    await set('');
    is([await used(), await submit(3), await submit(1), await used()],
       [[0, 2], 202, 200, [1, 1]], 'at midnight another one begins');

    await set("+ interval '20 days'");
    is([await submit(4), await submit(5)], [202, 429],
       'which has as many as the one before');

    is(await t.db.sql(`
        select string_agg(month || ':' || messages, ' ' order by month)
          from organization_months`), `${before}:2 ${end}:2`,
       'each is counted in its month');

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('months');
    http.close();
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: `simrelay_database_connections reads=2 writes=${WRITES};`,
        workers: WORKERS,
    });

    lanes = (await each(nginx, LANES)).flat();

    await places();
    await turns();
    await moves();
    await messages();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('limits');

    await midnight();
});
