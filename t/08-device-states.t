#!/usr/bin/env node

// Every route of phones, for a phone in every state, with cards in every state:
// what it answers, what it leaves, and that it leaves everything where it
// refuses; the same for phones and cards of others, and for other credentials.
// docs/devices.md says of each action what device_may() does.

'use strict';

const fs = require('fs');
const path = require('path');
const { is, ok, root } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, uuid } = require('./lib/nginx.js');
const { BYOS, ask, card, changed, differing, digests, look, member, phone,
        revoke, ways }
    = require('./lib/phones.js');

const STATES = ['pending_verification', 'active', 'disabled', 'revoked',
                'deleted'];

// of a phone in each of the states
const CARDS = {
    pending_verification: [['pending', 'inactive']],
    active: [['active', 'pending', 'inactive'], ['active']],
    disabled: [['active', 'pending', 'inactive'], ['pending']],
    revoked: [['active', 'pending', 'inactive']],
    deleted: [['active', 'pending', 'inactive']],
};

const FORBIDDEN = 'This action is unauthorized.';
const SCOPE = 'Invalid scope(s) provided.';

let http;
let ids = 1000;


// What a phone is known to be: a line of test.seen().
function told({ status, cards }) {
    const order = (c) => `${c.slot === null ? 99 : c.slot + 10} ${c.status}`;

    return [status, ...[...cards].sort((a, b) => order(a) < order(b) ? -1 : 1)
        .map((c) => [c.slot === null ? '-' : c.slot, c.status, c.sim,
                     c.code && 'code', c.locked && 'locked']
                    .filter(Boolean).join(' '))]
        .join('; ');
}

function pending(slot) {
    return { slot, status: 'pending', code: true };
}

// A phone that was made by phone().
function known(status, cards) {
    return {
        status,
        cards: cards.map((state, i) => state === 'pending' ? pending(i + 1)
            : { slot: i + 1, status: state, sim: state,
                locked: state === 'active' }),
    };
}


// How states follow from cards.
function settle(p) {
    const has = p.cards.some((c) => c.status === 'active');

    if (has ? p.status === 'pending_verification' : p.status === 'active') {
        p.status = has ? 'active' : 'pending_verification';
    }
}

function remove(p, c) {
    p.cards[c].status = 'inactive';
    p.cards[c].code = p.cards[c].locked = false;

    if (p.cards[c].sim) {
        p.cards[c].sim = 'inactive';
    }

    settle(p);
}

function again(p, c) {
    p.cards[c] = { ...p.cards[c], status: 'pending', code: true };
}

// its cards are gone
function clear(p) {
    p.status = 'deleted';
    p.cards = [];
}


const registration = (id) => ({
    android_id: String(id).padStart(16, '0'), sim_slots: [7, 8],
    device_model: 'Pixel 9', app_version: '2',
});

const sms = () => ({ from: '+15557654321', body: 'text',
                     message_id: uuid(++ids) });

const READ = { reads: true };

const DEVICE = '/api/byos/devices/{device:id}';

// What each route answers in each state, in the order of STATES; for a card an
// answer for each of its states, where they differ.  "after" is what becomes of
// the phone where it is taken.
const WALK = {
    'GET /api/byos/devices': { ...READ, answers: [200, 200, 200, 200, 200] },

    'POST /api/byos/devices': {
        body: registration, answers: [200, 422, 422, 422, 201],
        after: (p) => {
            if (p.status !== 'deleted') {
                p.cards = [...p.cards.filter((c) => c.status !== 'pending'),
                           pending(7), pending(8)];
            }
        },
    },

    [`GET ${DEVICE}`]: {
        ...READ, action: 'show', answers: [200, 200, 200, 200, 404],
    },

    [`PUT ${DEVICE}`]: {
        action: 'update', body: () => ({ device_name: 'other' }),
        answers: [200, 200, 200, 403, 404],
    },

    [`DELETE ${DEVICE}`]: {
        action: 'delete', answers: [204, 204, 204, 204, 404], after: clear,
    },

    [`POST ${DEVICE}/disable`]: {
        action: 'disable', answers: [422, 200, 422, 422, 404],
        after: (p) => { p.status = 'disabled'; },
    },

    [`POST ${DEVICE}/enable`]: {
        action: 'enable', answers: [422, 200, 200, 422, 404],
        after: (p) => { p.status = 'active'; settle(p); },
    },

    [`GET ${DEVICE}/config`]: {
        ...READ, action: 'config', answers: [200, 200, 200, 403, 404],
    },

    [`POST ${DEVICE}/heartbeat`]: {
        action: 'heartbeat', body: () => ({ battery_level: 50 }),
        answers: [200, 200, 200, 403, 404],
    },

    [`POST ${DEVICE}/sms`]: {
        action: 'submit', body: () => ({ ...sms(), sim_slot: 1 }),
        answers: [403, 202, 403, 403, 404],
    },

    [`POST ${DEVICE}/sim-cards`]: {
        action: 'cards', body: () => ({ sim_slot: 9 }),
        answers: [201, 201, 403, 403, 404],
        after: (p) => { p.cards.push(pending(9)); },
    },

    [`PUT ${DEVICE}/sim-cards/{simCard:id}`]: {
        action: 'cards', body: () => ({ sim_slot: 9 }),
        answers: [200, 200, 403, 403, 404],
        after: (p, c) => { p.cards[c].slot = 9; },
    },

    [`DELETE ${DEVICE}/sim-cards/{simCard:id}`]: {
        action: 'cards', answers: [204, 204, 403, 403, 404], after: remove,
    },

    [`POST ${DEVICE}/sim-cards/{simCard:id}/verify`]: {
        action: 'cards',
        answers: [200, { pending: 200, active: 422, inactive: 200 }, 403, 403,
                  404],
        after: again,
    },

    [`GET ${DEVICE}/outbox`]: {
        action: 'outbox', answers: [403, 200, 403, 403, 404],
    },

    [`POST ${DEVICE}/outbox/{message:id}`]: {
        action: 'report', body: () => ({ status: 'sent' }),
        answers: [200, 200, 200, 403, 404],
    },
};

