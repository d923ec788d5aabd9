#!/usr/bin/env node

// Webhooks: what the real simrelayd (SIMRELAYD_BIN) sends to whom, signed how,
// and what becomes of it where receivers, names, the database or it fail.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const https = require('https');
const net = require('net');
const path = require('path');
const dgram = require('dgram');
const { execFileSync } = require('child_process');
const { Daemon, Database, bail, directory, done, is, ok, sleep, until }
    = require('./lib/sidecar.js');

const SECRET = 'aa'.repeat(32);

let db;
let dir;
let names;

const daemons = [];


// A webhook's secret as the key file of Daemon.start() seals it.
function seal(text) {
    const nonce = crypto.randomBytes(12);
    const cipher = crypto.createCipheriv('aes-256-gcm',
                                         Buffer.from('42'.repeat(32), 'hex'),
                                         nonce);
    cipher.setAAD(Buffer.from('webhook'));

    return Buffer.concat([Buffer.from([1]), nonce, cipher.update(text),
                          cipher.final(), cipher.getAuthTag()])
        .toString('hex');
}


// A receiver that keeps what it gets; "answer" may be replaced.
class Receiver {
    static start(answer = (req, res) => res.end('ok'), options = null) {
        const r = new Receiver();

        r.got = [];
        r.answer = answer;
        r.now = 0;
        r.most = 0;
        r.connections = 0;

        const handler = (req, res) => {
            let body = '';

            r.now++;
            r.most = Math.max(r.most, r.now);
            res.on('close', () => { r.now--; });

            req.on('data', (data) => { body += data; });
            req.on('end', () => {
                r.got.push({ url: req.url, method: req.method, body,
                             headers: req.headers, raw: req.rawHeaders,
                             json: JSON.parse(body), at: Date.now() });
                r.answer(req, res, r.got.length);
            });
        };

        r.server = options === null ? http.createServer(handler)
                                    : https.createServer(options, handler);

        r.server.on('connection', () => { r.connections++; });

        return new Promise((resolve) => {
            r.server.listen(0, '127.0.0.1', () => {
                r.port = r.server.address().port;
                r.url = `http://127.0.0.1:${r.port}/hook`;
                resolve(r);
            });
        });
    }

    stop() {
        this.server.close();
        this.server.closeAllConnections();
    }
}


// A name server: "hang" is never answered, "nx" does not exist, any other
// name is 127.0.0.1, but "private" 10.0.0.1.
function nameserver() {
    const socket = dgram.createSocket('udp4');
    const asked = {};

    socket.on('message', (query, from) => {
        const labels = [];
        let i = 12;

        for ( ; query[i] !== 0; i += query[i] + 1) {
            labels.push(query.toString('latin1', i + 1, i + 1 + query[i]));
        }

        const name = labels.join('.');
        const type = query.readUInt16BE(i + 1);
        const question = query.subarray(12, i + 5);
        const there = type === 1 && labels[0] !== 'nx';

        asked[name] = (asked[name] || 0) + (type === 1 ? 1 : 0);

        if (labels[0] === 'hang') {
            return;
        }

        const header = Buffer.alloc(12);

        query.copy(header, 0, 0, 2);
        header.writeUInt16BE(labels[0] === 'nx' ? 0x8183 : 0x8180, 2);
        header.writeUInt16BE(1, 4);
        header.writeUInt16BE(there ? 1 : 0, 6);

        const ttl = labels[0] === 'brief' ? 0 : 60;
        const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4,
                                    ...(labels[0] === 'private'
                                        ? [10, 0, 0, 1] : [127, 0, 0, 1])]);

        socket.send(Buffer.concat([header, question,
                                   ...(there ? [answer] : [])]),
                    from.port, from.address);
    });

    return new Promise((resolve) => {
        socket.bind(0, '127.0.0.1', () => {
            resolve({ asked, port: socket.address().port,
                      stop: () => socket.close() });
        });
    });
}


const quote = (text) => `'${text.replace(/'/g, "''")}'`;


