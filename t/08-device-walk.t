#!/usr/bin/env node

// Phones of four people go through some hundreds of requests in an order that
// a seed decides (SEED=n for another): they register, get cards and lose them,
// prove numbers by SMS, are disabled, enabled, deleted and revoked.  A model
// says what each is answered and what each phone is then; what may never be is
// not, at any time.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, t, uuid } = require('./lib/nginx.js');
const { BYOS, ask, revoke, sms } = require('./lib/phones.js');

const SEED = Number(process.env.SEED || 20260101);
const STEPS = 320;
const STORM = 240;

const people = [
    { name: 'ann', organization: 1 }, { name: 'ada', organization: 1 },
    { name: 'bob', organization: 2 }, { name: 'tim', organization: 3 },
];

const ANDROIDS = 10;
const NUMBERS = Array.from({ length: 6 }, (_, i) => `+1666000000${i}`);
const TINY = 3;                 // phones that Tim's plan allows
const MONTH = 12;               // and SMS in a month

let http;
let ids = 9000;
let strangers = 0;

const world = { phones: [], submitted: 0, spent: [] };


// mulberry32
let state = SEED;

function random(n) {
    state = state + 0x6d2b79f5 | 0;

    let z = Math.imul(state ^ state >>> 15, 1 | state);

    z = z + Math.imul(z ^ z >>> 7, 61 | z) ^ z;

    return ((z ^ z >>> 14) >>> 0) % n;
}

const one = (list) => list[random(list.length)];


function request(p, method, path, body = null) {
    return http.request(`${p.user.name}-phone`, method,
                        `${BYOS}/${p.id}${path}`, body);
}

const live = () => world.phones.filter((p) => p.status !== 'deleted');
const active = (p) => p.cards.filter((c) => c.status === 'active');
const there = (p) => p.cards.filter((c) => c.status !== 'inactive');
const may_cards = (p) => ['pending_verification', 'active'].includes(p.status);


// As test.seen() tells of it.
function told(p) {
    const order = (c) => [c.slot === null ? 99 : c.slot, c.status, c.id];
    const before = (a, b) => {
        const i = a.findIndex((v, k) => v !== b[k]);

        return i < 0 ? 0 : a[i] < b[i] ? -1 : 1;
    };

    return [p.status, ...[...p.cards]
        .sort((a, b) => before(order(a), order(b)))
        .map((c) => [c.slot === null ? '-' : c.slot, c.status,
                     c.sim && (c.status === 'active' ? 'active' : 'inactive'),
                     c.code && 'code'].filter(Boolean).join(' '))].join('; ');
}

function settle(p) {
    const has = active(p).length > 0;

    if (has && p.status === 'pending_verification') {
        p.status = 'active';

    } else if (!has && p.status === 'active') {
        p.status = 'pending_verification';
    }
}

function end(c) {
    c.status = 'inactive';
    c.code = null;
}


// Who has a number by an active card: its phone and card.
function holder(number) {
    for (const p of live()) {
        for (const c of active(p)) {
            if (c.number === number) {
                return { p, c };
            }
        }
    }

    return null;
}

// The SIM with a number of the card that was removed from a phone last.
function sim_of(p, number) {
    const cards = p.cards.filter((c) => c.status === 'inactive' && c.sim
                                        && c.sim.number === number);

    return cards.length ? cards.sort((a, b) => b.id - a.id)[0].sim : null;
}

const card = (answer) => ({
    id: answer.id, slot: answer.sim_slot, status: 'pending', number: null,
    verified: false, sim: null, code: answer.verification_code,
});


