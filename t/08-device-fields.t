#!/usr/bin/env node

// Bad input for each field of the routes of phones, by the contract's texts,
// all failing fields in one answer, and nothing stored; what is exactly at a
// limit is taken.  Also bodies that are no JSON or too large, and methods that
// a path does not have.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, uuid } = require('./lib/nginx.js');
const { BYOS, ask, card, changed, digests, member, phone, ways }
    = require('./lib/phones.js');

// two bytes, three, and two of UTF-16: one character each
const long = (n) => 'é€📱'.repeat(Math.ceil(n / 3));
const characters = (n) => JSON.stringify([...long(n)].slice(0, n).join(''));

const MUST = {
    string: 'must be a string', integer: 'must be an integer',
    array: 'must be an array', bool: 'must be true or false',
    uuid: 'must be a valid UUID', date: 'must be a valid date',
    required: 'is required', format: 'format is invalid',
    twice: 'has a duplicate value',
};

const NUL = '"a\\u0000b"';
const LONE = '"a\\ud800b"';

const all = (what, ...values) => values.map((value) => [value, what]);
const of = (types, ...which) => which.flatMap((name) => types[name]);

// values that are of none but one of the types
const TYPES = {
    text: ['"x"', '"é"'], number: ['7', '-7', '0'], real: ['1.5', '-0.5e-3'],
    huge: ['99999999999999999999', '-9223372036854775809', '1e400'],
    bool: ['true', 'false'], object: ['{"a":1}', '{"a":{"b":[]}}'],
    array: ['["x"]', '[[1]]'], none: ['{}'], empty: ['[]'],
};