const ALIASES = [[/^PATCH/, 'PUT'], [/\/messages$/, '/sms'],
                 [/\/sims(?=$|\/)/, '/sim-cards'], [/\/reverify$/, '/verify']];

// Its name, whichever it is called by.
const plain = (name) => ALIASES.reduce((text, [from, to]) =>
    text.replace(from, to), name);


// A path of a route, for a phone, its card or message.
function target(way, id, more) {
    return way.path.replace('{device:id}', id)
                   .replace(/\{(simCard|message):id\}/, more);
}

const of_card = (way) => way.path.includes('{simCard');
const of_message = (way) => way.path.includes('{message');

function call(way, who, id, more, body = WALK[plain(way.name)].body) {
    const text = typeof body === 'function' ? body(id) : body;

    return http.request(who, way.method, target(way, id, more), text || null);
}


// A phone that a route is called for.
async function prepare(state, cards) {
    const { id, message } = await phone(state, cards);

    if (state === 'deleted') {
        const { status } = await http.request('ann-phone', 'DELETE',
                                              `/api/byos/devices/${id}`);

        if (status !== 204) {
            throw new Error(`a phone is not deleted: ${status}`);
        }
    }

    return { id, message };
}


// undefined, or what is wrong with a route in a state, for one of the cards
async function walk(way, state, cards, c) {
    const row = WALK[plain(way.name)];
    const { id, message } = await prepare(state, cards);
    const model = known(state, cards);

    if (state === 'deleted') {
        clear(model);
    }

    const [any, of] = [row.answers[STATES.indexOf(state)], cards[c]];
    const answer = typeof any === 'object' ? any[of] : any;
    const more = of_message(way) ? message : card(id, c + 1);
    const faults = [];
    const before = await look(id);

    const what = `${state} (${cards}), card ${c + 1}`;
    const fault = (text) => faults.push(`${what}: ${text}`);

    // whoever may not is told so, whatever the body is

    if (answer !== 422 && answer >= 400 && row.body && way.path !== BYOS) {
        const { status } = await call(way, 'ann-phone', id, more,
            '{"sim_slot":"x","from":1,"status":7,"device_name":2,'
            + '"battery_level":"y"}');

        if (status !== answer) {
            fault(`${status}, and not ${answer}, for faults in the body`);
        }
    }

    const { status, body } = await call(way, 'ann-phone', id, more);

    if (status !== answer) {
        fault(`${status} ${body}, and not ${answer}`);
    }

    if (answer === 403 && member(body, 'message') !== FORBIDDEN) {
        fault(body);
    }

    const now = await look(id);

    if (answer >= 400 || row.reads) {
        const tables = differing(before.digests, now.digests);

        if (tables.length !== 0) {
            fault(`${answer}, and other ${tables}`);
        }

    } else if (row.after) {
        row.after(model, c);
    }

    if (now.seen !== told(model)) {
        fault(`then ${now.seen}, and not ${told(model)}`);
    }

    if (model.status === 'deleted' && now.sims !== 0) {
        fault(`${now.sims} SIMs are left`);
    }

    return faults;
}


