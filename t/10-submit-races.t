#!/usr/bin/env node

// Submits at the same instant, by two workers: of one SMS, of several, and
// while the phone is disabled, deleted, or loses its card.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t, until, uuid } = require('./lib/nginx.js');

const LANES = 10;

let nginx;
let lanes;


const submit = (http, id, device = 201, more = {}) =>
    http.request('ann-phone', 'POST', `/api/byos/devices/${device}/sms`,
                 { from: '+15557654321', body: `text ${id}`,
                   message_id: uuid(id), ...more });

const device = (method, id, what = '') =>
    lanes[lanes.length - 1].request('ann-phone', method, `/api/byos/devices/${id}${what}`);

const codes = (answers) => answers.map((a) => a.status).sort((a, b) => a - b);

const fresh = () => t.db.sql('select test.reset()');

const faults = (list) => list.filter((l) => l !== '').slice(0, 5);


// So many SMS are stored, each with all that belongs to it.
const stored = (n, name) => t.db.sql(`
    select (select count(*) from messages),
           (select count(*) from device_submits),
           (select count(*) from events where type = 'message.inbound'),
           (select coalesce(sum(messages), 0) from organization_months),
           (select coalesce(sum(messages), 0) from device_messages),
           (select coalesce(sum(total), 0) from message_counts),
           (select coalesce(sum(total), 0) from message_blocks)`)
    .then((row) => is(row, Array(7).fill(n).join('|'), name));


async function crowds() {
    const rounds = 10;
    const wrong = [];

    await fresh();

    for (let i = 0; i < rounds; i++) {
        const answers = await Promise.all(lanes.map((http) => submit(http, i)));
        const got = codes(answers).join(' ');
        const bodies = new Set(answers.map((a) => a.body));

        wrong.push(got === `${'200 '.repeat(lanes.length - 1)}202`
                   && bodies.size === 1 ? '' : got);
    }

    is(faults(wrong), [],
       `of ${lanes.length} submits of one SMS one is 202, the others 200`);
    await stored(rounds, 'and it is stored once');
}


// One that is under way decides what the others are told.
async function under_way() {
    await fresh();

    for (const [end, code, what] of
         [['rollback', 202, 'is undone, so this one counts'],
          ['commit', 200, 'counts, so this one is a duplicate']])
    {
        const other = t.db.session();

        await other.say('begin');
        await other.say(`insert into device_submits (device_id, message_id)
                         values (201, '${uuid(7)}')`);

        const answer = submit(lanes[0], 7);

        ok(await until(async () => await t.db.sql(`
            select count(*) from pg_stat_activity
             where wait_event_type = 'Lock'`) === '1', 30000),
           'who submits what is being submitted waits');

        await other.say(end);
        is((await answer).status, code, `the other one ${what}`);
        await other.end();
        await t.db.sql('delete from device_submits');
    }
}


// What was found before a phone was deleted is not stored for nobody.
async function retired() {
    const other = t.db.session();

    await fresh();
    await other.say('begin');
    await other.say(`insert into device_submits (device_id, message_id)
                     values (201, '${uuid(8)}')`);

    const answer = submit(lanes[0], 8);

    ok(await until(async () => await t.db.sql(`
        select count(*) from pg_stat_activity
         where wait_event_type = 'Lock'`) === '1', 30000),
       'a submit is under way');

    is((await device('DELETE', 201)).status, 204, 'the phone is deleted');

    await other.say('rollback');
    await other.end();

    is((await answer).status, 404, 'the submit finds no phone any more');
    await stored(0, 'and leaves nothing');
}


