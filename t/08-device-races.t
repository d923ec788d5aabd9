#!/usr/bin/env node

// Two at the same instant, by two workers: numbers given to two phones, phones
// that are disabled, enabled and deleted at once, or deleted while they are
// verified, while somebody sends through them and while they show that they
// live.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');

const LANES = 4;
const ROUNDS = 40;

let nginx;
let lanes;


// Runs the rounds on all lanes at once, each with a connection to each of the
// workers, of which now one, now the other is asked first.  A round returns its
// fault, if any, and its outcome.
async function race(name, round) {
    const faults = [];
    const seen = {};
    let n = 0;

    await Promise.all(lanes.map(async ([a, b]) => {
        for (let i = n++; i < ROUNDS; i = n++) {
            const { fault = '', outcome = '' }
                = await round(...(i % 4 < 2 ? [a, b] : [b, a]), i);

            seen[outcome] = (seen[outcome] || 0) + 1;

            if (fault !== '') {
                faults.push(`round ${i}: ${fault}`);
            }
        }
    }));

    is(faults.slice(0, 5), [], name);
    console.log(`# ${JSON.stringify(seen)}`);
}


const show = (...answers) => answers.map((a) => `${a.status} ${a.body}`)
                                    .join(' and ');

const phone = (http, method, id, what = '', body = null, who = 'ann-phone') =>
    http.request(who, method, `/api/byos/devices/${id}${what}`, body);

const number = (n) => `+1555777${String(n).padStart(4, '0')}`;


// Phones of a person's from an id on, each with a card and its SIM.
const phones = (first, user, organization) => t.db.sql(`
    select test.sim(id, '+1555' || id, 'byos', 'byos'),
           test.device(id, ${user}, ${organization}, 'active'),
           test.card(id, id, 1, id)
      from generate_series(${first}, ${first + ROUNDS - 1}) id;
    insert into sim_attachments (organization_id, hosted_sim_id)
    select ${organization}, id
      from generate_series(${first}, ${first + ROUNDS - 1}) id`);


async function numbers() {
    await phones(100000, 1, 1);
    await phones(200000, 5, 2);

    await race('a number that two phones are given is one phone\'s',
               async (a, b, i) => {
        const [x, y] = await Promise.all([
            phone(a, 'PUT', 100000 + i, '', { phone_number: number(i) }),
            phone(b, 'PUT', 200000 + i, '', { phone_number: number(i) },
                  'bob-phone'),
        ]);
        const [won, lost] = x.status === 200 ? [x, y] : [y, x];
        const right = won.status === 200 && lost.status === 422
                      && won.json.phone_number === number(i)
                      && lost.json.errors.phone_number[0]
                         === 'The phone number has already been taken.';

        return { fault: right ? '' : show(x, y),
                 outcome: won === x ? 'ann' : 'bob' };
    });

    is(await t.db.sql(`
        select count(*), count(distinct h.number)
          from hosted_sims h
          join sim_cards c
            on c.hosted_sim_id = h.id and c.phone_number = h.number
         where h.number like '+1555777%' and h.status = 'active'
           and not c.number_verified`), `${ROUNDS}|${ROUNDS}`,
       'and its SIM\'s');
    is(await t.db.sql(`
        select count(*)
          from sim_cards c
          join hosted_sims h on h.id = c.hosted_sim_id
         where c.phone_number <> h.number`), '0',
       'no card has another number than its SIM');
}


