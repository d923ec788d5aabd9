#!/usr/bin/env node

// Two at the same instant, by two workers: submits of one SMS, lockers of one
// SIM, registrations of one phone, calls about one code.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');

const LANES = 5;

let nginx;
let lanes;


// Runs the rounds on all lanes at once, each lane with a connection to each of
// the workers, of which now one, now the other is asked first.  A round returns
// its fault, if any, and its outcome, of which there are to be so many.
async function race(name, rounds, round, outcomes = 1) {
    const faults = [];
    const seen = {};
    let n = 0;

    await Promise.all(lanes.map(async ([a, b], lane) => {
        for (let i = n++; i < rounds; i = n++) {
            const { fault = '', outcome = '' }
                = await round(...(i % 4 < 2 ? [a, b] : [b, a]), i, lane);

            seen[outcome] = (seen[outcome] || 0) + 1;

            if (fault !== '') {
                faults.push(`round ${i}: ${fault}`);
            }
        }
    }));

    is(faults.slice(0, 5), [], `${rounds} rounds: ${name}`);

    if (outcomes > 1) {
        console.log(`# ${JSON.stringify(seen)}`);
        ok(Object.keys(seen).length >= outcomes,
           'now one is first, now the other');
    }
}


const show = (...answers) => answers.map((a) => `${a.status} ${a.body}`)
                                    .join(' and ');


async function submits() {
    await race('the same SMS twice is stored once', 300, async (a, b, i) => {
        const [x, y] = await Promise.all([a.submit(i), b.submit(i)]);
        const right = x.status + y.status === 402
                      && [200, 202].includes(x.status);

        return { fault: right ? '' : show(x, y),
                 outcome: x.status };
    }, 2);

    is(await t.db.sql(`
        select (select count(*) from device_submits),
               (select count(*) from messages),
               (select count(distinct body) from messages),
               (select count(*) from events
                 where type = 'message.inbound'),
               (select sum(messages) from organization_months),
               (select received from message_counts where hosted_sim_id = 105)`
        ), '300|300|300|300|300|300', 'once, with one event, counted once');
}


// SIMs that all of these see, one for each lane
const sims = [101, 103, 105, 107, 108];
const people = [['ann', 'ada'], ['ann', 'key'], ['key', 'key-dua'],
                ['mia', 'max'], ['ann-phone', 'key-other']];

const lock = (http, who, lane) =>
    http.request(who, 'POST', `/api/sims/${sims[lane]}/lock`);

const release = (http, who, lane) =>
    http.request(who, 'DELETE', `/api/sims/${sims[lane]}/lock`);

const state = async (http, lane) =>
    (await http.request('ann', 'GET', `/api/sims/${sims[lane]}/lock`)).json;


async function lockers() {
    await race('one of two lockers wins, the other is told by whom', 1000,
               async (a, b, i, lane) => {
        const [p, q] = people[i % people.length];
        const [x, y] = await Promise.all([lock(a, p, lane), lock(b, q, lane)]);
        const won = x.status === 200 ? x : y;
        const lost = x.status === 200 ? y : x;
        const now = await state(a, lane);
        const end = await release(b, won === x ? p : q, lane);

        const right = won.status === 200 && lost.status === 409
                      && won.json.lock_id > 0
                      && won.json.lock_id === lost.json.lock_id
                      && won.json.user_id === lost.json.user_id
                      && won.json.expires_at === lost.json.expires_at
                      && now.lock_id === won.json.lock_id
                      && end.status === 200;

        return { fault: right ? '' : `${show(x, y, end)}, then`
                                     + ` ${JSON.stringify(now)}`,
                 outcome: won === x ? 'first' : 'second' };
    }, 2);

    is(await t.db.sql('select count(*) from locks'), '1000',
       'each winner has its place in the history');

    await history('no two held a SIM at once');
}


