#!/usr/bin/env node

// POST /api/webhook-integrations/{id}/test from end to end: nginx with the
// module says who may, the real simrelayd (SIMRELAYD_BIN) sends, and the
// receiver's answer is the answer.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const net = require('net');
const path = require('path');
const { createRequire } = require('module');
const { Daemon, bail, is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, seal, t, until } = require('./lib/nginx.js');
const dns = require('./lib/dns.js');

const clients = createRequire(path.resolve(__dirname, 'clients', 'x'));
const SECRET = 'aa'.repeat(32);
const OLD = 'bb'.repeat(32);

const quote = (text) => `'${text.replace(/'/g, "''")}'`;


function standardwebhooks() {
    try {
        return clients('standardwebhooks').Webhook;
    } catch {
        return bail('the package "standardwebhooks" is missing:'
                    + ' npm ci in t/clients');
    }
}


// The shipped location of simrelayd, at a socket of our own.
function sidecar(socket) {
    const conf = fs.readFileSync(path.resolve(__dirname, '..', 'conf',
                                              'simrelay.conf'), 'utf8');

    return /^location \/simrelay_sidecar\/ \{.*?^\}/ms.exec(conf)[0]
        .replace('/run/simrelay/control.sock', socket);
}


// A receiver of whole requests; "answer(socket, request, n)".
function receiver(answer) {
    const r = { got: [], open: 0, closed: 0 };

    r.server = net.createServer((socket) => {
        let input = '';

        r.open++;
        socket.on('close', () => { r.closed++; });
        socket.on('error', () => {});
        socket.on('data', (data) => {
            input += data;

            const [, head, body] = /^(.*?)\r\n\r\n(.*)$/s.exec(input)
                                   || [null, '', ''];
            const length = /^content-length: (\d+)/im.exec(head);

            if (length && Buffer.byteLength(body) >= Number(length[1])) {
                const headers = Object.fromEntries(head.split('\r\n').slice(1)
                    .map((line) => line.split(/: (.*)/s))
                    .map(([name, value]) => [name.toLowerCase(), value]));

                input = '';
                r.got.push({ line: head.split('\r\n')[0], headers, body });
                answer(socket, r.got.at(-1), r.got.length);
            }
        });
    });

    return new Promise((resolve) => {
        r.server.listen(0, '127.0.0.1', () => {
            r.port = r.server.address().port;
            r.url = `http://127.0.0.1:${r.port}/hook`;
            resolve(r);
        });
    });
}

const reply = (status, body, header = '') => (socket) =>
    socket.write(`HTTP/1.1 ${status} X\r\n${header}Content-Length: ${
        Buffer.byteLength(body)}\r\n\r\n${body}`);


let next = 100;

async function integration(url, { organization = 1, timeout = 30, active = true,
                                  headers = {} } = {}) {
    const id = next++;

    await t.db.sql(`
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret, headers, timeout_seconds,
                                          is_active)
        overriding system value
        values (${id}, ${organization}, 'hook', ${quote(url)},
                '\\x${seal('webhook', SECRET).toString('hex')}',
                ${quote(JSON.stringify(headers))}, ${timeout}, ${active})`);

    return id;
}

const at = (id) => `/api/webhook-integrations/${id}/test`;


async function callers(http, r) {
    const mine = await integration(r.url);
    const theirs = await integration(r.url, { organization: 2 });
    const unknown = (id) => ({ message: 'No query results for model'
        + ` [App\\Models\\WebhookIntegration] ${id}` });

    // who, which, status, body
    const cases = [
        [null, mine, 401, { message: 'Unauthenticated.' }],
        ['ann', mine, 200],
        ['ada', mine, 200],
        ['key', mine, 200],
        ['max', mine, 403, { message: 'This action is unauthorized.' }],
        ['key-messages', mine, 403, { message: 'Invalid ability provided.' }],
        ['ann-phone', mine, 403, { message: 'Invalid scope(s) provided.' }],
        ['bob', mine, 404, unknown(mine)],
        ['ann', theirs, 404, unknown(theirs)],
        ['bob', theirs, 200],
        ['ann', 999999, 404, unknown(999999)],
        ['ann', 'x', 404, unknown('x')],
    ];
    let sent = 0;

    for (const [who, id, status, body] of cases) {
        const got = await http.request(who, 'POST', at(id));

        is([got.status, body ? got.json : got.json.success],
           [status, body || true], `${who} tests ${id}: ${status}`);
        sent += status === 200;
    }

    is(r.got.length, sent, 'nothing is sent of what is refused');

    const get = await http.request('ann', 'GET', at(mine));

    is([get.status, get.headers.allow], [405, 'POST'], 'it is POST alone');

    const direct = await http.request('ann', 'POST',
        `/simrelay_sidecar/webhook-test?integration=${mine}&organization=1`);

    is(direct.status, 404, 'nobody gets by the module');
}


