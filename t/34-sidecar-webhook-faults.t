#!/usr/bin/env node

// Webhooks where things go wrong: receivers that misbehave, names that hang,
// addresses that nobody may be sent to, and ends of simrelayd (SIMRELAYD_BIN)
// and of the database.

'use strict';

const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Receiver, count, delivery, ended, endpoint, handled, lax, main, sms,
        start, submit, t } = require('./lib/webhooks.js');


// Receivers that misbehave, all at once.
async function receivers() {
    const elsewhere = await Receiver.start();
    const big = Buffer.alloc(65536, 'x');
    const pour = (status) => (req, res) => {
        let left = 160;
        res.writeHead(status);
        const more = () => {
            while (left-- > 0 && !res.destroyed) {
                if (!res.write(big)) {
                    res.once('drain', more);
                    return;
                }
            }
            res.end();
        };
        more();
    };
    const raw = (text, end = true) => (req, res) => {
        res.socket.write(text);
        if (end) {
            res.socket.end();
        }
    };
    const in90 = () => new Date(Date.now() + 90000).toUTCString();

    // name, answer, timeout, expected
    const cases = [
        ['hangs', () => {}, { state: 'pending', status: null,
                              error: 'no complete answer in time' }, 1],
        ['resets', (req, res) => res.socket.resetAndDestroy(),
         { state: 'pending', status: null }],
        ['closes', (req, res) => res.socket.end(),
         { state: 'pending', status: null }],
        ['redirects', (req, res) => {
            res.writeHead(302, { Location: elsewhere.url });
            res.end('moved');
        }, { state: 'pending', status: 302, response: 'moved',
             error: 'redirects are not followed' }],
        ['redirects for good', (req, res) => {
            res.writeHead(308, { Location: elsewhere.url });
            res.end();
        }, { state: 'pending', status: 308 }],
        ['answers 500', (req, res) => { res.statusCode = 500; res.end('no'); },
         { state: 'pending', status: 500, response: 'no',
           error: 'the receiver did not accept it' }],
        ['answers 410', (req, res) => { res.statusCode = 410; res.end(); },
         { state: 'failed', status: 410, response: null }],
        ['answers 204', (req, res) => { res.statusCode = 204; res.end(); },
         { state: 'delivered', status: 204, response: null, error: null }],
        ['answers 10 MB', pour(200),
         { state: 'delivered', status: 200, response: 'x'.repeat(1000) }],
        ['answers 500 and 10 MB', pour(500),
         { state: 'pending', status: 500, response: 'x'.repeat(1000) }],
        ['dribbles', (req, res) => {
            const timer = setInterval(() => res.write('x'), 100);
            res.on('close', () => clearInterval(timer));
        }, { state: 'pending', status: 200,
             error: 'no complete answer in time' }, 1],
        ['answers with an endless header', (req, res) => {
            res.socket.write('HTTP/1.1 200 OK\r\n');
            for (let i = 0; i < 4000; i++) {
                res.socket.write(`X-${i}: ${'y'.repeat(100)}\r\n`);
            }
        }, { state: 'pending',
             error: "the response's header is too large" }],
        ['answers garbage', raw('garbage\r\n\r\n'),
         { state: 'pending', status: null }],
        ['is cut short', raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx'),
         { state: 'pending', status: 200, response: 'x' }],
        ['says Retry-After: 7200', (req, res) => {
            res.writeHead(503, { 'Retry-After': '7200' });
            res.end();
        }, { state: 'pending', status: 503, due: [7190, 7201] }],
        ['says Retry-After by a date', (req, res) => {
            res.writeHead(429, { 'Retry-After': in90() });
            res.end();
        }, { state: 'pending', status: 429, due: [80, 91] }],
        ['says Retry-After in a year', (req, res) => {
            res.writeHead(429, { 'Retry-After': '31536000' });
            res.end();
        }, { state: 'pending', status: 429, due: [86390, 86401] }],
    ];

    const all = [];

    for (const [name, answer, expected, timeout] of cases) {
        const r = await Receiver.start(answer);
        const e = await endpoint(r.url, { timeout: timeout || 10 });

        all.push({ name, r, e, expected });
        await t.db.sql(sms(e));
    }

    await t.db.sql('notify simrelay');

    for (const { name, r, e, expected } of all) {
        const d = await delivery(e);
        const { due, ...rest } = expected;
        const got = {};

        for (const key of Object.keys(rest)) {
            got[key] = d[key];
        }

        is(got, rest, `a receiver that ${name}`);

        const [from, to] = due || [40, 66];

        if (rest.state === 'pending') {
            ok(d.due > from && d.due <= to && d.attempts === 1,
               `is asked again in time: one that ${name}`, d.due);
        }

        r.stop();
    }

    is(elsewhere.got.length, 0, 'nobody was sent elsewhere');

    elsewhere.stop();
}