// Nobody's hold begins before another one's of the same SIM has ended.
async function history(name) {
    is(await t.db.sql(`
        select count(*)
          from locks a
          join locks b on b.hosted_sim_id = a.hosted_sim_id and b.id <> a.id
           and b.started_at >= a.started_at
           and b.started_at < coalesce(a.released_at, a.expires_at)`), '0',
       name);
}


async function releases() {
    await race('a lock that is given back meanwhile', 300,
               async (a, b, i, lane) => {
        const [p, q] = people[i % people.length];
        const held = (await lock(a, p, lane)).json;
        const [x, y] = await Promise.all([release(a, p, lane),
                                          lock(b, q, lane)]);
        const now = await state(a, lane);
        const end = await release(b, q, lane);

        const right = x.status === 200 && end.status === 200
                      && (y.status === 200
                          ? y.json.lock_id !== held.lock_id
                            && now.lock_id === y.json.lock_id
                          : y.status === 409
                            && y.json.lock_id === held.lock_id
                            && now.status === 'unlocked');

        return { fault: right ? '' : `${show(x, y, end)}, then`
                                     + ` ${JSON.stringify(now)}`,
                 outcome: y.status };
    }, 2);

    await race('a lock that its holder extends and gives back', 200,
               async (a, b, i, lane) => {
        const held = (await lock(a, 'ann', lane)).json;
        const [x, y] = await Promise.all([release(a, 'ann', lane),
                                          lock(b, 'ann', lane)]);
        const now = await state(a, lane);

        await release(a, 'ann', lane);

        const right = x.status === 200 && y.status === 200
                      && (y.json.lock_id === held.lock_id
                          ? now.status === 'unlocked'
                          : now.lock_id === y.json.lock_id);

        return { fault: right ? '' : `${show(x, y)}, held ${held.lock_id},`
                                     + ` then ${JSON.stringify(now)}`,
                 outcome: now.status };
    }, 2);

    await race('a lock that is given back twice', 100,
               async (a, b, i, lane) => {
        await lock(a, 'ann', lane);

        const [x, y] = await Promise.all([release(a, 'ann', lane),
                                          release(b, 'ann', lane)]);

        return { fault: x.status === 200 && y.status === 200 ? ''
                                                             : show(x, y) };
    });

    await history('still no two held a SIM at once');
}


const android = (n) => n.toString(16).padStart(16, 'a');

const register = (http, who, n, slots = [1]) =>
    http.request(who, 'POST', '/api/byos/devices',
                 { android_id: android(n), sim_slots: slots,
                   device_model: 'Pixel 8', app_version: '1.2.3' });


async function registrations() {
    await t.db.sql('update plans set max_devices = 100000 where id = 1');

    await race('a phone that two people register is one of theirs', 100,
               async (a, b, i) => {
        const [x, y] = await Promise.all([register(a, 'ann-phone', i),
                                          register(b, 'bob-phone', i)]);
        const [won, lost] = x.status === 201 ? [x, y] : [y, x];
        const right = won.status === 201 && lost.status === 422
                      && lost.json.errors.android_id.length === 1;

        return { fault: right ? '' : show(x, y),
                 outcome: won === x ? 'ann' : 'bob' };
    }, 2);

    await race('a phone that one person registers twice is one', 100,
               async (a, b, i) => {
        const [x, y] = await Promise.all([
            register(a, 'ann-phone', 1000 + i, [1, 2]),
            register(b, 'ann-phone', 1000 + i, [1, 2]),
        ]);
        const cards = (answer) => answer.json.sim_cards.length;
        const right = x.status + y.status === 401
                      && [200, 201].includes(x.status)
                      && x.json.id === y.json.id
                      && cards(x) === 2 && cards(y) === 2;

        return { fault: right ? '' : show(x, y),
                 outcome: x.status };
    }, 2);

    is(await t.db.sql(`
        select (select count(*) from devices where id > 1000),
               (select count(distinct android_id) from devices
                 where id > 1000),
               (select count(*) from sim_cards where id > 1000),
               (select count(*)
                  from (select from verification_codes v
                          join sim_cards c on c.id = v.sim_card_id
                         where v.used_at is null and v.expires_at > now()
                         group by c.id having count(*) > 1) m)`),
       '200|200|300|0', 'with its cards, and one live code for each');

    await t.db.sql('update plans set max_devices = 51 where id = 2');

    await race('the last place of a plan is taken once', 50,
               async (a, b, i) => {
        const [x, y] = await Promise.all([
            register(a, 'tim-phone', 10000 + 2 * i),
            register(b, 'tim-phone', 10001 + 2 * i),
        ]);

        return { fault: [x, y].every((r) => [201, 403].includes(r.status))
                        ? '' : show(x, y) };
    });

    is(await t.db.sql(`select count(*) from devices where organization_id = 3`),
       '51', 'and no more than it has');
}