// What may be done.  Each returns what was asked, the status that is expected,
// the answer, and what then is.
const STEPS_BY_NAME = {

    async register() {
        const user = one(people);
        const android = String(random(ANDROIDS)).padStart(16, 'a');
        const slots = one([[1], [2], [1, 2], [2, 1], [3]]);
        const old = live().find((p) => p.android === android);
        const full = live().filter((p) => p.user.organization
                                          === user.organization).length
                     >= (user.name === 'tim' ? TINY : Infinity);
        const mine = old && old.user === user
                     && old.status === 'pending_verification';

        const answer = await http.request(`${user.name}-phone`, 'POST', BYOS, {
            android_id: android, sim_slots: slots, device_model: 'm',
            app_version: '1',
        });

        return ['', answer, old ? mine ? 200 : 422 : full ? 403 : 201, () => {
            const p = mine ? old : { user, android, cards: [], submitted: 0,
                                     status: 'pending_verification' };

            if (!mine) {
                p.id = answer.json.id;
                world.phones.push(p);
            }

            // a card that has had a number keeps its SIM
            p.cards = p.cards.filter((c) => c.status !== 'pending' || c.sim);
            p.cards.forEach(end);
            p.cards.push(...answer.json.sim_cards.map(card));
        }];
    },

    async add(p) {
        const slot = 1 + random(5);
        const answer = await request(p, 'POST', '/sim-cards',
                                     { sim_slot: slot });

        return [slot, answer,
                !may_cards(p) ? 403
                : there(p).some((c) => c.slot === slot) ? 422 : 201, () => {
            // those that never came to anything make room
            p.cards = p.cards.filter((c) => c.status !== 'inactive' || c.sim
                                            || c.verified);
            p.cards.push(card(answer.json));
        }];
    },

    async remove(p, c) {
        const answer = await request(p, 'DELETE', `/sim-cards/${c.id}`);

        return [c.id, answer, may_cards(p) ? 204 : 403, () => {
            end(c);
            settle(p);
        }];
    },

    async again(p, c) {
        const answer = await request(p, 'POST', `/sim-cards/${c.id}/verify`);
        const taken = c.status === 'inactive' && c.slot !== null
                      && there(p).some((k) => k.slot === c.slot);

        return [c.id, answer,
                !may_cards(p) ? 403 : c.status === 'active' || taken ? 422
                : 200, () => {
            c.status = 'pending';
            c.code = answer.json.verification_code;
        }];
    },

    async move(p, c) {
        const slot = one([null, 1, 2, 3, 4, 5]);
        const answer = await request(p, 'PUT', `/sim-cards/${c.id}`,
                                     { sim_slot: slot });
        const taken = c.status !== 'inactive' && slot !== null
                      && there(p).some((k) => k !== c && k.slot === slot);

        return [`${c.id} to ${slot}`, answer,
                !may_cards(p) ? 403 : taken ? 422 : 200, () => {
            c.slot = slot;
        }];
    },

    // a number that is set by hand, of the lowest slot or of a card
    async number(p) {
        const number = one(NUMBERS);
        const slot = (k) => k.slot === null ? 99 : k.slot;
        const c = active(p).sort((a, b) => slot(a) - slot(b) || a.id - b.id)[0];
        const held = holder(number);
        const answer = await request(p, 'PUT', '', { phone_number: number });

        return [number, answer, p.status === 'revoked' ? 403
                : !c || (held && held.c !== c) ? 422 : 200, () => {
            c.verified = c.verified && c.number === number;
            c.number = number;

            if (c.status === 'active') {
                c.sim.number = number;
            }
        }];
    },

    async card_number(p, c) {
        const number = one([...NUMBERS, null]);
        const held = holder(number);
        const answer = await request(p, 'PUT', `/sim-cards/${c.id}`,
                                     { phone_number: number });

        return [`${c.id} ${number}`, answer, !may_cards(p) ? 403
                : c.status === 'active' && (!number || (held && held.c !== c))
                ? 422 : 200, () => {
            c.verified = c.verified && c.number === number;
            c.number = number;

            if (c.status === 'active') {
                c.sim.number = number;
            }
        }];
    },

    // an SMS with a code, of a pending card or one that is dead
    async prove() {
        const pending = live().flatMap((p) => p.cards.filter((c) => c.code)
                                                     .map((c) => ({ p, c })));
        const number = one(NUMBERS);

        if (pending.length === 0) {
            return null;
        }

        const { p, c } = one(pending);
        const answer = await sms(http, number,
                                 `my code ${c.code.toLowerCase()}`);
        const held = holder(number);

        return [`${c.id} of ${p.id} by ${number}`, answer, 200, () => {
            world.spent.push(c.code);
            c.code = null;

            const foreign = held && held.p.user !== p.user;

            if (p.status === 'revoked' || (foreign && held.c.verified)) {
                return;
            }

            // what was set by hand gives way; one's own SIM comes along

            const moved = held && !foreign ? held.c.sim : null;

            if (held) {
                end(held.c);
                held.c.sim = foreign ? held.c.sim : null;
                settle(held.p);
            }

            // else the SIM that had the number in this phone, or a new one

            const had = c.sim || (!moved && sim_of(p, number));
            const sim = moved || (had && had.number === number ? had
                                                               : { number });

            p.cards.filter((k) => k.sim === sim).forEach((k) => {
                k.sim = null;
            });
            c.sim = sim;

            c.status = 'active';
            c.number = number;
            c.verified = true;
            settle(p);
        }];
    },

    // one that has been used, by a number that is nobody's
    async replay() {
        if (world.spent.length === 0) {
            return null;
        }

        const code = one(world.spent);
        const number = `+1777${String(strangers++).padStart(7, '0')}`;

        return [code, await sms(http, number, code), 200, () => {}];
    },

    async disable(p) {
        const answer = await request(p, 'POST', '/disable');

        return ['', answer, p.status === 'active' ? 200 : 422, () => {
            p.status = 'disabled';
        }];
    },

    async enable(p) {
        const answer = await request(p, 'POST', '/enable');

        return ['', answer, ['active', 'disabled'].includes(p.status) ? 200
                            : 422, () => {
            p.status = 'active';
            settle(p);
        }];
    },

    async submit(p) {
        const id = uuid(++ids);
        const cards = active(p);
        const answer = await request(p, 'POST', '/sms', {
            from: '+15557654321', body: 'text', message_id: id,
        });
        const month = world.phones
            .filter((k) => k.user.organization === p.user.organization)
            .reduce((sum, k) => sum + k.submitted, 0);

        return ['', answer,
                p.status !== 'active' ? 403 : cards.length !== 1 ? 422
                : p.user.name === 'tim' && month >= MONTH ? 429 : 202, () => {
            p.submitted++;
        }];
    },

    async revoke(p) {
        await revoke(p.id);

        return ['', { status: 200 }, 200, () => {
            p.status = 'revoked';
            p.cards.forEach(end);
        }];
    },

    async remove_phone(p) {
        const answer = await request(p, 'DELETE', '');

        return ['', answer, 204, () => {
            p.cards = [];
            p.status = 'deleted';
        }];
    },
};