async function resolver() {
    const r = await Receiver.start();
    const at = (name) => `http://${name}:${r.port}/`;

    const hang = await endpoint(at('hang.test'), { timeout: 2, retries: 0 });
    const good = await endpoint(at('Good.test'));
    const brief = await endpoint(at('brief.test'));
    const nx = await endpoint(at('nx.test'), { retries: 0 });

    await submit(hang, 2);
    await until(() => t.names.asked['hang.test']);

    const began = Date.now();

    await submit(good);
    await until(() => r.got.length > 0);
    ok(r.got.length && r.got[0].at - began < 500,
       'a name that hangs delays no other');
    is(r.got[0] && r.got[0].headers.host, `good.test:${r.port}`,
       'a name is resolved by the server given');

    for (let i = 0; i < 3; i++) {
        await submit(good);
        await submit(brief);
        await until(() => r.got.length === 3 + 2 * i);
    }

    is([t.names.asked['good.test'], t.names.asked['brief.test']], [1, 3],
       'an answer is kept as long as its TTL says');

    await submit(nx);

    const d = await delivery(nx, ended);

    is([d.state, d.error], ['failed', 'the name does not exist'],
       'a name that does not exist is a failed attempt');

    const h = await delivery(hang, ended);

    is([h.state, h.error],
       ['failed', 'the name could not be resolved in time'],
       'so is one that hangs');
    ok(h.ms >= 1900 && h.ms < 3500, 'after its timeout', h.ms);

    r.stop();
}


async function addresses() {
    const r = await Receiver.start();
    const p = r.port;

    const daemon = await start('public');

    const refused = {
        'the address is not public': [
            `http://127.0.0.1:${p}/`, `http://127.0.0.2:${p}/`,
            `http://0.0.0.0:${p}/`, 'http://10.1.2.3/', 'http://192.168.0.1/',
            'http://169.254.169.254/latest/meta-data/', 'http://100.64.0.1/',
            'http://224.0.0.1/', 'http://255.255.255.255/',
            `http://[::1]:${p}/`, `http://[::]:${p}/`,
            `http://[::ffff:127.0.0.1]:${p}/`, `http://[::127.0.0.1]:${p}/`,
            `http://[64:ff9b::7f00:1]:${p}/`, `http://[2002:7f00:1::]:${p}/`,
            'http://[fe80::1]/', 'http://[fc00::1]/',
            `http://localhost:${p}/`, `http://good.test:${p}/`,
            'http://private.test/',
        ],
        "the URL's host is malformed": [
            `http://127.1:${p}/`, `http://2130706433:${p}/`,
            `http://0x7f.1:${p}/`, `http://0x7f000001:${p}/`,
            `http://0177.0.0.1:${p}/`, `http://127.0.0.01:${p}/`,
            `http://127.0.0.1.:${p}/`, `http://0:${p}/`,
            `http://localhost.:${p}/`,
        ],
        'the URL is malformed': [
            `http://[::1%25lo]:${p}/`, `http://[fe80::1%lo]:${p}/`,
            `http://a@127.0.0.1:${p}/`, `http://good.test:${p}@127.0.0.1/`,
            `http://good.test\\@127.0.0.1:${p}/`, 'file:///etc/passwd',
            `gopher://127.0.0.1:${p}/`, `http://\u2460\u2461\u2466.0.0.1:${p}/`,
        ],
    };

    const all = [];

    for (const [error, urls] of Object.entries(refused)) {
        for (const url of urls) {
            const e = await endpoint(url, { retries: 0 });

            all.push({ url, error, e });
            await t.db.sql(sms(e));
        }
    }

    await t.db.sql('notify simrelay');

    for (const { url, error, e } of all) {
        is((await delivery(e, ended)).error, error, `refused: ${url}`);
    }

    is(r.connections, 0, 'and nobody was connected to');

    await daemon.stop();
    r.stop();
}


async function tls() {
    const key = path.join(t.dir, 'key.pem');
    const cert = path.join(t.dir, 'cert.pem');

    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes',
                             '-days', '1', '-subj', '/CN=127.0.0.1',
                             '-keyout', key, '-out', cert],
                 { stdio: 'ignore' });

    const r = await Receiver.start(undefined, { key: fs.readFileSync(key),
                                                cert: fs.readFileSync(cert) });
    const e = await endpoint(`https://127.0.0.1:${r.port}/`, { retries: 0 });

    await submit(e);

    const d = await delivery(e, ended);

    ok(d.state === 'failed' && /certificate/i.test(d.error)
       && r.got.length === 0,
       'a certificate that nobody vouches for is refused', JSON.stringify(d));

    r.stop();
}