// Faults by type: what stands in the body, and what is told of it; a third is
// the path of the item that is told of, "" for all of them.
const FAULTS = {
    text: ({ max, replace }) => [
        ...all('string', ...of(TYPES, 'number', 'real', 'huge', 'bool',
                               'object', 'array', 'none', 'empty')),
        ...(replace ? [] : all('format', NUL, LONE)),
        [characters(max + 1), `must not be greater than ${max} characters`],
        [`"${'a'.repeat(max + 1)}"`,
         `must not be greater than ${max} characters`],
    ],

    hex: () => [
        ...all('string', ...of(TYPES, 'number', 'real', 'huge', 'bool',
                               'object', 'array', 'none', 'empty')),
        ...all('format', NUL, LONE, '"0011223344556677 "', '"001122334455667"',
               '"00112233445566778"', '"001122334455667g"',
               '"0x11223344556677"',
               '"００１１２２３３"'),
    ],

    number: () => [
        ...all('string', ...of(TYPES, 'number', 'real', 'huge', 'bool',
                               'object', 'array', 'none', 'empty')),
        ...all('format', NUL, LONE, '"15557770001"', '"+05557770001"',
               '"+123456"', '"+1234567890123456"', '"+1 555 777 0001"',
               '"+1555777000a"', '"tel:+15557770001"'),
    ],

    int: ({ min, max }) => [
        ...all('integer', ...of(TYPES, 'text', 'real', 'huge', 'bool',
                                'object', 'array', 'none', 'empty'),
               '1e1', '"1 "', '"0x1"', '"1.0"', '"01"', '1.0'),
        ...all(`must be between ${min} and ${max}`, min - 1, max + 1, -1,
               2147483648, 4294967297, '9223372036854775807',
               '"-9223372036854775808"'),
    ],

    bool: () => all('bool', ...of(TYPES, 'text', 'real', 'huge', 'object',
                                  'array', 'none', 'empty'),
                    '7', '-1', '"true"', '"yes"', '2'),

    uuid: () => all('uuid', ...of(TYPES, 'text', 'number', 'real', 'huge',
                                  'bool', 'object', 'array', 'none', 'empty'),
                    '"00000000-0000-4000-8000-00000000000"',
                    '"00000000-0000-4000-8000-0000000000011"',
                    '"00000000-0000-4000-8000-00000000000g"',
                    '"00000000000040008000000000000001xxxx"', NUL, LONE),

    time: () => all('date', ...of(TYPES, 'text', 'number', 'real', 'huge',
                                  'bool', 'object', 'array', 'none', 'empty'),
                    '"2026-02-30T00:00:00Z"', '"2026-1-1"',
                    '"2026-01-01T25:00:00Z"', '"2026-01-01T00:00:00"',
                    '"1767225600"', NUL, LONE),

    choice: () => all('selected', ...of(TYPES, 'text', 'number', 'real', 'huge',
                                        'bool', 'object', 'array', 'none',
                                        'empty'),
                      '"Sent"', '"sent "', '"queued"', NUL, LONE),

    slots: () => [
        ...all('array', ...of(TYPES, 'text', 'number', 'real', 'huge', 'bool',
                              'object', 'none')),
        ...all('must not have more than 2 items', '[1,2,3]'),
        ...all('must be between 1 and 10', '[0]', '[11]', '[-1]',
               '[2147483648]').map((f) => [...f, '0']),
        ...all('integer', '["x"]', '[1.5]', '[true]', '[{}]', '[[]]', '[[1]]',
               '[1e400]', '[99999999999999999999]').map((f) => [...f, '0']),
        ...all('integer', '[1,"y"]', '[1,false]').map((f) => [...f, '1']),
        ...all('twice', '[1,1]', '["2",2]').map((f) => [...f, '0', '1']),
    ],

    signals: () => [
        ...all('array', ...of(TYPES, 'text', 'number', 'real', 'huge', 'bool',
                              'object')),
        ...all('must not have more than 10 items',
               `[${Array(11).fill('{}')}]`),
        ...all('array', '[7]', '["x"]', '[true]', '[[7]]')
               .map((f) => [...f, '0']),
        ...all('must be between 0 and 100', '[{"signal_strength":101}]',
               '[{"signal_strength":-1}]')
               .map((f) => [...f, '0.signal_strength']),
        ...all('integer', '[{},{"signal_strength":"x"}]',
               '[{},{"signal_strength":1.5}]')
               .map((f) => [...f, '1.signal_strength']),
        ...all('string', '[{"phone_number":7}]', '[{"phone_number":{}}]')
               .map((f) => [...f, '0.phone_number']),
        ...all('must not be greater than 20 characters',
               `[{"phone_number":${characters(21)}}]`)
               .map((f) => [...f, '0.phone_number']),
        ...all('format', `[{"phone_number":${NUL}}]`,
               `[{"phone_number":${LONE}}]`)
               .map((f) => [...f, '0.phone_number']),
    ],
};

const text = (max, more = {}) => ({ type: 'text', max, ...more });
const int = (min, max, more = {}) => ({ type: 'int', min, max, ...more });
const required = { required: true };

const DEVICE = '/api/byos/devices/{device:id}';