// An organization of its own with a team and an integration with a mapping.
async function endpoint(url, options = {}) {
    const o = { timeout: 5, retries: 3, headers: {}, mode: 'always',
                ...options };

    const row = await db.sql(`
        with o as (
            insert into organizations (name, plan_id) values ('o', 1)
            returning id
        ), t as (
            insert into teams (organization_id, name) select id, 't' from o
            returning id, organization_id
        ), i as (
            insert into webhook_integrations
                   (organization_id, name, url, secret, headers,
                    timeout_seconds, retry_count)
            select id, 'w', ${quote(url)}, '\\x${seal(SECRET)}',
                   ${quote(JSON.stringify(o.headers))}, ${o.timeout},
                   ${o.retries}
              from o
            returning id, organization_id
        ), ids as materialized (
            select o.id as org, t.id as team, i.id as integration
              from o, t, i
        )
        select org, team, integration from ids`);

    const [org, team, id] = row.split('|').map(Number);

    await db.sql(`
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        values (${org}, ${id}, ${team}, '${o.mode}')`);

    return { org, team, id };
}


// n SMS for an organization, as a phone's submit stores them.
function sms(e, n = 1, options = {}) {
    const o = { team: null, lock: null, body: 'text', ...options };

    return `
        with m as (
            insert into messages (organization_id, sms_id, team_id, lock_id,
                                  hosted_sim_id, direction, sender, recipient,
                                  body, status, received_at)
            select ${e.org}, nextval('sms_ids'), ${o.team}, ${o.lock}, 7,
                   'inbound', 'Bank', '+14155550199', ${quote(o.body)},
                   'received', '2026-01-02T03:04:05.678Z'
              from generate_series(1, ${n})
            returning id, organization_id
        )
        insert into events (organization_id, team_id, type, object_id)
        select organization_id, ${o.team}, 'message.inbound', id from m`;
}

const submit = (...args) =>
    db.sql(sms(...args)).then(() => db.sql('notify simrelay'));


// The newest delivery of an integration, once it is as "when" says.
async function delivery(e, when = (d) => d.attempts > 0 && !d.leased) {
    let d = null;

    await until(async () => {
        const row = await db.sql(`
            select json_build_object(
                       'state', state, 'attempts', attempts,
                       'status', http_status, 'response', response_body,
                       'error', error, 'leased', lease_id is not null,
                       'ms', response_time_ms,
                       'finished', finished_at is not null,
                       'due', extract(epoch from next_attempt_at - now()))
              from webhook_deliveries
             where webhook_integration_id = ${e.id}
             order by id desc
             limit 1`);

        d = row === '' ? null : JSON.parse(row);

        return d !== null && when(d);
    }, 15000);

    return d || {};
}

const ended = (d) => d.state !== 'pending';

const count = (e, where = 'true') =>
    db.sql('select count(*) from webhook_deliveries'
           + ` where webhook_integration_id = ${e.id} and ${where}`)
        .then(Number);


async function wire() {
    const r = await Receiver.start((req, res) => res.end('a\u0000\xff'));
    const e = await endpoint(`${r.url}?a=1&b=%20`, {
        headers: { 'X-Own': 'mine', 'X-Empty': '', Host: 'evil.example',
                   'content-type': 'text/xml', 'webhook-id': 'evt_0',
                   'X-Bad': 'a\r\nX-Simrelay-Signature: 00' },
    });
    const began = Date.now();

    await submit(e, 1, { body: 'Grüße "1"\n\u{1f600}' });
    await until(() => r.got.length > 0);

    const got = r.got[0] || { headers: {}, raw: [], json: {}, body: '' };
    const event = await db.sql('select id from events'
                               + ` where organization_id = ${e.org}`);
    const message = await db.sql('select id from messages'
                                 + ` where organization_id = ${e.org}`);
    const at = await db.sql("select to_char(created_at at time zone 'utc',"
                            + " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from events"
                            + ` where organization_id = ${e.org}`);

    ok(got.at - began < 1000, 'an event is sent when the bell rings');
    is([got.method, got.url], ['POST', '/hook?a=1&b=%20'],
       'by POST, to the URL as it is');
    is(got.json, { event: 'message.inbound', event_id: `evt_${event}`,
                   timestamp: at,
                   data: { message_id: `msg_${message}`, hosted_sim_id: 7,
                           from: 'Bank', to: '+14155550199',
                           body: 'Grüße "1"\n\u{1f600}',
                           received_at: '2026-01-02T03:04:05Z' } },
       'with the body of the contract');

    const h = got.headers;
    const hex = crypto.createHmac('sha256', SECRET).update(got.body)
        .digest('hex');
    const standard = crypto.createHmac('sha256', SECRET)
        .update(`${h['webhook-id']}.${h['webhook-timestamp']}.${got.body}`)
        .digest('base64');

    is([h['content-type'], h['user-agent']],
       ['application/json', 'SimRelay/1'], 'its type and agent');
    is(h['x-simrelay-signature'], hex, 'X-Simrelay-Signature is right');
    is([h['webhook-id'], h['webhook-signature']],
       [`evt_${event}`, `v1,${standard}`], 'webhook-signature is right');
    ok(Math.abs(h['webhook-timestamp'] - Date.now() / 1000) < 5,
       'webhook-timestamp is now');
    is([h['x-own'], h['x-empty'], h.host],
       ['mine', '', `127.0.0.1:${r.port}`],
       'own headers go out, but not those that the delivery sets');
    is(got.raw.filter((v, i) => i % 2 === 0)
           .map((v) => v.toLowerCase())
           .filter((v, i, all) => all.indexOf(v) !== i),
       [], 'no header is there twice');

    const d = await delivery(e);

    is([d.state, d.attempts, d.status, d.error, d.response, d.finished],
       ['delivered', 1, 200, null, 'a\ufffd\u00ff', true],
       'the delivery log has it, in valid UTF-8');

    await submit(e);
    await until(() => r.got.length > 1);
    is(r.connections, 1, 'a connection is used again');

    r.stop();
}