async function states(way) {
    const faults = [];

    for (const state of STATES) {
        for (const cards of way.alias ? CARDS[state].slice(0, 1)
                                      : CARDS[state])
        {
            for (let c = 0; c < (of_card(way) ? cards.length : 1); c++) {
                faults.push(...await walk(way, state, cards, c));
            }
        }
    }

    ok(faults.length === 0, `${way.name}: a phone in each state`,
       faults.join('\n'));
}


// What is not the caller's is not there, and other credentials do nothing.
async function strangers(way, own, twin, left, bob) {
    const row = WALK[plain(way.name)];
    const of = (p) => of_message(way) ? p.message : card(p.id, 1);
    const none = /^The route |^No query results for model /;
    const faults = [];
    const before = await digests();

    const expect = async (what, answer, text, who, id, more) => {
        const { status, body } = await call(way, who, id, more);

        if (status !== answer
            || !(text instanceof RegExp ? text.test(member(body, 'message'))
                                        : text === member(body, 'message')))
        {
            faults.push(`${what}: ${status} ${body}`);
        }
    };

    const model = (name, id) =>
        `No query results for model [App\\Models\\${name}] ${id}`;
    const list = [];

    for (const [who, answer, text] of [[null, 401, 'Unauthenticated.'],
                                       ['revoked', 401, 'Unauthenticated.'],
                                       ['expired-phone', 401,
                                        'Unauthenticated.'],
                                       ['zed-phone', 401, 'Unauthenticated.'],
                                       ['ann', 403, FORBIDDEN],
                                       ['ann-session', 401,
                                        'Unauthenticated.'],
                                       ['key', 403, FORBIDDEN],
                                       ['key-none', 403, FORBIDDEN],
                                       ['ann-scoped', 403, SCOPE]])
    {
        list.push(expect(who, answer, text, who, own.id, of(own)));
    }

    if (way.path !== BYOS) {
        for (const who of ['ada-phone', 'max-phone', 'dua-phone', 'bob-phone',
                           'eve-phone'])
        {
            list.push(expect(who, 404, model('ByosDevice', own.id), who, own.id,
                             of(own)));
        }

        list.push(expect('an organization that was left', 404,
                         model('ByosDevice', left.id), 'ann-phone', left.id,
                         of(left)));

        for (const id of ['0', '-1', 'abc', '999999999', '9223372036854775808',
                          `${own.id}x`])
        {
            list.push(expect(`phone ${id}`, 404, none, 'ann-phone', id,
                             of(own)));
        }
    }

    if (of_card(way)) {
        for (const id of [of(twin), of(bob), of(left), 999999999]) {
            list.push(expect(`card ${id}`, 404, model('SimCard', id),
                             'ann-phone', own.id, id));
        }

        list.push(expect('card 1x', 404, none, 'ann-phone', own.id, '1x'));
    }

    if (of_message(way)) {
        for (const id of [of(twin), of(bob), of(left), 999999999]) {
            list.push(expect(`message ${id}`, 404, none, 'ann-phone', own.id,
                             id));
        }
    }

    await Promise.all(list);
    faults.push(...await changed(before));

    ok(faults.length === 0, `${way.name}: nothing for others`,
       faults.join('\n'));
}


// Register and list know nothing of what is not the caller's.
async function apart(own, left) {
    for (const who of ['ada-phone', 'bob-phone']) {
        const { status, body } = await http.request(who, 'POST', BYOS,
                                                    registration(own.id));

        is([status, member(body, 'message')],
           [422, 'The android id has already been taken.'],
           `${who} cannot register a phone of Ann's`);
    }

    for (const [who, id] of [['ada-phone', own.id], ['bob-phone', own.id],
                             ['ann-phone', left.id]])
    {
        const { json } = await http.request(who, 'GET',
                                            `${BYOS}?per_page=100`);

        ok(!json.data.some((d) => d.id === id), `nor list it: ${who}`);
    }
}


// A phone that submitted what it submits again is believed, in every state.
async function duplicates() {
    const got = [];

    for (const state of STATES.slice(0, 4)) {
        const { id } = await phone(state, CARDS[state][0]);
        const body = sms();

        await ask(`insert into device_submits
                   values (${id}, '${body.message_id}')`);

        const before = await digests();
        const { status } = await http.request('ann-phone', 'POST',
                                              `${BYOS}/${id}/sms`, body);

        got.push(status, ...await changed(before));
    }

    is(got, [200, 200, 200, 200], 'what was submitted before is 200');
}