// The fields of each route that takes any, and a body that is taken.
const ROUTES = {
    'POST /api/byos/devices': {
        fields: {
            android_id: { type: 'hex', ...required },
            sim_slots: { type: 'slots', ...required },
            device_model: text(100, required),
            app_version: text(50, required),
            device_name: text(255),
        },
        good: () => ({ android_id: '"00aAbBcCdDeEfF99"', sim_slots: '[1,10]',
                       device_model: '"m"', app_version: '"1"' }),
    },

    [`PUT ${DEVICE}`]: {
        fields: { device_name: text(255), phone_number: { type: 'number' },
                  app_version: text(50) },
        good: () => ({}),
    },

    [`POST ${DEVICE}/heartbeat`]: {
        fields: { battery_level: int(0, 100), signal_strength: int(0, 100),
                  is_in_doze_mode: { type: 'bool' },
                  sim_cards: { type: 'signals' } },
        good: () => ({}),
    },

    [`POST ${DEVICE}/sms`]: {
        large: true,
        fields: {
            from: text(20, { ...required, replace: true }),
            body: text(1600, { ...required, replace: true }),
            message_id: { type: 'uuid', ...required },
            received_at: { type: 'time' },
            sim_slot: int(1, 2, { needed: true }),
        },
        good: () => ({ from: '"a"', body: '"b"',
                       message_id: `"${uuid(++ids)}"`, sim_slot: '1' }),
    },

    [`POST ${DEVICE}/sim-cards`]: {
        fields: { sim_slot: int(1, 10, required) },
        cards: [],
        good: () => ({ sim_slot: '5' }),
    },

    [`PUT ${DEVICE}/sim-cards/{simCard:id}`]: {
        cards: ['pending'],
        fields: { phone_number: { type: 'number' }, sim_slot: int(1, 10) },
        good: () => ({}),
    },

    [`POST ${DEVICE}/outbox/{message:id}`]: {
        fields: { status: { type: 'choice', ...required }, error: text(255) },
        good: () => ({ status: '"failed"' }),
    },
};

const ALIASES = [[/^PATCH/, 'PUT'], [/\/messages$/, '/sms'],
                 [/\/sims(?=$|\/)/, '/sim-cards']];

const plain = (name) => ALIASES.reduce((s, [from, to]) => s.replace(from, to),
                                       name);

let http;
let ids = 5000;
let made;


function target(way) {
    return way.path.replace('{device:id}', made.id)
                   .replace('{simCard:id}', card(made.id, 1))
                   .replace('{message:id}', made.message);
}

const json = (members) => `{${Object.entries(members)
    .map(([name, value]) => `"${name}":${value}`)}}`;

function call(way, body) {
    return http.request('ann-phone', way.method, target(way), body);
}


// The sentence of a fault.
function sentence(path, what) {
    const attribute = path.includes('.') ? path : path.replaceAll('_', ' ');

    return what === 'selected'
           ? `The selected ${attribute} is invalid.`
           : `The ${attribute} field ${MUST[what] || what}.`;
}

// What a value of a field is told of: [[path, sentence], ...]
function errors(name, [, what, ...items]) {
    const paths = items.length === 0 ? [name]
                                     : items.map((item) => `${name}.${item}`);

    return paths.map((path) => [path, sentence(path, what)]);
}

function faults(field) {
    return [...FAULTS[field.type](field),
            ...(field.required
                ? all('required', 'null', '""',
                      ...(field.type === 'slots' ? ['[]'] : [])) : [])];
}


// undefined, or what is wrong with an answer
function wrong(expected, { status, body }) {
    const told = `${status} ${body}`;
    const want = Object.fromEntries(expected.map(([path, s]) => [path, [s]]));
    const more = expected.length - 1;
    const message = expected[0][1]
        + (more ? ` (and ${more} more error${more > 1 ? 's' : ''})` : '');

    if (status !== 422) {
        return told;
    }

    const got = JSON.parse(body);

    return got.message === message
           && JSON.stringify(got.errors) === JSON.stringify(want)
           ? undefined : `${told}, and not ${JSON.stringify(want)}`;
}