async function audience() {
    const r = await Receiver.start();
    const one = await endpoint(r.url);
    const locked = await endpoint(r.url, { mode: 'lock_required' });
    const off = await endpoint(r.url);
    const muted = await endpoint(r.url);

    await db.sql(`update webhook_integrations set is_active = false
                   where id = ${off.id}`);
    await db.sql(`update webhook_mappings set is_active = false
                   where webhook_integration_id = ${muted.id}`);

    // two more mappings of one integration, and another's of the same team
    const team = Number(await db.sql(`
        insert into teams (organization_id, name) values (${one.org}, 'u')
        returning id`));

    await db.sql(`
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        values (${one.org}, ${one.id}, ${team}, 'lock_required')`);

    // body, endpoint, team, lock
    const cases = [
        ['no team', one, null, null, 1],
        ['its team', one, one.team, null, 1],
        ['its team, locked', one, one.team, 5, 1],
        ['a team that needs a lock', one, team, null, 0],
        ['that team, locked', one, team, 5, 1],
        ['a team of nobody', one, 999999, null, 0],
        ['lock_required, no lock', locked, locked.team, null, 0],
        ['lock_required, no team', locked, null, null, 0],
        ['lock_required, locked', locked, locked.team, 5, 1],
        ['lock_required, of no team', locked, null, 5, 0],
        ['lock_required, of another', locked, one.team, 5, 0],
        ['integration off', off, null, null, 0],
        ['mapping off', muted, null, null, 0],
    ];

    for (const [body, e, t, lock] of cases) {
        await db.sql(sms(e, 1, { body, team: t, lock }));
    }

    await db.sql("insert into events (organization_id, type, object_id)"
                 + ` values (${one.org}, 'device.online', 1),`
                 + ` (${one.org}, 'message.nonsense', 1)`);
    await db.sql('notify simrelay');

    await until(() => db.sql('select not exists (select from events where'
                             + ' planned_at is null)').then((v) => v === 't'));
    await sleep(300);

    for (const [body, e, t, lock, n] of cases) {
        is(r.got.filter((g) => g.json.data.body === body).length, n,
           `audience: ${body}`);
    }

    is(await count(one), 4, 'other events make no delivery');

    // number.* go to every active integration
    await db.sql(`
        insert into hosted_sims (id, number, country, provider, type)
        overriding system value
        values (7, '+14155550199', 'US', 'byos', 'byos')`);
    await db.sql(`
        insert into locks (id, hosted_sim_id, organization_id, team_id,
                           user_id, started_at, expires_at)
        values (5, 7, ${one.org}, ${one.team}, 3, now(),
                '2026-01-02T03:04:05Z')`);
    await db.sql(`
        insert into events (organization_id, type, object_id)
        values (${one.org}, 'number.locked', 5),
               (${muted.org}, 'number.locked', 5),
               (${off.org}, 'number.locked', 5)`);
    await db.sql('notify simrelay');

    const locks = () => r.got.filter((g) => g.json.event === 'number.locked')
        .map((g) => g.json.data);

    await until(() => locks().length === 2);
    await sleep(100);

    const shape = { hosted_sim_id: 7, number: '+14155550199', lock_id: 5,
                    user_id: 3, team_id: one.team,
                    expires_at: '2026-01-02T03:04:05Z' };

    is(locks().sort((a, b) => (a.user_id === null) - (b.user_id === null)),
       [shape, { ...shape, user_id: null, team_id: null }],
       'number.locked goes to every active integration, and hides its holder'
       + ' from other organizations');

    r.stop();
}


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
        await db.sql(sms(e));
    }

    await db.sql('notify simrelay');

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


