#!/usr/bin/env node

// The limit of each credential: exact over several workers and reloads, with
// buckets of its own for the loose routes, told in every answer, and bounded
// in what it remembers.

'use strict';

const http = require('http');
const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Http, Nginx, each, gone, main, t, token, uuid }
    = require('./lib/nginx.js');

const END = 20000;
const TOO_MANY = '{"message":"Too Many Attempts."}';

const zone = (name, rates, size = '1m') =>
    `simrelay_rate_limit zone=${name}:${size} ${rates};`;

// What an answer says of its limit.
const told = ({ status, headers }) =>
    [status, headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']];

const numbers = (from, to) =>
    Array.from({ length: from - to + 1 }, (_, i) => String(from - i));


// Another configuration, or the same; the old workers are gone then.
async function reload(nginx, text = nginx.parts.http) {
    const old = nginx.workers();

    nginx.parts.http = text;
    nginx.write();
    nginx.signal('SIGHUP');

    ok(await until(() => old.every(gone)
                         && nginx.workers().length === nginx.parts.workers,
                   END), 'nginx reloads', nginx.log().slice(-1000));
}


async function answer(nginx, ...request) {
    const client = new Http(nginx.port);
    const got = await client.request(...request);

    client.close();
    return got;
}


// So many at once, by connections to each worker.
async function burst(nginx, many, ...request) {
    const clients = (await each(nginx, 2)).flat();
    const answers = await Promise.all(Array.from({ length: many }, (_, i) =>
        clients[i % clients.length].request(...request)));

    clients.forEach((client) => client.close());

    return answers;
}


async function exact(nginx) {
    const answers = await burst(nginx, 300, 'ann', 'GET', '/api/user');
    const fine = answers.filter((a) => a.status === 200);
    const over = answers.filter((a) => a.status === 429);

    is([fine.length, over.length], [100, 200],
       'over all workers a credential has its requests and not one more');
    ok(new Set(answers.map((a) => a.worker)).size === 2, 'of both of them');
    is(fine.map((a) => a.headers['x-ratelimit-remaining'])
           .sort((a, b) => b - a), numbers(99, 0),
       'and each answer says what is left');
    ok(fine.every((a) => a.headers['x-ratelimit-limit'] === '100'
                         && !('x-ratelimit-reset' in a.headers)
                         && !('retry-after' in a.headers)),
       'of how many; nothing of a time');

    const at = Date.now() / 1000;
    const late = over.filter(({ headers: h }) => {
        const wait = Number(h['retry-after']);

        return wait < 1 || wait > 60
               || Math.abs(Number(h['x-ratelimit-reset']) - wait - at) > 60;
    });

    is([over[0].body, ...told(over[0])], [TOO_MANY, 429, '100', '0'],
       'one too many is told so');
    is(late.map((a) => a.headers), [], 'with the time when its window ends');

    const [a, b] = [over[0], await answer(nginx, 'ann', 'GET', '/api/user')];

    ok(Math.abs(a.headers['x-ratelimit-reset']
                - b.headers['x-ratelimit-reset']) <= 1,
       'which stays, however often it is asked');

    is(told(await answer(nginx, 'bob', 'GET', '/api/user')),
       [200, '100', '99'], 'another credential has a limit of its own');
    is(told(await answer(nginx, 'ann-phone', 'GET', '/api/user')),
       [200, '100', '99'], 'also one of the same person');
}


async function routes(nginx) {
    is(told(await answer(nginx, 'ann', 'GET', '/api/sims')),
       [200, '400', '399'], 'a loose route has a bucket of its own');
    is(told(await answer(nginx, 'ann', 'GET', '/api/sims/101/lock')),
       [200, '400', '398'], 'with the other loose one');
    is(told(await answer(nginx, 'ann', 'POST', '/api/sims/101/lock', '{}')),
       [429, '100', '0'], 'that locks are not taken from');

    const counted = [
        [[200, '99'], 'GET', '/api/user'],
        [[200, '98'], 'HEAD', '/api/user'],
        [[404, '97'], 'GET', '/api/sims/999/messages'],
        [[403, '96'], 'POST', '/api/byos/devices', '{}'],
        [[400, '95'], 'POST', '/api/sims/101/lock', '{'],
        [[422, '94'], 'POST', '/api/broadcasting/auth', '{}'],
        [[404, undefined], 'GET', '/api/nothing'],
        [[405, undefined], 'DELETE', '/api/user'],
        [[204, undefined], 'OPTIONS', '/api/user'],
        [[200, undefined], 'GET', '/api/health'],
        [[200, '93'], 'GET', '/api/user'],
    ];
    const got = [];

    for (const [, ...request] of counted) {
        const { status, headers } = await answer(nginx, 'ada', ...request);

        got.push([status, headers['x-ratelimit-remaining']]);
    }

    is(got, counted.map(([expected]) => expected),
       'what counts is what a credential is asked for');

    is([told(await answer(nginx, 'unknown', 'GET', '/api/user')),
        told(await answer(nginx, 'unknown', 'GET', '/api/user'))],
       [[401, '100', '99'], [401, '100', '98']],
       'one that nobody knows is counted too');
    is(told(await answer(nginx, null, 'GET', '/api/user')),
       [401, undefined, undefined], 'none is not');
}


async function sessions(nginx) {
    const cookie = { Cookie: '__Host-simrelay_session=' + token('sess') };

    await t.db.sql(`select test.credential(590, 'sess', 8, 31, 1);
                    update credentials set expires_at = now() + '1 hour'
                     where id = 590`);

    is([told(await answer(nginx, null, 'GET', '/api/user', null, cookie)),
        told(await answer(nginx, null, 'POST', '/api/broadcasting/auth', '{}',
                          cookie)),
        told(await answer(nginx, null, 'GET', '/api/user', null, cookie))],
       [[200, '100', '99'], [403, undefined, undefined], [200, '100', '98']],
       'a session is limited; what another site sent for it does not count');
}


async function reloads(nginx, line) {
    const many = async () =>
        (await burst(nginx, 130, 'max', 'GET', '/api/user'))
        .filter((a) => a.status === 200).length;

    is(await many(), 100, 'a credential uses its requests up');

    await reload(nginx);
    is(await many(), 0, 'and has none after a reload');

    await reload(nginx, line('rate=120r/m'));
    is(await many(), 20, 'but what a higher rate adds');

    await reload(nginx, line('rate=50r/m'));
    is(told(await answer(nginx, 'max', 'GET', '/api/user')),
       [429, '50', '0'], 'a lower rate finds too many');

    await reload(nginx, line('rate=50r/m', '2m'));
    is(told(await answer(nginx, 'max', 'GET', '/api/user')),
       [200, '50', '49'], 'a zone of another size begins anew');

    await reload(nginx, '');
    is(told(await answer(nginx, 'max', 'GET', '/api/user')),
       [200, undefined, undefined], 'there is no limit unless it is set');
}


// Where a machine is slow, a window may end while it is used up.
async function turn() {
    const nginx = await Nginx.start('turn', {
        http: zone('turn', 'rate=3r/s'), workers: 1,
    });
    const client = new Http(nginx.port);
    let over;

    ok(await until(async () => {
        const got = await Promise.all(Array.from({ length: 4 }, () =>
            client.request('ann', 'GET', '/api/user')));

        [over] = got.filter((a) => a.status === 429);
        return over;
    }, END), 'a limit of a second is used up');

    is(over.headers['retry-after'], '1', 'it is told to wait one');

    await sleep(1000);

    is(told(await client.request('ann', 'GET', '/api/user')),
       [200, '3', '2'], 'and has all of the next window after it');
    is(told(await client.request('ann', 'GET', '/api/sims')),
       [200, '30', '29'], 'the loose rate is ten times the other, unless given');

    client.close();
    nginx.sound('windows');
    await nginx.stop();
}


// A zone that holds some hundred credentials, and thousands that come.
async function full() {
    const nginx = await Nginx.start('full', {
        http: zone('full', 'rate=100000r/m', '32k'),
    });
    const client = new Http(nginx.port);
    const remaining = [];
    const statuses = new Set();

    await client.request('bob', 'GET', '/api/user');

    for (let i = 0; i < 80; i++) {
        const ask = (who) => client.request(who, 'GET', '/api/user');
        const answers = await Promise.all([ask('ann'),
            ...Array.from({ length: 50 }, (_, n) => ask(`nobody-${i}-${n}`))]);

        remaining.push(answers[0].headers['x-ratelimit-remaining']);
        answers.slice(1).forEach((a) => statuses.add(a.status));
    }

    is(remaining, numbers(99999, 99920),
       'in a full zone, who calls often is remembered');
    is([...statuses], [401], 'and nobody refused for the others');
    is(told(await client.request('bob', 'GET', '/api/user')),
       [200, '100000', '99999'], 'who called least recently is forgotten');

    const { body } = await client.request(null, 'GET', '/metrics');
    const evicted = /^simrelay_rate_limit_evicted_total (\d+)$/m.exec(body);

    ok(evicted && evicted[1] > 3000 && evicted[1] < 4100,
       'the metrics tell how many were', evicted && evicted[0]);

    client.close();
    is(nginx.lines('error'), [], 'that is no error');
    nginx.sound('a full zone');
    await nginx.stop();
}


// No database is asked and no body is read of what is too many.
async function cheap() {
    const nginx = await Nginx.start('cheap', {
        http: zone('cheap', 'rate=2r/m') + 'simrelay_cors_origin *;',
        database: 'host=127.0.0.1 port=1',
    });
    const statuses = [];

    for (let i = 0; i < 4; i++) {
        statuses.push((await answer(nginx, 'ann', 'GET', '/api/user')).status);
    }

    is(statuses, [503, 503, 429, 429], 'the database is not asked any more');
    is(told(await answer(nginx, 'ann', 'POST', '/api/sims/101/lock', null,
                         { 'Content-Length': 5 })),
       [429, '2', '0'], 'and no body waited for');

    const { headers } = await answer(nginx, 'ann', 'GET', '/api/user', null,
                                     { Origin: 'https://any.example' });

    ok(headers['access-control-expose-headers'].includes('X-RateLimit-Reset'),
       'a page of another origin may read what is told');

    nginx.sound('without a database');
    await nginx.stop();
}


// The month of a plan is a limit too: what is told is told once.
async function month(nginx) {
    await t.db.sql(`insert into organization_months
                    values (3, date_trunc('month', now() at time zone 'utc'),
                            13, 1000)`);

    const body = JSON.stringify({ from: '+15557654321', body: 'text',
                                  message_id: uuid(1) });
    const got = await new Promise((resolve, reject) => {
        http.request({ port: nginx.port, method: 'POST',
                       path: '/api/byos/devices/221/sms',
                       headers: { Authorization: `Bearer ${token('tim-phone')}`,
                                  'Content-Length': body.length } },
                     (res) => resolve(res.resume()))
            .on('error', reject).end(body);
    });
    const limits = got.rawHeaders.map((name, i, all) => i % 2 === 0
        && /^x-ratelimit-(limit|remaining)$/i.test(name) ? all[i + 1] : null)
        .filter((value) => value !== null);

    is([got.statusCode, limits], [429, ['2', '0']],
       "over a plan's month, its limit is told, and once");
}


main(async () => {
    const line = (rates, size) => zone('limits', rates, size)
        + '\nsimrelay_cors_origin *;';
    const nginx = await Nginx.start('limits', {
        http: line('rate=100r/m loose=400r/m'),
    });

    await exact(nginx);
    await routes(nginx);
    await sessions(nginx);
    await month(nginx);

    await reload(nginx, line('rate=100r/m', '512k'));
    await reloads(nginx, (rate, size = '512k') => line(rate, size));

    nginx.sound('limits');
    await nginx.stop();

    await turn();
    await full();
    await cheap();
});
