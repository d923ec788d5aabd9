#!/usr/bin/env node

// Every route of the table, called with every kind of credential: the verdict
// is the one that its row says.  What passes finds no object, or an empty
// body, and is answered for that.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, t, token, uuid } = require('./lib/nginx.js');
const { number, routes } = require('./lib/routes.js');

const KIND = {
    token: number('SR_KIND_TOKEN'), oauth: number('SR_KIND_OAUTH'),
    key: number('SR_KIND_API_KEY'), session: number('SR_KIND_SESSION'),
};

const NONE = number('NGX_SIMRELAY_AUTH_NONE');
const ADMIN = number('NGX_SIMRELAY_ROUTE_ADMIN');
const UNCLAIMED = number('NGX_SIMRELAY_ROUTE_UNCLAIMED');

const PERSON = number('SR_ABILITY_PERSON');
const ABILITIES = {
    'numbers.read': number('SR_ABILITY_NUMBERS_READ'),
    'numbers.lock': number('SR_ABILITY_NUMBERS_LOCK'),
    'messages.read': number('SR_ABILITY_MESSAGES_READ'),
    'webhooks.receive': number('SR_ABILITY_WEBHOOKS_RECEIVE'),
};
const PERMISSIONS = number('SR_ABILITY_PERMISSIONS');
const DEVICE = number('SR_ABILITY_DEVICE');
const BROADCASTING = number('SR_ABILITY_BROADCASTING');

const ORIGIN = 'https://sms.example.com';

const TEXT = {
    401: 'Unauthenticated.',
    csrf: 'CSRF token mismatch.',
    unclaimed: 'This API key has not been claimed yet.',
    forbidden: 'This action is unauthorized.',
    ability: 'Invalid ability provided.',
    scope: 'Invalid scope(s) provided.',
};

const SAFE = ['GET', 'HEAD'];


// Who calls.  All of them live, unless "dead"; "id" is their row's.
const people = { ann: 'owner', ada: 'admin', max: 'member', eve: null,
                 bob: 'owner', dua: 'member' };
const users = { ann: 1, ada: 2, max: 3, bob: 5, dua: 6, eve: 7, zed: 8 };
const all = [];

function caller(name, kind, abilities, who, more = {}) {
    all.push({ name, kind, abilities, who, id: 600 + all.length,
               role: who ? people[who] : null, ...more });
}


function callers() {
    const bearer = (text) => ({ headers: { Authorization: text }, dead: true });

    caller('nobody', 0, 0, null, { headers: {}, dead: true });
    caller('a token of nobody', 0, 0, null, bearer(`Bearer ${token('no')}`));
    caller('a key of nobody', 0, 0, null, bearer(`Bearer ${token('key-no')}`));
    caller('no token', 0, 0, null, bearer('Bearer'));
    caller('another scheme', 0, 0, null, bearer(`Basic ${token('t-ann')}`));
    caller('junk', 0, 0, null, bearer('\x80\xff'));

    for (const who of ['ann', 'ada', 'max', 'eve', 'bob']) {
        caller(`t-${who}`, 'token', PERSON, who);
        caller(`s-${who}`, 'session', PERSON, who);
        caller(`o-${who}`, 'oauth', DEVICE, who);
    }

    for (const kind of ['token', 'session', 'oauth', 'key']) {
        for (const dead of ['revoked', 'expired']) {
            caller(kind === 'key' ? `key-${dead}-x` : `${kind}-${dead}`, kind,
                   PERMISSIONS, 'ann', { dead });
        }
    }

    caller('t-zed', 'token', PERSON, 'zed', { dead: true });
    caller('s-zed', 'session', PERSON, 'zed', { dead: true });
    caller('o-zed', 'oauth', DEVICE, 'zed', { dead: true });

    caller('o-none', 'oauth', 0, 'ann');
    caller('o-all', 'oauth', PERMISSIONS | DEVICE, 'ann');
    caller('key-zero', 'key', 0, 'ann', { organization: 1 });
    caller('key-all', 'key', PERMISSIONS, 'ann', { organization: 1 });
    caller('key-admin', 'key', PERMISSIONS, 'ada', { organization: 1 });
    caller('key-member', 'key', PERMISSIONS, 'dua', { organization: 1 });
    caller('key-foreign', 'key', PERMISSIONS, 'bob', { organization: 2 });
    caller('key-gone', 'key', PERMISSIONS, 'bob',
           { organization: 1, dead: true });
    caller('key-agent', 'key', PERMISSIONS, null, { unclaimed: true });

    for (const [name, bit] of Object.entries(ABILITIES)) {
        caller(`o-${name}`, 'oauth', bit, 'ann');
        caller(`key-${name}`, 'key', bit, 'ann', { organization: 1 });
    }
}