// A call of Twilio about an SMS, with its signature.
function call(http, sid, from, body) {
    const target = '/api/webhooks/twilio/sms';
    const form = { AccountSid: 'AC1', Body: body, From: from,
                   MessageSid: `SM${sid}`, To: '+15550001111' };
    const text = `https://sms.example.com${target}`
                 + Object.entries(form).flat().join('');

    return http.request(null, 'POST', target,
                        new URLSearchParams(form).toString(), {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': crypto.createHmac('sha1', 'secret').update(text)
                                    .digest('base64'),
    });
}


const number = (n) => `+1415555${String(n).padStart(4, '0')}`;

const code = async (http, who, n) =>
    (await register(http, who, n)).json.sim_cards[0].verification_code;

const taken = (x, y) => x.status === 200 && y.status === 200
                        && x.body === '<Response/>' && y.body === x.body
                        ? '' : show(x, y);


async function codes() {
    await race('an SMS that Twilio tells twice', 50, async (a, b, i) => {
        const text = await code(a, 'ann-phone', 20000 + i);

        return { fault: taken(...await Promise.all([
            call(a, `a${i}`, number(i), text),
            call(b, `a${i}`, number(i), text),
        ])) };
    });

    await race('a code from two numbers', 50, async (a, b, i) => {
        const text = await code(a, 'ann-phone', 21000 + i);

        return { fault: taken(...await Promise.all([
            call(a, `b${i}`, number(1000 + i), text),
            call(b, `c${i}`, number(2000 + i), text),
        ])) };
    });

    await race('a number with the codes of two people', 50, async (a, b, i) => {
        const [p, q] = await Promise.all([code(a, 'ann-phone', 22000 + i),
                                          code(b, 'bob-phone', 23000 + i)]);

        return { fault: taken(...await Promise.all([
            call(a, `d${i}`, number(3000 + i), p),
            call(b, `e${i}`, number(3000 + i), q),
        ])) };
    });

    is(await t.db.sql(`
        select count(*), count(distinct s.number), count(distinct s.id),
               count(distinct c.id)
          from hosted_sims s
          join sim_cards c on c.hosted_sim_id = s.id and c.status = 'active'
           and c.phone_number = s.number and c.number_verified
          join sim_attachments a on a.hosted_sim_id = s.id
         where s.number like '+1415555%' and s.status = 'active'
         group by case right(s.number, 4)::int4 / 1000
                  when 0 then 'told twice' when 3 then 'two codes'
                  else 'two numbers' end`),
       Array(3).fill('50|50|50|50').join('\n'),
       'each time one number, with one card of one organization');

    is(await t.db.sql(`
        select (select count(*) from sim_cards c
                  join devices d on d.id = c.device_id
                 where d.android_id between '${android(20000)}'
                                        and '${android(23999)}'
                   and c.status = 'active'),
               (select count(*) from twilio_calls)`), '150|250',
       'no card is active without its number');
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;',
    });

    const [left, right] = await each(nginx, LANES);

    lanes = left.map((http, i) => [http, right[i]]);

    await submits();
    await lockers();
    await releases();
    await registrations();
    await codes();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('races');
});