// Each fault of each field alone, then faults of all of them.
async function refused(way, { fields, good }) {
    const found = [];
    const calls = [];
    const before = await digests();

    const expect = (body, expected) => calls.push(
        call(way, body).then((answer) => {
            const fault = wrong(expected, answer);

            if (fault) {
                found.push(`${body.slice(0, 120)}: ${fault}`);
            }
        }));

    const names = Object.keys(fields);
    const list = names.map((name) => faults(fields[name]));

    for (const [i, name] of names.entries()) {
        for (const fault of list[i]) {
            expect(json({ ...good(), [name]: fault[0] }), errors(name, fault));
        }

        if (fields[name].required) {
            const { [name]: _, ...rest } = good();

            expect(json(rest), [[name, sentence(name, 'required')]]);
        }
    }

    for (let k = 0; k < Math.max(...list.map((l) => l.length)); k++) {
        const one = list.map((l, i) => l[(k * (i + 1)) % l.length]);

        expect(json(Object.fromEntries(names.map((n, i) => [n, one[i][0]]))),
               one.flatMap((fault, i) => errors(names[i], fault)));
    }

    if (names.some((name) => fields[name].required)) {
        for (const body of ['', '{}', '{"unknown":1}']) {
            expect(body, names.filter((name) => fields[name].required)
                .map((name) => [name, sentence(name, 'required')]));
        }
    }

    await Promise.all(calls);
    found.push(...(await changed(before)).map((name) => `other ${name}`));

    ok(found.length === 0, `${way.name}: ${calls.length} bad bodies`,
       found.slice(0, 12).join('\n'));
}


// Bodies that are none.
async function broken(way, { large }) {
    const limit = large ? 65536 : 16384;
    const before = await digests();
    const got = [];

    for (const [body, status, message] of [
        ['{"a":', 400, 'Malformed JSON at byte 5.'],
        ['{"a":1}}', 400, 'Malformed JSON at byte 7.'],
        ['{"a":1,}', 400, 'Malformed JSON at byte 7.'],
        ["{'a':1}", 400, 'Malformed JSON at byte 1.'],
        ['[]', 400, 'Malformed JSON at byte 0.'],
        ['"a"', 400, 'Malformed JSON at byte 0.'],
        ['null', 400, 'Malformed JSON at byte 0.'],
        [`{"a":${'['.repeat(9)}${']'.repeat(9)}}`, 400,
         'Malformed JSON at byte 12.'],
        [`{"a":"${'x'.repeat(limit - 7)}"}`, 413, undefined],
    ]) {
        const answer = await call(way, body);

        if (answer.status !== status
            || (message && member(answer.body, 'message') !== message)
            || typeof member(answer.body, 'message') !== 'string')
        {
            got.push(`${body.slice(0, 30)}: ${answer.status} ${answer.body}`);
        }
    }

    is([...got, ...await changed(before)], [],
       `${way.name}: bodies that are no JSON, or too large`);
}


// What is exactly at a limit, or null where it need not be there, is taken.
async function taken(way, { fields, good, cards }) {
    const found = [];

    for (const [name, field] of Object.entries(fields)) {
        const fine = {
            text: () => ['"x"', characters(field.max)],
            int: () => [field.min, field.max, `"${field.max}"`],
            bool: () => ['true', 'false', '0', '"1"'],
            time: () => ['"2026-01-01T00:00:00.123+14:00"'],
            slots: () => ['[10]', '[10,1]', '["2"]'],
            signals: () => ['[]', `[${Array(10).fill('{}')}]`,
                            '[{"phone_number":null,"signal_strength":null}]'],
            number: () => ['"+1234567"', '"+123456789012345"'],
            hex: () => ['"ABCDEFABCDEFABCD"'],
            uuid: () => [`"${uuid(++ids).toUpperCase()}"`],
            choice: () => ['"sent"', '"delivered"', '"failed"'],
        }[field.type]();

        if (!field.required && !field.needed) {
            fine.push('null');
        }

        for (const value of fine) {
            await phones(cards);

            const body = json({ ...good(), [name]: value });
            const answer = await call(way, body);

            if (answer.status >= 300) {
                found.push(`${body.slice(0, 120)}: ${answer.status}`
                           + ` ${answer.body}`);
            }

            await ask(`update devices set deleted_at = now()
                        where android_id ~ '^(00aa|abcd)'`);
        }
    }

    ok(found.length === 0, `${way.name}: what is just good enough`,
       found.join('\n'));
}


// The phone that is called for, anew; no other has a number then.
async function phones(cards = ['active', 'active']) {
    await ask("update sim_cards set status = 'inactive'"
              + " where status <> 'inactive'");

    made = await phone('active', cards);
}