// The ways that a session comes, and what comes as none does.
function ways() {
    const list = [];
    const cookie = (text) => ({ Cookie: `a=b; __Host-simrelay_session=${text}` });
    const csrf = (text) => crypto.createHmac('sha256', text).update('csrf')
                                 .digest('hex');

    for (const c of all) {
        const text = token(c.name);

        if (c.kind !== 'session') {
            list.push({ ...c, headers: c.headers
                                || { Authorization: `Bearer ${text}` } });
            continue;
        }

        const own = { ...cookie(text), 'Origin': ORIGIN,
                      'X-CSRF-Token': csrf(text) };

        list.push({ ...c, headers: own, trusted: true },
                  { ...c, name: `${c.name} as a Bearer`, dead: true,
                    kind: 'token', headers: { Authorization: `Bearer ${text}` } });

        if (c.who !== 'ann' || c.dead) {
            continue;
        }

        list.push(
            { ...c, name: `${c.name} without more`, headers: cookie(text) },
            { ...c, name: `${c.name} from another site`,
              headers: { ...own, Origin: 'https://evil.example' } },
            { ...c, name: `${c.name} with another's CSRF token`,
              headers: { ...own, 'X-CSRF-Token': csrf(token('s-bob')) } },
            { ...c, name: `${c.name} beside a dead token`, dead: true,
              kind: 'token', headers: { ...own,
                  Authorization: `Bearer ${token('token-revoked')}` } });
    }

    for (const name of ['t-ann', 'o-ann']) {
        list.push({ name: `${name} in the cookie`, kind: 'session', dead: true,
                    trusted: true,
                    headers: { ...cookie(token(name)), 'Origin': ORIGIN,
                               'X-CSRF-Token': csrf(token(name)) } });
    }

    list.push({ name: 'a key in the cookie', dead: true, kind: 'token',
                headers: cookie(token('key-all')) });

    return list;
}


// What a row says to a caller: [status, text], or null where it passes.
function verdict(row, method, c) {
    const kind = KIND[c.kind];

    if (row.auth === NONE) {
        return null;
    }

    if (c.kind === 'session') {
        if (!(row.auth & KIND.session)) {
            return [401, TEXT[401]];
        }

        if (!c.trusted && !SAFE.includes(method)) {
            return [403, TEXT.csrf];
        }
    }

    if (c.dead) {
        return [401, TEXT[401]];
    }

    if (c.unclaimed) {
        return row.flags & UNCLAIMED ? null : [403, TEXT.unclaimed];
    }

    if (!(row.auth & kind)
        || ((row.flags & ADMIN) && !['owner', 'admin'].includes(c.role)))
    {
        return [403, TEXT.forbidden];
    }

    // a key hears what it may read

    const needs = row.ability === BROADCASTING && c.kind === 'key'
                  ? ABILITIES['messages.read'] : row.ability;

    if ((c.abilities & needs) !== needs) {
        return [403, c.kind === 'key' ? TEXT.ability : TEXT.scope];
    }

    return null;
}


function message(body) {
    try {
        return JSON.parse(body).message;
    } catch {
        return undefined;
    }
}


// undefined, or what is wrong with an answer
function wrong(row, method, c, { status, body, headers }) {
    const expected = verdict(row, method, c);
    const text = message(body);
    const told = `${c.name}: ${status} ${body.slice(0, 100)}`;

    if (expected) {
        return (status === expected[0]
                && (method === 'HEAD' || text === expected[1])
                && (status !== 401 || headers['www-authenticate'] === 'Bearer'))
               ? undefined : `${told}, and not ${expected.join(' ')}`;
    }

    return status === 500 || Object.values(TEXT).includes(text)
           || ([401, 403].includes(status) && method === 'HEAD')
           ? `${told}, and it may` : undefined;
}


async function restore() {
    const live = all.filter((c) => c.kind);

    await t.db.sql('select test.reset(); ' + live.map((c) =>
        `select test.credential(${c.id}, '${c.name}', ${KIND[c.kind]},
            ${c.abilities}, ${c.who ? users[c.who] : 'null'},
            ${c.kind === 'key' && c.who ? c.organization || 1 : 'null'});`)
        .join('\n')
        + `update credentials set expires_at = now() + '1 hour'
            where kind = 8 and id >= 600;`
        + live.filter((c) => typeof c.dead === 'string').map((c) =>
            `update credentials set ${c.dead}_at = now() - interval '1 second'
              where id = ${c.id};`.replace('expired_at', 'expires_at'))
              .join('\n'));
}


// An object that is not there, for each parameter.
function target(path) {
    return path.replace(/\{\w+(?::(\w+))?\}/g, (_, type) =>
        ({ id: '999999999', phone: '%2B19999999999' })[type] || uuid(999999999));
}


main(async () => {
    const nginx = await Nginx.start('credentials', {
        server: 'location / { simrelay; }',
    });
    const clients = (await each(nginx, 2)).flat();
    const table = routes();
    let requests = 0;

    callers();

    const list = ways();

    ok(table.length > 20 && list.length > 50,
       `${table.length} routes, ${list.length} credentials and ways`);
    is(all.filter((c, i) => all.findIndex((o) => token(o.name)
                                                 === token(c.name)) !== i),
       [], 'each has a token of its own');

    await restore();

    for (const row of table) {
        const methods = row.methods.includes('GET')
                        ? [...row.methods, 'HEAD'] : row.methods;
        const faults = [];

        for (const method of methods) {
            const body = SAFE.includes(method) || !row.body ? null : '{}';

            await Promise.all(list.map(async (c, i) => {
                const got = await clients[i % clients.length]
                    .request(null, method, target(row.path), body, c.headers);
                const fault = wrong(row, method, c, got);

                requests++;

                if (fault) {
                    faults.push(`${method}, ${fault}`);
                }
            }));
        }

        ok(faults.length === 0, `${row.methods.join(', ')} ${row.path}`,
           faults.slice(0, 8).join('\n'));

        // who has signed out, for one, is signed in again

        if (!row.methods.includes('GET')) {
            await restore();
        }
    }

    console.log(`# ${requests} requests`);

    clients.forEach((client) => client.close());
    nginx.sound('all routes');
    await nginx.stop();
});