async function wire(http, r) {
    const id = await integration(`${r.url}?a=1`,
                                 { headers: { 'X-Own': 'mine', Host: 'evil' },
                                   active: false });

    await t.db.sql(`
        update webhook_integrations
           set previous_secret = '\\x${seal('webhook', OLD).toString('hex')}',
               previous_secret_until = now() + interval '1 hour'
         where id = ${id}`);

    const n = r.got.length;
    const answer = await http.request('ann', 'POST', at(id), '{}');
    const { response_time_ms: ms, ...rest } = answer.json;

    is([answer.status, rest],
       [200, { success: true, http_status: 200, response_body: 'fine',
               error: null }], 'the answer is the receiver\'s');
    ok(Number.isInteger(ms) && ms >= 0 && ms < 30000, 'with its time', ms);
    ok(/^application\/json/.test(answer.headers['content-type']), 'as JSON',
       answer.headers['content-type']);

    const { line, headers, body } = r.got[n];
    const json = JSON.parse(body);
    const hex = crypto.createHmac('sha256', SECRET).update(body).digest('hex');

    is(line, 'POST /hook?a=1 HTTP/1.1', 'it is sent as any delivery');
    ok(/^evt_\d+$/.test(json.event_id)
       && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(json.timestamp)
       && typeof json.data.message === 'string', 'with its id and time', body);
    is([Object.keys(json), json.event, json.data.webhook_integration_id],
       [['event', 'event_id', 'timestamp', 'data'], 'webhook.test', id],
       'of the event webhook.test');
    is([headers['x-simrelay-signature'], headers['webhook-id'],
        headers['x-own'], headers.host],
       [hex, json.event_id, 'mine', `127.0.0.1:${r.port}`],
       'with all headers, whether it is active or not');

    for (const secret of [SECRET, OLD]) {
        let good = true;

        try {
            new (standardwebhooks())(secret, { format: 'raw' })
                .verify(body, headers);
        } catch {
            good = false;
        }

        ok(good, 'standardwebhooks verifies it, by both secrets');
    }

    is(await t.db.sql('select count(*) from webhook_deliveries'), '0',
       'no delivery is kept of it');
}


async function answers(http) {
    const silent = 'no complete answer in time';
    const cases = [
        ['500', reply(500, 'no'),
         [false, 500, 'no', 'the receiver did not accept it']],
        ['nothing but 204', (socket) =>
             socket.write('HTTP/1.1 204 X\r\n\r\n'), [true, 204, '', null]],
        ['a redirect', reply(302, '', 'Location: http://127.0.0.1/\r\n'),
         [false, 302, '', 'redirects are not followed']],
        ['5,000 characters', reply(200, '\u00fc\u{1f600}'.repeat(2500)),
         [true, 200, '\u00fc\u{1f600}'.repeat(500), null]],
        ['what is no text', (socket) => socket.write(Buffer.concat([
             Buffer.from('HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\na'),
             Buffer.from([0, 0xff]), Buffer.from('b')])),
         [true, 200, 'a\ufffd\ufffdb', null]],
        ['nothing', () => {}, [false, null, null, silent], 1],
        ['no end', (socket) => socket.write('HTTP/1.1 200 X\r\n\r\nx'),
         [false, 200, 'x', silent], 1],
    ];

    for (const [name, answer, expected, timeout = 30] of cases) {
        const r = await receiver(answer);
        const id = await integration(r.url, { timeout });
        const got = (await http.request('ann', 'POST', at(id))).json;

        is([got.success, got.http_status, got.response_body, got.error],
           expected, `a receiver that answers with ${name}`);
        r.server.close();
    }

    const closed = await receiver(() => {});

    closed.server.close();

    const dead = (await http.request('ann', 'POST',
        at(await integration(closed.url)))).json;

    is([dead.success, dead.http_status, dead.response_body,
        typeof dead.error], [false, null, null, 'string'],
       'one that is not there');

    const names = { 'nx.test': 'the name does not exist',
                    'hang.test': 'the name could not be resolved in time' };

    for (const [name, error] of Object.entries(names)) {
        const id = await integration(`http://${name}/`, { timeout: 1 });
        const got = (await http.request('ann', 'POST', at(id))).json;

        is([got.success, got.http_status, got.response_body, got.error],
           [false, null, null, error], name);
    }
}