async function states() {
    await phones(300000, 1, 1);

    await race('a phone that is disabled twice and enabled twice at once',
               async (a, b, i) => {
        const id = 300000 + i;
        const [w, x, y, z] = await Promise.all([
            phone(a, 'POST', id, '/disable'), phone(b, 'POST', id, '/enable'),
            phone(b, 'POST', id, '/disable'), phone(a, 'POST', id, '/enable'),
        ]);
        const right = [w, y].every((r) => [200, 422].includes(r.status))
                      && [w, y].some((r) => r.status === 200)
                      && [x, z].every((r) => r.status === 200
                                             && r.json.status === 'active');

        return { fault: right ? '' : show(w, x, y, z),
                 outcome: `${w.status} ${y.status}` };
    });

    await race('a phone that is disabled, enabled and deleted twice at once',
               async (a, b, i) => {
        const id = 300000 + i;
        const [v, w, x, y, z] = await Promise.all([
            phone(a, 'POST', id, '/disable'), phone(b, 'DELETE', id),
            phone(b, 'POST', id, '/enable'), phone(a, 'DELETE', id),
            phone(a, 'PUT', id, '', { device_name: 'late' }),
        ]);
        const right = [v, x, z].every((r) => [200, 404, 422].includes(r.status))
                      && w.status + y.status === 204 + 404
                      && [204, 404].includes(w.status);

        return { fault: right ? '' : show(v, w, x, y, z),
                 outcome: `${v.status} ${x.status} ${z.status}` };
    });

    is(await t.db.sql(`
        select (select count(*) from devices
                 where id between 300000 and 399999 and deleted_at is null),
               (select count(*) from sim_cards
                 where id between 300000 and 399999),
               (select count(*) from hosted_sims
                 where id between 300000 and 399999 and deleted_at is null),
               (select count(*) from sim_attachments
                 where hosted_sim_id between 300000 and 399999)`), '0|0|0|0',
       'nothing is left of them');
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


const register = async (http, who, n) =>
    (await http.request(who, 'POST', '/api/byos/devices', {
        android_id: n.toString(16).padStart(16, 'a'), sim_slots: [1],
        device_model: 'Pixel 8', app_version: '1.2.3',
    })).json;


async function verifications() {
    await race('a phone that is deleted while it is verified',
               async (a, b, i) => {
        const one = await register(a, 'ann-phone', 1000 + i);
        const [x, y] = await Promise.all([
            phone(a, 'DELETE', one.id),
            call(b, `a${i}`, number(1000 + i),
                 one.sim_cards[0].verification_code),
        ]);

        return { fault: x.status === 204 && y.status === 200 ? ''
                                                             : show(x, y) };
    });

    is(await t.db.sql(`
        select (select count(*) from hosted_sims h
                 where h.number between '${number(1000)}' and '${number(1999)}'
                   and h.deleted_at is null),
               (select count(*) from sim_cards c
                  join devices d on d.id = c.device_id
                 where d.deleted_at is not null and d.id > 1000)`), '0|0',
       'leaves no SIM and no card behind');

    await phones(400000, 5, 2);

    await race('a number that one phone is given while another verifies it',
               async (a, b, i) => {
        const one = await register(a, 'ann-phone', 2000 + i);
        const [x, y] = await Promise.all([
            phone(a, 'PUT', 400000 + i, '', { phone_number: number(2000 + i) },
                  'bob-phone'),
            call(b, `b${i}`, number(2000 + i),
                 one.sim_cards[0].verification_code),
        ]);
        const right = [200, 422].includes(x.status) && y.status === 200;

        return { fault: right ? '' : show(x, y), outcome: x.status };
    });

    is(await t.db.sql(`
        select count(*), count(distinct h.number), count(distinct c.id)
          from hosted_sims h
          left join sim_cards c
            on c.hosted_sim_id = h.id and c.status = 'active'
           and c.phone_number = h.number
         where h.number between '${number(2000)}' and '${number(2999)}'
           and h.status = 'active'`), `${ROUNDS}|${ROUNDS}|${ROUNDS}`,
       'is one live SIM\'s, with its card');
}


async function sends() {
    await phones(500000, 1, 1);

    await race('a phone that is deleted while somebody sends through it',
               async (a, b, i) => {
        const id = 500000 + i;
        const [x, y, z] = await Promise.all([
            phone(a, 'DELETE', id),
            b.request('ann', 'POST', `/api/sims/${id}/messages`,
                      { to: '+15557654321', text: 'a' }),
            phone(b, 'GET', id, '/outbox'),
        ]);
        const right = x.status === 204 && [201, 404, 422].includes(y.status)
                      && [200, 404].includes(z.status);

        return { fault: right ? '' : show(x, y, z), outcome: y.status };
    });

    is(await t.db.sql(`
        select count(*)
          from sends s
          join messages m
            on m.organization_id = s.organization_id and m.id = s.message_id
         where s.hosted_sim_id between 500000 and 599999
           and (s.state, m.status) <> ('ended', 'failed')`), '0',
       'whatever was taken has failed');
}


// Who deletes a phone has its cards first, and its presence then; a sign of
// life the other way round.
async function signs() {
    await phones(600000, 1, 1);

    const sign = (http, id, strength) =>
        phone(http, 'POST', id, '/heartbeat', { signal_strength: strength });
    const strength = () => t.db.sql(
        'select signal_strength from sim_cards where id = 600000');
    const [a, b] = lanes[0];
    const other = t.db.session();

    await sign(a, 600000, 20);
    await other.say('begin; select from sim_cards where id = 600000 for update');

    is((await sign(b, 600000, 30)).status, 200,
       'a sign of life does not wait for a card that is being changed');
    is(await strength(), '20', 'which keeps the strength that it has');

    await other.say('end');
    await other.end();

    is((await sign(a, 600000, 40)).status, 200, 'the next sign');
    is(await strength(), '40', 'changes it');

    await race('a phone that is deleted while it shows that it lives',
               async (x, y, i) => {
        const id = 600000 + i;

        await sign(x, id, 50);

        const [gone, ...all] = await Promise.all([
            phone(x, 'DELETE', id), sign(y, id, 60), sign(y, id, 70),
            sign(x, id, 80),
        ]);
        const right = gone.status === 204
                      && all.every((r) => [200, 404].includes(r.status));

        return { fault: right ? '' : show(gone, ...all) };
    });
}


main(async () => {
    nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;',
    });

    const [left, right] = await each(nginx, LANES);

    lanes = left.map((http, i) => [http, right[i]]);

    await t.db.sql('update plans set max_devices = 100000');

    await numbers();
    await states();
    await verifications();
    await sends();
    await signs();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('races');
});