// What the ends of a phone's use bring about, of an online phone with a card,
// which is locked, and an SMS to send.
async function ends() {
    const off = '; 1 inactive inactive';

    for (const [what, how, events, state, then] of [
        ['removing its card', ['DELETE', '/sim-cards/{card}'],
         'number.unlocked', 'queued', `pending_verification${off}`],
        ['disabling', ['POST', '/disable'], '', 'queued',
         'disabled; 1 active active locked'],
        ['deleting', ['DELETE', ''],
         'message.delivery number.released number.unlocked', 'ended',
         'deleted'],
        ['revoking', null,
         'device.offline message.delivery number.unlocked', 'ended',
         `revoked${off}`],
    ]) {
        const { id } = await prepare('active', ['active']);

        await t.db.sql('delete from events');

        if (how) {
            await http.request('ann-phone', how[0], `${BYOS}/${id}`
                               + how[1].replace('{card}', card(id, 1)));

        } else {
            await revoke(id);
        }

        is((await ask(`select (select string_agg(type, ' ' order by type)
                                 from events),
                              (select state from sends
                                where device_id = ${id}),
                              test.seen(${id})`)).split('|'),
           [events, state, then], `${what}: what comes with it`);
    }
}


// The table of docs/devices.md and device_may(), and WALK.
async function document() {
    const text = fs.readFileSync(path.join(root, 'docs/devices.md'), 'utf8');
    const section = /\n## What a phone may do\n(.*?)\n## /s.exec(text)[1];
    const cells = section.split('\n').filter((line) => line.startsWith('|'))
        .map((line) => line.split('|').slice(1, -1).map((c) => c.trim()));
    const columns = cells[0].slice(2).map((c) => c.replace(/\W/g, ''));
    const asked = [];
    const said = [];

    is(columns, STATES.slice(0, 4), 'the document has a column for each state');

    for (const [, action, ...may] of cells.slice(2)) {
        const name = action.replace(/\W/g, '');

        for (const [i, state] of columns.entries()) {
            said.push(`${name} ${state} ${may[i].startsWith('2') ? 't' : 'f'}`);
            asked.push(`('${state}', '${name}')`);
        }
    }

    const rows = await ask(`select action || ' ' || status || ' '
                                   || device_may(status, action)::char
                              from (values ${asked}) v(status, action)`);

    is(said, rows.split('\n'), 'and says what device_may() does');

    const routes = {};

    for (const [name, action, ...may] of cells.slice(2)) {
        for (const route of name.matchAll(/`([A-Z]+) ?([^`]*)`/g)) {
            routes[`${route[1]} ${DEVICE}${route[2]}`]
                = [action, may.map(Number)];
        }
    }

    const walked = Object.entries(WALK).filter(([, row]) => row.action)
        .map(([name, row]) =>
            [name.replace(/\{(simCard|message):id\}/, '{$1}'),
             ['`' + row.action + '`',
              row.answers.slice(0, 4).map((a) => a.pending || a)]]);

    is(Object.entries(routes).sort(), walked.sort(),
       'and answers what each route answers');

    const goes = await ask(`select string_agg(a || ' ' || b, ',' order by a, b)
                              from unnest('{${STATES.slice(0, 4)}}'::text[]) a,
                                   unnest('{${STATES.slice(0, 4)}}'::text[]) b
                             where a <> b and test.goes(a, b)`);
    const ways_on = [...text.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)]
        .filter((m) => m.slice(1).every((s) => STATES.slice(0, 4).includes(s)))
        .map((m) => `${m[1]} ${m[2]}`);

    is(goes.split(','), [...new Set(ways_on)].sort(),
       'and the ways from state to state that there are');
}


main(async () => {
    const nginx = await Nginx.start('states', {
        http: 'simrelay_database_connections reads=2 writes=2;',
    });

    http = new Http(nginx.port);
    await ask('select 1');

    await document();

    const all = ways().map((way) =>
        ({ ...way, alias: plain(way.name) !== way.name }));
    const names = all.map((way) => plain(way.name));

    is(names.filter((name) => !WALK[name]), [],
       'what each route does is expected here');
    is(Object.keys(WALK).filter((name) => !names.includes(name)), [],
       'and each of these is a route');

    for (const way of all) {
        await states(way);
    }

    await duplicates();
    await ends();

    await t.db.sql('select test.reset()');

    const own = await prepare('active', ['active', 'inactive']);
    const twin = await prepare('active', ['active']);
    const left = await phone('active', ['active'], 1, 2);
    const bob = await phone('active', ['active'], 5, 2);

    for (const way of all) {
        await strangers(way, own, twin, left, bob);
    }

    await apart(own, left);

    http.close();
    nginx.sound('the walk');
    await nginx.stop();
});