async function retries(daemon) {
    const r = await Receiver.start((req, res, n) => {
        res.statusCode = n < 3 ? 500 : 200;
        res.end();
    });
    const bad = await Receiver.start((req, res) => {
        res.statusCode = 500;
        res.end();
    });
    const e = await endpoint(r.url);
    const f = await endpoint(bad.url, { retries: 1 });

    daemon.settings.retry_delays = '"1"';
    daemon.write();
    daemon.kill('SIGHUP');
    await daemon.said('name=retry_delays');

    await submit(e);
    await submit(f);

    const d = await delivery(e, ended);

    is([d.state, d.attempts, r.got.length], ['delivered', 3, 3],
       'an attempt that failed is made again until one succeeds');
    is([...new Set(r.got.map((g) => g.body))].length, 1,
       'with the same event_id and body');

    const last = await delivery(f, ended);

    is([last.state, last.attempts, last.due, bad.got.length],
       ['failed', 2, null, 2], 'after retry_count retries it has failed');

    r.stop();
    bad.stop();
}


async function fairness() {
    const dead = await Receiver.start(() => {});
    const live = await Receiver.start((req, res) =>
        setTimeout(() => res.end(), 20));

    const d = await endpoint(dead.url, { timeout: 30, retries: 0 });
    const e = await endpoint(live.url);

    await submit(d, 300);
    await until(() => dead.got.length >= 10);

    let worst = 0;

    for (let i = 0; i < 10; i++) {
        const began = Date.now();

        await submit(e, 1, { body: `fair ${i}` });
        await until(() => live.got.length > i);
        worst = Math.max(worst, live.got[i].at - began);
    }

    ok(worst < 500, 'a dead receiver with 300 events delays nobody else',
       worst);

    await submit(e, 300);
    await until(() => live.got.length === 310, 10000);

    is([live.got.length, live.most, dead.most], [310, 10, 10],
       'no endpoint gets more than its part at once, and all get theirs');

    // what waits for an integration that is switched off or deleted
    await db.sql(`update webhook_integrations set is_active = false
                   where id = ${d.id}`);
    dead.stop();

    await until(() => count(d, "state = 'pending'").then((n) => n === 0),
                10000);

    is(await count(d, "state = 'failed' and error"
                      + " = 'the integration is not active'"),
       290, 'deliveries of an integration that is not active fail');

    const gone = await endpoint(live.url);

    await db.sql(`
        insert into webhook_deliveries (organization_id,
                    webhook_integration_id, event_id, event_created_at, event,
                    object_id)
        select organization_id, ${gone.id}, id, created_at, type, object_id
          from events
         limit 1`);
    await db.sql(`delete from webhook_integrations where id = ${gone.id}`);

    is((await delivery(gone, ended)).state, 'failed',
       'and those of one that is deleted');

    live.stop();
}


async function resolver() {
    const r = await Receiver.start();
    const at = (name) => `http://${name}:${r.port}/`;

    const hang = await endpoint(at('hang.test'), { timeout: 2, retries: 0 });
    const good = await endpoint(at('Good.test'));
    const brief = await endpoint(at('brief.test'));
    const nx = await endpoint(at('nx.test'), { retries: 0 });

    await submit(hang, 5);
    await until(() => names.asked['hang.test']);

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

    is([names.asked['good.test'], names.asked['brief.test']], [1, 3],
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
            await db.sql(sms(e));
        }
    }

    await db.sql('notify simrelay');

    for (const { url, error, e } of all) {
        is((await delivery(e, ended)).error, error, `refused: ${url}`);
    }

    is(r.connections, 0, 'and nobody was connected to');

    await daemon.stop();
    r.stop();
}


