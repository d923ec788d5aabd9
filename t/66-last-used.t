#!/usr/bin/env node

// When a credential was last used: known within seconds, written at most once
// a minute, whoever calls how often from how many workers.

'use strict';

const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Nginx, each, main, t, token } = require('./lib/nginx.js');

const END = 20000;

const row = (id) => t.db.sql(`select last_used_at from credentials
                               where id = ${id}`);

// Transaction ids are given to transactions that write, and to no other.
const written = async () =>
    Number(await t.db.sql('select pg_snapshot_xmax(pg_current_snapshot())'));

// The row's version: another one after each update.
const version = (id) => t.db.sql(`select xmin, ctid from credentials
                                   where id = ${id}`);


// Calls at once by all connections.
function calls(clients, many, who) {
    return Promise.all(Array.from({ length: many }, (_, i) =>
        clients[i % clients.length].request(who, 'GET', '/api/user')));
}


async function once(clients) {
    is(await row(501), '', 'a credential that was never used says so');

    await calls(clients, 200, 'ann');
    ok(await until(() => row(501), END), 'soon after its use it is known');

    // the other worker may have noted it at the same time

    await sleep(1500);

    const [at, first, before] = [await row(501), await version(501),
                                 await written()];

    for (let i = 0; i < 10; i++) {
        const answers = await calls(clients, 100, 'ann');

        ok(answers.every((a) => a.status === 200), `${i}: it is used much`);
        await sleep(100);
    }

    await sleep(1000);

    is([await row(501), await version(501)], [at, first],
       'a thousand uses in a minute do not write it again');

    const after = await written();

    ok(after - before < 50, 'nor anything else', `${after - before} writes`);
}


async function again(clients) {
    const set = (seconds) => t.db.sql(`
        update credentials set last_used_at = now() - interval '${seconds} s'
         where id = 501`);

    await set(30);

    const half = await row(501);

    await calls(clients, 20, 'ann');
    await sleep(1500);
    is(await row(501), half, 'after half a minute it stays');

    await set(61);

    const old = await row(501);

    ok(await until(async () => {
        await calls(clients, 2, 'ann');
        return await row(501) !== old;
    }, END), 'after a minute it moves');

    is(await t.db.sql(`select last_used_at between now() - interval '1 minute'
                              and now() from credentials where id = 501`),
       't', 'to now');
}


async function kinds(clients) {
    const [client] = clients;
    const cookie = (text) => ({ Cookie: `__Host-simrelay_session=${text}` });

    await t.db.sql(`
        select test.credential(590, 'sess', 8, 31, 1),
               test.credential(591, 'shown', 8, 31, 1),
               test.credential(592, 'key-agent', 4, 15, null);
        update credentials set expires_at = now() + '1 hour' where kind = 8`);

    const used = '502 521 550 552 590 592';
    const not = '503 559 560 561 591';
    const noted = (ids) => t.db.sql(`
        select string_agg(id::text, ' ' order by id) from credentials
         where last_used_at is not null
           and id in (${ids.replace(/ /g, ', ')})`);

    const statuses = [];
    const ask = async (...request) => {
        statuses.push((await client.request(...request)).status);
    };

    for (const who of ['ada', 'ann-phone', 'key', 'key-agent', 'key-revoked',
                       'revoked', 'expired'])
    {
        await ask(who, 'GET', '/api/user');
    }

    await ask('key-none', 'GET', '/api/sims');
    await ask(null, 'GET', '/api/user', null, cookie(token('sess')));
    await ask(null, 'GET', '/api/user', null, cookie(token('max')));
    await ask('shown', 'GET', '/api/user');

    is(statuses, [200, 200, 200, 403, 401, 401, 401, 403, 200, 401, 401],
       'all kinds call');
    ok(await until(async () => await noted(used) === used, END),
       'all that live are noted, also where they may not do what they want',
       await noted(used));
    is(await noted(not), '', 'and none that is dead or in the wrong place');
}


// More at once than a worker notes at once.
async function many(clients) {
    await t.db.sql(`select count(test.credential(id, 'many-' || id, 1, 31, 1))
                      from generate_series(2001, 2400) id`);

    const left = () => t.db.sql(`select id from credentials
                                  where id between 2001 and 2400
                                    and last_used_at is null`);
    const began = Date.now();

    for (let ids = await left(); ids !== '' && Date.now() < began + END;
         ids = await left())
    {
        await Promise.all(ids.split('\n').map((id, i) =>
            clients[i % clients.length]
                .request(`many-${id}`, 'GET', '/api/user')));
        await sleep(700);
    }

    is(await left(), '', 'hundreds that come at once are noted in turn');
}


// Who may not be written now is noted later, and waits for nothing.
async function locked(clients) {
    const session = t.db.session();

    await t.db.sql(`update credentials
                       set last_used_at = now() - interval '1 hour'
                     where id in (505, 506)`);
    await session.say('begin;'
                      + 'select from credentials where id = 505 for update');

    const old = await row(505);

    ok(await until(async () => {
        const answers = await Promise.all(['bob', 'dua'].map((who) =>
            calls(clients, 2, who)));

        return answers.flat().every((a) => a.status === 200)
               && await t.db.sql(`select last_used_at > now() - interval '1 min'
                                    from credentials where id = 506`) === 't';
    }, END), 'one that is locked does not hinder the others');

    is(await row(505), old, 'it is left alone');

    await session.say('commit');
    await session.end();

    ok(await until(async () => {
        await calls(clients, 2, 'bob');
        return await row(505) !== old;
    }, END), 'and noted when it is free');
}


main(async () => {
    const nginx = await Nginx.start('used');
    const clients = (await each(nginx, 2)).flat();

    await once(clients);
    await again(clients);
    await kinds(clients);
    await many(clients);
    await locked(clients);

    clients.forEach((client) => client.close());
    is(nginx.lines('error'), [], 'no error is in the log');
    nginx.sound('what was used');
    await nginx.stop();
});