// how often
const WEIGHTS = { register: 8, add: 8, remove: 6, again: 8, move: 4, prove: 22,
                  number: 3, card_number: 3, replay: 3, disable: 5, enable: 7,
                  submit: 12, revoke: 1, remove_phone: 2 };

const BAG = Object.entries(WEIGHTS).flatMap(([name, n]) => Array(n).fill(name));


async function step() {
    const name = one(BAG);
    const mine = live();
    const p = mine.length ? one(mine) : null;
    const c = p && p.cards.length ? one(p.cards) : null;

    if ((STEPS_BY_NAME[name].length > 0 && !p)
        || (STEPS_BY_NAME[name].length > 1 && !c))
    {
        return null;
    }

    const done = await STEPS_BY_NAME[name](p, c);

    if (done === null) {
        return null;
    }

    const [what, answer, expected, then] = done;
    const before = p ? told(p) : '';

    if (answer.status === expected && answer.status < 300) {
        then();
    }

    return { what: `${name} ${what}, phone ${p ? p.id : '-'} (${before})`,
             status: answer.status, body: answer.body, expected };
}


// What is otherwise than it should be: [phone, what it is, what it should be].
async function differing() {
    const rows = await ask('select id, test.seen(id) from devices'
                           + ' where id > 1000 order by id');
    const got = Object.fromEntries(rows.split('\n').filter(Boolean)
                                       .map((row) => row.split('|')));

    return [...world.phones.filter((p) => got[p.id] !== told(p))
                           .map((p) => `${p.id} is ${got[p.id]}, and not`
                                       + ` ${told(p)}`),
            ...Object.keys(got).filter((id) => !world.phones
                           .some((p) => p.id === Number(id)))
                           .map((id) => `${id} is not known`)];
}