async function tls() {
    const key = path.join(dir, 'key.pem');
    const cert = path.join(dir, 'cert.pem');

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
       && r.got.length === 0, 'a certificate that nobody vouches for is refused',
       JSON.stringify(d));

    r.stop();
}


async function killed(first) {
    const r = await Receiver.start((req, res) =>
        setTimeout(() => res.end(), 5));
    const all = [];

    for (let i = 0; i < 10; i++) {
        all.push(await endpoint(r.url));
    }

    await db.sql(all.map((e) => sms(e, 100)).join(';'));
    await db.sql('notify simrelay');

    await until(() => r.got.length > 200);
    await first.stop('SIGKILL');

    const before = r.got.length;
    const two = await lax('after');

    // as if a lease's time were over
    await sleep(500);
    await db.sql(`
        update webhook_deliveries
           set next_attempt_at = now(), lease_until = now()
         where lease_id is not null and created_at < now() - interval '400 ms'
           and webhook_integration_id >= ${all[0].id}
           and next_attempt_at > now() + interval '5 seconds'`);

    const left = () => db.sql(`
        select count(*) from webhook_deliveries
         where webhook_integration_id >= ${all[0].id}
           and state <> 'delivered'`).then((v) => v === '0');

    ok(await until(left, 15000) && before < 1000,
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

    await db.sql(all.map((e) => sms(e, 250)).join(';'));
    await db.sql('notify simrelay');
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

    await submit(e, 5);
    await until(() => hold.length === 5);
    await db.control('stop', '-m', 'fast');

    hold.forEach((res) => res.end('late'));
    await sleep(1000);
    await db.control('start');

    ok(await until(() => count(e, "state = 'delivered'")
                       .then((n) => n === 5, () => false), 10000),
       'results wait while the database is away', daemon.log.slice(-2000));
    is(r.got.length, 5, 'and nothing was sent twice');

    r.stop();
}


// What is not on disk yet is planned again, under the same event_id.
async function crashed() {
    const r = await Receiver.start();
    const e = await endpoint(r.url);

    await submit(e, 50);
    await until(() => r.got.length >= 10);
    await db.control('stop', '-m', 'immediate');
    await db.control('start');

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


async function start(name, settings = {}) {
    const daemon = await Daemon.start(dir, name, {
        database: `"${db.conninfo()}"`,
        resolvers: `127.0.0.1:${names.port}`,
        ...settings,
    });

    daemons.push(daemon);

    return daemon;
}

const lax = (name) => start(name, { allow_private_addresses: 'on' });


async function steps() {
    let daemon = await lax('one');

    ok(await daemon.said('event=database_connected'), 'it starts',
       daemon.log);

    // names of functions, for a part of the test
    const chosen = process.argv.slice(2);
    const step = (f, ...args) =>
        (chosen.length === 0 || chosen.includes(f.name) ? f(...args)
                                                        : undefined);

    await step(wire);
    await step(audience);
    await step(receivers);
    await step(retries, daemon);
    await step(fairness);
    await step(resolver);
    await step(tls);

    await daemon.stop();

    ok(!daemon.log.includes(SECRET) && !daemon.log.includes('Grüße'),
       'no secret and no text in the log');

    await step(addresses);

    daemon = await lax('two');

    daemon = await step(killed, daemon) || daemon;
    await step(shared, daemon);
    await step(database, daemon);
    await step(crashed);
    await step(drained, daemon);
    await daemon.stop();

    const log = daemons.map((d) => d.log).join('');

    ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(log),
       'no complaint of a sanitizer', log);
}


async function main() {
    Daemon.binary();

    dir = directory();

    try {
        db = new Database();
        await db.start(dir);
        names = await nameserver();

        await steps();

    } catch (error) {
        ok(false, 'the test runs to its end', error.stack);

    } finally {
        for (const daemon of daemons) {
            await daemon.stop('SIGKILL');
        }

        if (names) {
            names.stop();
        }

        await db.control('stop', '-m', 'immediate').catch(() => {});

        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
    process.exit();
}


main().catch((error) => bail(error.stack));