async function killed(first) {
    const r = await Receiver.start((req, res) =>
        setTimeout(() => res.end(), 5));
    const all = [];

    for (let i = 0; i < 10; i++) {
        all.push(await endpoint(r.url));
    }

    await t.db.sql(all.map((e) => sms(e, 100)).join(';'));
    await t.db.sql('notify simrelay');

    await until(() => r.got.length > 200);
    await first.stop('SIGKILL');

    const before = r.got.length;
    const two = await lax('after');

    // as if a lease's time were over
    await sleep(500);
    await t.db.sql(`
        update webhook_deliveries
           set next_attempt_at = now(), lease_until = now()
         where lease_id is not null and created_at < now() - interval '400 ms'
           and webhook_integration_id >= ${all[0].id}
           and next_attempt_at > now() + interval '5 seconds'`);

    ok(await until(() => handled(all[0]), 15000) && before < 1000,
       'killed in the middle of 1,000 events, it goes on after a start',
       before);

    const ids = new Set(r.got.map((g) => g.json.event_id));
    const texts = new Map();

    for (const g of r.got) {
        const id = g.json.data.message_id;

        texts.set(id, (texts.get(id) || new Set()).add(g.json.event_id));
    }

    is([ids.size, texts.size, [...texts.values()].every((s) => s.size === 1)],
       [1000, 1000, true],
       'each has reached its webhook at least once, under one event_id');

    r.stop();

    return two;
}


async function shared(one) {
    const r = await Receiver.start((req, res) =>
        setTimeout(() => res.end(), 5));
    const all = [];
    const two = await lax('second');

    await two.said('event=database_connected connection=4');

    for (let i = 0; i < 4; i++) {
        all.push(await endpoint(r.url));
    }

    const logs = () => [one, two].map((d) =>
        d.log.split('outcome=delivered').length - 1);
    const before = logs()[0];

    await t.db.sql(all.map((e) => sms(e, 250)).join(';'));
    await t.db.sql('notify simrelay');
    await until(() => r.got.length >= 1000, 15000);
    await sleep(300);

    const n = logs();

    is(new Set(r.got.map((g) => g.json.event_id)).size, 1000,
       'two instances deliver all');
    is(r.got.length, 1000, 'each once');
    ok(n[0] - before > 100 && n[1] > 100, 'and share the work', n);

    await two.stop();
    r.stop();
}


async function database(daemon) {
    let hold = [];
    const r = await Receiver.start((req, res) => { hold.push(res); });
    const e = await endpoint(r.url, { timeout: 20 });

    await submit(e, 2);
    await until(() => hold.length === 2);
    await t.db.control('stop', '-m', 'fast');

    hold.forEach((res) => res.end('late'));
    await sleep(1000);
    await t.db.control('start');

    ok(await until(() => count(e, "state = 'delivered'")
                       .then((n) => n === 2, () => false), 10000),
       'results wait while the database is away', daemon.log.slice(-2000));
    is(r.got.length, 2, 'and nothing was sent twice');

    r.stop();
}


// What is not on disk yet is planned again, under the same event_id.
async function crashed() {
    const r = await Receiver.start();
    const e = await endpoint(r.url);

    await submit(e, 50);
    await until(() => r.got.length >= 10);
    await t.db.control('stop', '-m', 'immediate');
    await t.db.control('start');

    const each = () => new Set(r.got.map((g) => g.json.data.message_id)).size;

    await until(() => each() === 50, 10000);

    is([each(), new Set(r.got.map((g) => g.json.event_id)).size], [50, 50],
       'a database that crashes loses no event');

    r.stop();
}


async function drained(daemon) {
    const r = await Receiver.start((req, res) =>
        setTimeout(() => res.end('bye'), 1000));
    const e = await endpoint(r.url);

    await submit(e);
    await until(() => r.got.length > 0);

    const code = await daemon.stop();
    const d = await delivery(e, () => true);

    is([code, d.state, d.response], [0, 'delivered', 'bye'],
       'SIGTERM lets deliveries end and records them');

    r.stop();
}


main(async () => {
    let daemon = await lax('one');

    await receivers();
    await resolver();
    await tls();

    // it would take what is to be refused
    await daemon.stop();
    await addresses();

    daemon = await killed(await lax('two'));

    await shared(daemon);
    await database(daemon);
    await crashed();
    await drained(daemon);
});