async function queries() {
    const bad = {
        status: all('selected', 'x', 'Active', '1', '', 'deleted', 'pending',
                    'active%00', 'active%20'),
        per_page: [...all('integer', 'x', '1.5', '1e1', '%00'),
                   ...all('must be between 1 and 100', '0', '101', '-1',
                          '9223372036854775807')],
    };
    const found = [];

    for (const [name, list] of Object.entries(bad)) {
        for (const fault of list) {
            const got = await http.request('ann-phone', 'GET',
                                           `${BYOS}?${name}=${fault[0]}`);
            const text = fault[0] === '' ? got.status !== 200
                                           && `${got.status} ${got.body}`
                                         : wrong(errors(name, fault), got);

            if (text) {
                found.push(`${name}=${fault[0]}: ${text}`);
            }
        }
    }

    const both = await http.request('ann-phone', 'GET',
                                    `${BYOS}?per_page=x&status=y`);

    found.push(wrong([...errors('status', ['y', 'selected']),
                      ...errors('per_page', ['x', 'integer'])], both) || '');

    for (const cursor of ['x', '%00', 'a'.repeat(3000), '%27', '-1', '1']) {
        const { status, body } = await http.request('ann-phone', 'GET',
                                                    `${BYOS}?cursor=${cursor}`);

        if (status !== 422 || !member(body, 'errors').cursor) {
            found.push(`cursor=${cursor}: ${status} ${body}`);
        }
    }

    for (const query of ['status=active', 'status=disabled', 'status=revoked',
                         'status=pending_verification', 'per_page=1',
                         'per_page=100', 'unknown=1', 'per_page=5&per_page=6'])
    {
        const { status, body } = await http.request('ann-phone', 'GET',
                                                    `${BYOS}?${query}`);

        if (status !== 200) {
            found.push(`${query}: ${status} ${body}`);
        }
    }

    is(found.filter(Boolean), [], 'the list: its query');
}


// Methods that a path does not have.
async function methods(list) {
    const paths = {};
    const found = [];

    for (const way of list) {
        (paths[way.path] = paths[way.path] || { way, has: [] }).has
            .push(way.method);
    }

    for (const { way, has } of Object.values(paths)) {
        const allow = has.includes('GET') ? [...has, 'HEAD'] : has;

        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
            if (allow.includes(method)) {
                continue;
            }

            const got = await http.request('ann-phone', method, target(way));
            const route = target(way).slice(1);
            const named = (got.headers.allow || '').split(', ');
            const text = `The ${method} method is not supported for route`
                + ` ${route}. Supported methods: ${got.headers.allow}.`;

            if (got.status !== 405 || member(got.body, 'message') !== text
                || has.some((m) => !named.includes(m))
                || named.some((m) => !['OPTIONS', ...allow].includes(m)))
            {
                found.push(`${method} ${way.path}: ${got.status} ${got.body}`
                           + ` ${named}`);
            }
        }

        const { status } = await http.request('ann-phone', has[0],
                                              `${target(way)}/`);

        if (status !== 404) {
            found.push(`${way.path}/: ${status}`);
        }
    }

    is(found, [], 'methods that a path does not have are told');
}


main(async () => {
    const nginx = await Nginx.start('fields');
    const list = ways();

    http = new Http(nginx.port);
    await t.db.sql('update plans set max_devices = 100000');
    await phones();

    is(list.filter((way) => way.body && !ROUTES[plain(way.name)])
           .map((way) => way.name), [], 'the fields of each route are known');

    for (const way of list) {
        const route = ROUTES[plain(way.name)];

        if (route) {
            await phones(route.cards);
            await refused(way, route);
            await broken(way, route);
            await taken(way, route);
        }
    }

    await queries();
    await methods(list);

    http.close();
    nginx.sound('bad input');
    await nginx.stop();
});