// Tests wait for no delivery, and are few.
async function bounds(nginx, http, r) {
    const held = await receiver(() => {});
    const other = () => new Http(nginx.port);
    const waiting = [];

    // every slot of deliveries taken, by an endpoint that answers nothing
    await t.db.sql(`
        insert into hosted_sims (id, number, country, provider, type)
        overriding system value
        values (900, '+15550009999', 'US', 'byos', 'byos');
        insert into organizations (id, name, plan_id)
        overriding system value values (900, 'Busy', 1);
        insert into webhook_integrations (organization_id, name, url, secret,
                                          timeout_seconds)
        select 900, 'w', ${quote(held.url)}, secret, 120
          from webhook_integrations
         cross join generate_series(1, 20)
         where id = (select min(id) from webhook_integrations);
        insert into events (organization_id, type, object_id)
        select 900, 'number.claimed', 900 from generate_series(1, 20);
        notify simrelay`);
    await until(() => held.got.length >= 4, 20000);

    const id = await integration(r.url);
    const got = await http.request('ann', 'POST', at(id));

    is([got.status, got.json.success], [200, true],
       'a test is sent while deliveries take all slots');

    // of one integration one, of one organization eight
    const hung = await receiver(() => {});
    const ids = [];

    for (let i = 0; i < 9; i++) {
        ids.push(await integration(hung.url));
    }

    for (const one of ids.slice(0, 8)) {
        const connection = other();

        connection.request('ann', 'POST', at(one)).catch(() => {});
        waiting.push(connection);
    }

    await until(() => hung.got.length === 8, 20000);

    const twice = await http.request('ann', 'POST', at(ids[0]));
    const more = await http.request('ann', 'POST', at(ids[8]));
    const theirs = await http.request('bob', 'POST',
        at(await integration(r.url, { organization: 2 })));

    is([twice.status, twice.json],
       [409, { message: 'A test of this webhook integration is under way.' }],
       'one integration is tested once at a time');
    is([more.status, more.json],
       [409, { message: 'Too many tests of webhook integrations are under way.'
        }], 'an organization has a few under way');
    is([theirs.status, theirs.json.success], [200, true],
       'which is not felt by others');

    // whoever goes away ends what was begun
    is(hung.closed, 0, 'all of them wait');
    waiting.forEach((connection) => connection.close());

    ok(await until(() => hung.closed === 8, 20000),
       'a client that goes away ends its test', hung.closed);

    const connection = other();

    connection.request('ann', 'POST', at(ids[0])).catch(() => {});
    ok(await until(() => hung.got.length === 9, 20000),
       'and another may begin');

    // those of all organizations together
    await t.db.sql(`
        insert into organizations (id, name, plan_id)
        overriding system value
        select 1000 + n, 'o', 1 from generate_series(1, 8) n;
        insert into members (user_id, organization_id, role)
        select 5, 1000 + n, 'owner' from generate_series(1, 8) n`);

    const all = [];

    for (let n = 1; n <= 8; n++) {
        await t.db.sql('update users set current_organization_id ='
                       + ` ${1000 + n} where id = 5`);

        for (let i = 0; i < 8; i++) {
            const client = other();

            client.request('bob', 'POST',
                at(await integration(hung.url, { organization: 1000 + n })))
                .then(({ status }) => all.push(status), () => {});
            waiting.push(client);
        }

        await until(() => hung.got.length + all.length === 9 + 8 * n, 20000);
    }

    is([hung.got.length, all], [8 + 64, [503]],
       'of all organizations together there are 64 at once');

    waiting.forEach((client) => client.close());
    connection.close();

    return [held, hung];
}


async function ends(nginx, http, daemon) {
    const hung = await receiver(() => {});
    const id = await integration(hung.url);
    const waits = new Http(nginx.port);
    const got = waits.request('ann', 'POST', at(id));

    await until(() => hung.got.length === 1, 20000);

    daemon.settings.drain_timeout = '1s';
    await daemon.stop();

    is((await got).status >= 500, true,
       'where simrelayd ends, so does the test');
    is((await http.request('ann', 'POST', at(id))).status, 503,
       'without simrelayd there is none');

    waits.close();
    hung.server.close();
}


main(async () => {
    const socket = path.join(t.dir, 'control');
    const names = await dns.start((name, type) =>
        ({ 'hang.test': null, 'nx.test': 'nx' })[name]);
    const nginx = await Nginx.start('webhook-test',
                                    { server: sidecar(socket) });
    const daemon = await Daemon.start(t.dir, 'one', {
        database: `"${t.db.conninfo()}"`, control: `unix:${socket}`,
        resolvers: `127.0.0.1:${names.port}`, allow_private_addresses: 'on',
        deliveries: '4', drain_timeout: '1s',
    });
    const http = new Http(nginx.port);
    const r = await receiver(reply(200, 'fine'));

    try {
        ok(await daemon.said('event=database_connected', 20000), 'it starts',
           daemon.log);

        await callers(http, r);
        await wire(http, r);
        await answers(http);

        const held = await bounds(nginx, http, r);

        await ends(nginx, http, daemon);
        held.forEach((one) => one.server.close());

        // the same addresses are refused as of any delivery
        const strict = await Daemon.start(t.dir, 'strict', {
            database: `"${t.db.conninfo()}"`, control: `unix:${socket}`,
        });

        await strict.said('event=database_connected', 20000);

        const n = r.got.length;
        const got = (await http.request('ann', 'POST',
                                        at(await integration(r.url)))).json;

        is([got.success, got.http_status, got.response_body, got.error,
            r.got.length], [false, null, null, 'the address is not public', n],
           'an address that is not public is refused');

        await strict.stop();

        for (const one of [daemon, strict]) {
            ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(one.log)
               && !one.log.includes(SECRET), 'nothing in the log that alarms',
               one.log);
        }
    } finally {
        await daemon.stop('SIGKILL');
        names.stop();
        http.close();
        r.server.close();
    }
});