// The same ids from three phones, all at once, each twice, one of two cards.
async function phones() {
    const work = [];

    await fresh();

    for (let id = 0; id < 20; id++) {
        for (const [phone, slot] of [[201, 1], [202, 1 + id % 2], [203, 1]]) {
            work.push([id, phone, { sim_slot: slot }],
                      [id, phone, { sim_slot: slot }]);
        }
    }

    const answers = await Promise.all(work.map((w, i) =>
        submit(lanes[i % lanes.length], ...w)));

    is([answers.filter((a) => a.status === 202).length,
        answers.filter((a) => a.status === 200).length], [60, 60],
       'each phone has its own ids');
    is(await t.db.sql(`
        select string_agg(hosted_sim_id || ' ' || recipient || ' ' || n, ', '
                          order by hosted_sim_id)
          from (select hosted_sim_id, recipient,
                       count(distinct sms_id) as n
                  from messages group by 1, 2) m`),
       '103 +15551230103 20, 105 +15551230105 20, 107 +15551230107 10, '
       + '108 +15551230108 10', 'and each card its own SMS');
    is(await t.db.sql(`select string_agg(device_id || ' ' || messages, ', '
                                         order by device_id)
                         from device_messages`),
       '201 20, 202 20, 203 20', 'which are counted by phone');
}


// Submits while something else happens to the phone: each is answered by one
// of these codes, and what was answered 202 is stored, and nothing else.
async function meanwhile(name, expected, change, undo, phone = 201) {
    const seen = {};
    let taken = 0;

    await fresh();

    for (let i = 0; i < 6; i++) {
        const some = lanes.slice(1, 7);
        const answers = some.map((http, lane) =>
            submit(http, 100 * i + lane, phone, { sim_slot: 1 }));
        const changed = change();

        for (const { status } of await Promise.all(answers)) {
            seen[status] = (seen[status] || 0) + 1;
            taken += status === 202 ? 1 : 0;
        }

        await changed;

        const [late] = codes([await submit(lanes[1], 100 * i + 50, phone,
                                           { sim_slot: 1 })]);

        seen[late === 202 ? 'late' : late] = (seen[late] || 0) + 1;
        await undo();
    }

    console.log(`# ${name}: ${JSON.stringify(seen)}`);
    is(Object.keys(seen).filter((c) => !expected.includes(c)), [],
       `${name}: an SMS is taken or refused`);
    await stored(taken, `${name}: what was taken is there, and nothing else`);
}


async function changes() {
    await meanwhile('disabled', ['202', '403'],
                    () => device('POST', 201, '/disable'),
                    () => device('POST', 201, '/enable'));

    await meanwhile('its last card removed', ['202', '403'],
                    () => device('DELETE', 201, '/sim-cards/301'),
                    () => t.db.sql(`
        update hosted_sims set status = 'active' where id = 105;
        update sim_cards set status = 'active' where id = 301`));

    await meanwhile('one of its cards removed', ['202', '422'],
                    () => device('DELETE', 202, '/sim-cards/302'),
                    () => t.db.sql(`
        update hosted_sims set status = 'active' where id = 107;
        update sim_cards set status = 'active' where id = 302`), 202);

    await meanwhile('deleted', ['202', '404'],
                    () => device('DELETE', 201),
                    () => t.db.sql(`
        update hosted_sims set status = 'active', deleted_at = null
         where id = 105;
        insert into sim_attachments (organization_id, hosted_sim_id)
        values (1, 105);
        update devices set deleted_at = null where id = 201;
        select test.card(301, 201, 1, 105)`));
}


// A duplicate stays one while the phone goes through all of its states.
async function duplicates() {
    await fresh();
    await submit(lanes[0], 1);

    const changing = (async () => {
        for (let i = 0; i < 5; i++) {
            await device('POST', 201, '/disable');
            await device('POST', 201, '/enable');
        }

        await device('DELETE', 201, '/sim-cards/301');
    })();

    let ended = false;
    const seen = new Set();

    changing.then(() => { ended = true; });

    do {
        codes(await Promise.all(lanes.slice(1).map((http) => submit(http, 1))))
            .forEach((c) => seen.add(c));
    } while (!ended);

    is([...seen], [200], 'a duplicate is 200, whatever becomes of the phone');
    await stored(1, 'and stays one');
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: `simrelay_database_connections reads=2 writes=4;
               simrelay_database_timeouts connect=10s statement=60s lock=60s
                                          queue=60s;`,
    });

    lanes = (await each(nginx, LANES)).flat();

    await crowds();
    await under_way();
    await retired();
    await phones();
    await changes();
    await duplicates();

    lanes.forEach((http) => http.close());

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('submits');
});
