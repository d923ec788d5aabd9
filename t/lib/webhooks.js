// What the tests of webhooks share: receivers, a name server, integrations and
// the SMS that are sent to them.

'use strict';

const crypto = require('crypto');
const dgram = require('dgram');
const fs = require('fs');
const http = require('http');
const https = require('https');
const { Daemon, Database, directory, done, ok, until }
    = require('./sidecar.js');

const SECRET = 'aa'.repeat(32);

// the directory, database, name server and daemons of the test
const t = { daemons: [] };


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

    const row = await t.db.sql(`
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

    await t.db.sql(`
        insert into webhook_mappings (organization_id, webhook_integration_id,
                                      team_id, forwarding_mode)
        values (${org}, ${id}, ${team}, '${o.mode}')`);

    return { org, team, id };
}


// The same for many URLs at once.
async function endpoints(urls, options = {}) {
    const o = { timeout: 5, retries: 3, ...options };
    const secret = seal(SECRET);
    const last = (table) => `currval(pg_get_serial_sequence('${table}', 'id'))`;
    const ids = `${last('organizations')} as org, ${last('teams')} as team,
                 ${last('webhook_integrations')} as id`;

    const rows = await t.db.sql(urls.map((url) => `
        insert into organizations (name, plan_id) values ('o', 1);
        insert into teams (organization_id, name)
        values (${last('organizations')}, 't');
        insert into webhook_integrations
               (organization_id, name, url, secret, timeout_seconds,
                retry_count)
        values (${last('organizations')}, 'w', ${quote(url)}, '\\x${secret}',
                ${o.timeout}, ${o.retries});
        insert into webhook_mappings
               (organization_id, webhook_integration_id, team_id,
                forwarding_mode)
        select org, id, team, 'always' from (select ${ids}) x;
        select ${ids}`).join(';'));

    return rows.split('\n').map((row) => {
        const [org, team, id] = row.split('|').map(Number);

        return { org, team, id };
    });
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
    t.db.sql(sms(...args)).then(() => t.db.sql('notify simrelay'));


// The newest delivery of an integration, once it is as "when" says.
async function delivery(e, when = (d) => d.attempts > 0 && !d.leased) {
    let d = null;

    await until(async () => {
        const row = await t.db.sql(`
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
    t.db.sql('select count(*) from webhook_deliveries'
           + ` where webhook_integration_id = ${e.id} and ${where}`)
        .then(Number);


// Deliveries not done of an endpoint and all after it; none is left?
const handled = (e) =>
    t.db.sql('select count(*) from webhook_deliveries'
             + ` where webhook_integration_id >= ${e.id}`
             + "   and state <> 'delivered'").then((v) => v === '0');


async function start(name, settings = {}) {
    const daemon = await Daemon.start(t.dir, name, {
        database: `"${t.db.conninfo()}"`,
        resolvers: `127.0.0.1:${t.names.port}`,
        ...settings,
    });

    t.daemons.push(daemon);

    return daemon;
}

// One that sends to this machine.
const lax = (name, settings = {}) =>
    start(name, { allow_private_addresses: 'on', ...settings });


// Runs the steps with all that they need, and ends it again.
async function main(steps) {
    Daemon.binary();

    t.dir = directory();

    try {
        t.db = new Database();
        await t.db.start(t.dir);
        t.names = await nameserver();

        await steps();

        for (const daemon of t.daemons) {
            await daemon.stop();
        }

        const log = t.daemons.map((d) => d.log).join('');

        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(log),
           'no complaint of a sanitizer', log);
        ok(!log.includes(SECRET) && !log.includes('Grüße'),
           'no secret and no text in the log');

    } catch (error) {
        ok(false, 'the test runs to its end', error.stack);

    } finally {
        for (const daemon of t.daemons) {
            await daemon.stop('SIGKILL');
        }

        if (t.names) {
            t.names.stop();
        }

        await t.db.control('stop', '-m', 'immediate').catch(() => {});

        fs.rmSync(t.dir, { recursive: true, force: true });
    }

    done();
    process.exit();
}


module.exports = { Receiver, SECRET, count, delivery, ended, endpoint, endpoints,
                   handled, lax, main, nameserver, seal, sms, start, submit,
                   t };
