#!/usr/bin/env node

// Verification SMS, and changes of cards, at the same instant by two workers.

'use strict';

const path = require('path');
const { is } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');
const twilio = require(path.join(__dirname, 'clients/node_modules/twilio'));

const LANES = 4;
const ROUNDS = 16;
const TARGET = '/api/webhooks/twilio/sms';

let nginx;
let lanes;
let calls = 0;


// A call of Twilio's about an SMS.
function sms(http, from, code, sid = `SM${++calls}`) {
    const form = { AccountSid: 'AC1', Body: code, From: from, MessageSid: sid,
                   To: '+15550001111' };

    return http.request(null, 'POST', TARGET,
                        new URLSearchParams(form).toString(), {
        'Content-Type': 'application/x-www-form-urlencoded',
        'X-Twilio-Signature': twilio.getExpectedTwilioSignature(
            'secret', `https://sms.example.com${TARGET}`, form),
    });
}

const cards = (device) => `/api/byos/devices/${device}/sim-cards`;

const number = (n) => `+1415555${String(n).padStart(4, '0')}`;


// The phones of rounds: 10000 + 10 n is Ann's, the next one Bob's, the third
// Ann's again, each with a card of the same id, that is pending.
const setup = (first, last) => t.db.sql(`
    select test.device(id, 1 + i % 2 * 4, 1 + i % 2, 'pending_verification'),
           test.card(id, id, 1, null, 'pending')
      from generate_series(${first}, ${last}) n, generate_series(0, 2) i,
           lateral (select 10000 + 10 * n + i) c(id)`);


// A code for a card of a round, by its owner.
async function code(http, n, which) {
    const id = 10000 + 10 * n + which;
    const answer = await http.request(which === 1 ? 'bob-phone' : 'ann-phone',
                                      'POST', `${cards(id)}/${id}/verify`);

    return answer.json.verification_code;
}


let next = 0;

// Runs rounds on all lanes at once; each returns its faults, a text.  "more" is
// SQL that runs before them.
async function race(name, rounds, round, more = null) {
    const faults = [];
    const first = next;
    const last = first + rounds - 1;

    await setup(first, last);

    if (more) {
        await t.db.sql(more.replace('ROUNDS',
                                    `generate_series(${first}, ${last})`));
    }

    await Promise.all(lanes.map(async ([a, b]) => {
        while (next <= last) {
            const n = next++;
            const fault = await round(...(n % 2 ? [a, b] : [b, a]), n);

            if (fault) {
                faults.push(`round ${n}: ${fault}`);
            }
        }
    }));

    is(faults.slice(0, 3), [], name);
}

const show = (...answers) => answers.map((a) => `${a.status} ${a.body}`)
                                    .join(' and ');

const wrong = (answers, ...statuses) =>
    answers.every((a) => statuses.includes(a.status)) ? '' : show(...answers);


// What has to hold, whatever came first: a live number has one SIM, with one
// active card of that number; who has an active card is no pending phone.
async function sound(what) {
    is(await t.db.sql(`
        select 'number of two', h.number
          from hosted_sims h
         where h.status = 'active'
         group by h.number having count(*) > 1
        union all
        select 'card without its SIM', c.id::text
          from sim_cards c
          left join hosted_sims h
            on h.id = c.hosted_sim_id and h.status = 'active'
           and h.number = c.phone_number and h.deleted_at is null
         where c.status = 'active' and h.id is null
        union all
        select 'SIM without a card', h.id::text
          from hosted_sims h
         where h.status = 'active' and h.id > 1000
           and not exists (select from sim_cards c
                            where c.hosted_sim_id = h.id
                              and c.status = 'active')
        union all
        select 'SIM elsewhere', h.id::text
          from hosted_sims h
          join sim_cards c on c.hosted_sim_id = h.id and c.status = 'active'
          join devices d on d.id = c.device_id
         where h.id > 1000
           and (select array_agg(a.organization_id) from sim_attachments a
                 where a.hosted_sim_id = h.id)
               is distinct from array[d.organization_id]
        union all
        select 'phone in a wrong state', d.id::text
          from devices d
         where d.id >= 10000
           and (d.status = 'active')
               <> exists (select from sim_cards c
                           where c.device_id = d.id and c.status = 'active')
        union all
        select 'phone of too many cards', c.device_id::text
          from sim_cards c
         where c.status <> 'inactive'
         group by c.device_id having count(*) > 10
        union all
        select 'card of two codes', v.sim_card_id::text
          from verification_codes v
         where v.used_at is null
         group by v.sim_card_id having count(*) > 1`), '',
       `${what}: everything fits together`);
}


async function people() {
    await race('a number that two people verify is one of theirs', ROUNDS,
               async (a, b, n) => {
        const [x, y] = [await code(a, n, 0), await code(b, n, 1)];
        const both = await Promise.all([sms(a, number(n), x),
                                        sms(b, number(n), y)]);

        return wrong(both, 200);
    });

    is(await t.db.sql(`
        select count(*), count(distinct phone_number)
          from sim_cards where status = 'active' and id >= 10000`),
       `${next}|${next}`, 'each number has one card');
    is(await t.db.sql(`select count(*) from mails
                        where kind = 'number_contested'`), String(next),
       'and its owner is told of the other, once');
    await sound('two people');
}


// A code that none of the others is.
const text = (n) => 'SR-' + n.toString(10).replaceAll('0', 'Y')
                             .replaceAll('1', 'Z').padStart(4, 'X');