async function walk() {
    const done = {};
    const log = [];

    for (let i = 0; i < STEPS; i++) {
        const got = await step();

        if (got === null) {
            continue;
        }

        const name = got.what.split(' ')[0];
        const key = `${name} ${got.status}`;

        done[key] = (done[key] || 0) + 1;
        log.push(`${got.what}: ${got.status}`);

        const faults = [...await differing(),
                        ...(await ask('select * from test.unsound()'))
                            .split('\n').filter(Boolean)];

        if (got.status !== got.expected) {
            faults.unshift(`${got.status} ${got.body}, and not`
                           + ` ${got.expected}`);
        }

        if (faults.length !== 0) {
            ok(false, `step ${i} of ${STEPS}, SEED=${SEED}`,
               [...faults, ...log.slice(-8)].join('\n'));
            return done;
        }
    }

    ok(true, `${log.length} requests are answered as the model says`);

    return done;
}


// Many requests at once for the same few phones, numbers and codes: whatever
// comes first, each is answered, and what may never be is not.
async function storm(nginx) {
    const clients = (await each(nginx, 4)).flat();
    const status = {};
    const codes = [];

    const call = async (client, user, method, path, body = null) => {
        const got = await client.request(`${user}-phone`, method,
                                         `${BYOS}${path}`, body);

        status[got.status] = (status[got.status] || 0) + 1;

        if (got.status < 300 && got.body) {
            const { verification_code: code, sim_cards: cards }
                = JSON.parse(got.body);

            codes.push(code, ...(cards || []).map((c) => c.verification_code));
        }

        return got;
    };

    const phones = [];

    for (const user of ['ann', 'ann', 'bob', 'bob']) {
        const { json } = await call(clients[0], user, 'POST', '', {
            android_id: `b${String(phones.length).padStart(15, '0')}`,
            sim_slots: [1, 2], device_model: 'm', app_version: '1',
        });

        phones.push({ user, id: json.id });
    }

    await Promise.all(clients.map(async (client) => {
        for (let i = 0; i < STORM / clients.length; i++) {
            const { user, id } = one(phones);
            const cards = (await ask(`select id from sim_cards
                                       where device_id = ${id}`)).split('\n');
            const path = `/${id}/sim-cards/${one(cards) || 1}`;
            const slot = 1 + random(4);

            switch (random(9)) {

            case 0:
                await call(client, user, 'POST', `/${id}/sim-cards`,
                           { sim_slot: slot });
                break;

            case 1:
                await call(client, user, 'DELETE', path);
                break;

            case 2:
                await call(client, user, 'POST', `${path}/verify`);
                break;

            case 3:
                await call(client, user, 'PUT', path,
                           { sim_slot: slot, phone_number: one(NUMBERS) });
                break;

            case 4:
                await call(client, user, 'POST',
                           `/${id}/${one(['disable', 'enable', 'enable'])}`);
                break;

            case 5:
                await call(client, user, 'POST', `/${id}/sms`, {
                    from: '+15557654321', body: 'text', message_id: uuid(++ids),
                    sim_slot: 1 + random(2),
                });
                break;

            case 6:
                await call(client, user, 'PUT', `/${id}`,
                           { phone_number: one(NUMBERS) });
                break;

            default: {
                const got = await sms(client, one(NUMBERS),
                                      one(codes.slice(-8)) || 'none');

                status[got.status] = (status[got.status] || 0) + 1;
            }
            }
        }
    }));

    console.log(`# at once: ${Object.entries(status).map((e) => e.join(': '))
                                    .join(', ')}`);

    is(Object.keys(status).filter((code) => code >= 500), [],
       `${STORM} requests at once are answered`);
    is(await ask('select * from test.unsound()'), '', 'and all is sound');

    clients.forEach((client) => client.close());
}


main(async () => {
    const nginx = await Nginx.start('walk');

    http = new Http(nginx.port);
    await ask('select 1');
    await t.db.sql(`delete from sim_cards;
                    delete from devices;
                    update hosted_sims set status = 'inactive';
                    update plans set max_devices = ${TINY},
                                     monthly_messages = ${MONTH} where id = 2;
                    update plans set max_devices = 1000 where id = 1`);

    is(await ask('select * from test.unsound()'), '',
       'what is there at first is sound');

    const done = await walk();

    console.log(`# ${Object.entries(done).sort().map((e) => e.join(': '))
                           .join(', ')}`);

    is(Object.keys(WEIGHTS).filter((name) =>
           !Object.keys(done).some((key) => key.startsWith(`${name} 2`))), [],
       'each of them was done');

    await storm(nginx);

    http.close();
    nginx.sound('the walk');
    await nginx.stop();
});