async function moves() {
    await race('two numbers change places between a person\'s phones', ROUNDS,
               async (a, b, n) => {
        const [p, q] = [number(2 * n), number(2 * n + 1)];

        await sms(a, p, await code(a, n, 0));
        await sms(a, q, await code(a, n, 2));

        await t.db.sql(`insert into verification_codes (code, sim_card_id)
                        values ('${text(2 * n)}', ${10000 + 10 * n}),
                               ('${text(2 * n + 1)}', ${10002 + 10 * n})`);

        const [x, y] = [text(2 * n), text(2 * n + 1)];
        const both = await Promise.all([sms(a, q, x), sms(b, p, y)]);

        return wrong(both, 200);
    });
}


async function removed() {
    await race('a card is verified while it is removed', ROUNDS,
               async (a, b, n) => {
        const id = 10000 + 10 * n;
        const x = await code(a, n, 0);
        const [y, z] = await Promise.all([
            sms(a, number(1000 + n), x),
            b.request('ann-phone', 'DELETE', `${cards(id)}/${id}`),
        ]);

        return wrong([y], 200) + wrong([z], 204);
    });

    await sound('removed');

    await race('a number is set by hand while it is verified', ROUNDS,
               async (a, b, n) => {
        const [mine, his] = [10000 + 10 * n, 10001 + 10 * n];

        await sms(a, number(2000 + 2 * n), await code(a, n, 1));

        const x = await code(a, n, 0);
        const [y, z] = await Promise.all([
            sms(a, number(2001 + 2 * n), x),
            b.request('bob-phone', 'PUT', `${cards(his)}/${his}`,
                      { phone_number: number(2001 + 2 * n) }),
        ]);
        const now = await a.request('ann-phone', 'GET',
                                    `/api/byos/devices/${mine}`);

        return wrong([y], 200) + wrong([z], 200, 422)
               + (now.json.phone_number === number(2001 + 2 * n) ? ''
                                                                 : show(now));
    });

    await sound('by hand');
}


async function slots() {
    await race('a slot is taken once', ROUNDS, async (a, b, n) => {
        const id = 10000 + 10 * n;
        const add = (http) => http.request('ann-phone', 'POST', cards(id),
                                           { sim_slot: 2 });
        const [x, y] = await Promise.all([add(a), add(b)]);

        return x.status + y.status === 201 + 422
               ? '' : show(x, y);
    });

    await race('the last place is taken once', ROUNDS, async (a, b, n) => {
        const id = 10000 + 10 * n;
        const add = (http, slot) => http.request('ann-phone', 'POST', cards(id),
                                                 { sim_slot: slot });
        const all = await Promise.all(lanes.flat()
                                           .map((http, i) => add(http, i + 2)));

        return all.filter((x) => x.status === 201).length === 1
               && wrong(all, 201, 422) === '' ? '' : show(...all);
    }, `insert into sim_cards (device_id)
        select 10000 + 10 * n from ROUNDS n, generate_series(1, 8)`);

    await race('two cards want one slot', ROUNDS, async (a, b, n) => {
        const id = 10000 + 10 * n;
        const put = (http, card) => http.request('ann-phone', 'PUT',
                                                 `${cards(id)}/${card}`,
                                                 { sim_slot: 4 });
        const [x, y] = await Promise.all([put(a, id + 3), put(b, id + 4)]);

        return x.status + y.status === 200 + 422
               ? '' : show(x, y);
    }, `insert into sim_cards (id, device_id, sim_slot)
        overriding system value
        select 10000 + 10 * n + i + 1, 10000 + 10 * n, i
          from ROUNDS n, generate_series(2, 3) i`);

    await race('a card is given two codes', ROUNDS, async (a, b, n) => {
        const both = await Promise.all([code(a, n, 0), code(b, n, 0)]);

        return both.every(Boolean) ? '' : String(both);
    });

    await sound('cards');
}


// Many guesses at once, of which the last one would be right.
async function guesses() {
    await race('five guesses are tried, however many come at once', 4,
               async (a, b, n) => {
        const from = number(5000 + n);
        const all = [];
        const every = lanes.flat();

        for (let i = 0; i < 40; i++) {
            all.push(sms(every[i % every.length], from, `SR-000${i % 10}`,
                         `guess${n}.${i}`));
        }

        await Promise.all(all);

        const right = await code(a, n, 0);
        const last = await sms(a, from, right);
        const now = await t.db.sql(`
            select (select status from sim_cards where id = ${10000 + 10 * n}),
                   (select count(*) from twilio_calls
                     where sender = '${from}' and missed)`);

        return wrong([last, ...await Promise.all(all)], 200)
               + (now === 'pending|5' ? '' : now);
    });
}


// A phone's first sign of life, like each of its SMS, refers to the phone, and
// may have a card by then.
async function references() {
    await setup(next, next);

    const [a] = lanes[0];
    const id = 10000 + 10 * next;
    const other = t.db.session();
    const right = await code(a, next, 0);

    await other.say(`begin; select from devices where id = ${id} for key share`);

    is([(await sms(a, number(9000), right)).status,
        await t.db.sql(`select status from devices where id = ${id}`)],
       [200, 'active'], 'a code does not wait for who refers to the phone');

    await other.say('end');
    await other.end();
    next++;
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;'
              + ' simrelay_database_timeouts lock=10s statement=20s;',
    });

    const [left, right] = await each(nginx, LANES);

    lanes = left.map((http, i) => [http, right[i]]);

    await people();
    await moves();
    await sound('moves');
    await removed();
    await slots();
    await guesses();
    await references();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('races');
});
