#!/usr/bin/env node

// The session cookie: what it may do alone, what it needs a page of ours for,
// and what it is beside other credentials, over HTTP, TLS and HTTP/2.

'use strict';

const crypto = require('crypto');
const http2 = require('http2');
const net = require('net');
const path = require('path');
const { bail, is, port } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, token } = require('./lib/nginx.js');

const SECURE = '__Host-simrelay_session';
const PLAIN = 'simrelay_session';
const PUBLIC = 'https://sms.example.com';

const OK = [200];
const PASSED = [422];
const OUT = [401, '{"message":"Unauthenticated."}'];
const CSRF = [403, '{"message":"CSRF token mismatch."}'];

const session = token('sess-ann');
const other = token('sess-bob');

const csrf = (text = session) =>
    crypto.createHmac('sha256', text).update('csrf').digest('hex');

// The headers of a page of ours; an undefined value takes one away.
function page(more = {}, name = SECURE) {
    const all = { 'Cookie': `${name}=${session}`, 'Origin': PUBLIC,
                  'X-CSRF-Token': csrf(), ...more };

    return Object.fromEntries(Object.entries(all)
                                  .filter(([, value]) => value !== undefined));
}


// name, method, headers, answer: its status, and its body where it is given
async function compare(nginx, rows) {
    const client = new Http(nginx.port);

    for (const [name, method, headers, expected, target] of rows) {
        const body = ['GET', 'HEAD', 'DELETE'].includes(method) ? null : '{}';
        const got = await client.request(null, method,
            target || (body ? '/api/broadcasting/auth' : '/api/user'), body,
            headers);

        is(expected.length === 1 ? [got.status] : [got.status, got.body],
           expected, name);
    }

    client.close();
}


const cookie = (text) => ({ Cookie: text });

const cookies = [
    ['a session reads by its cookie alone', 'GET',
     cookie(`${SECURE}=${session}`), OK],
    ['HEAD too', 'HEAD', cookie(`${SECURE}=${session}`), OK],
    ['from another origin too: nobody there may read it', 'GET',
     page({ 'Origin': 'https://evil.example', 'X-CSRF-Token': undefined }), OK],
    ['among other cookies', 'GET',
     cookie(`a=b; ${SECURE}=${session}; c="d"`), OK],
    ['whose names end or begin like its own', 'GET',
     cookie(`x${SECURE}=1; ${SECURE}x=2; ${SECURE}; ${SECURE}=${session}`), OK],
    ['where the blanks are missing', 'GET',
     cookie(`a=b;${SECURE}=${session};c=d`), OK],
    ['behind empty pairs', 'GET', cookie(`; ;; ${SECURE}=${session};`), OK],
    ['of two the first counts', 'GET',
     cookie(`${SECURE}=${session}; ${SECURE}=x`), OK],
    ['and not the second', 'GET', cookie(`${SECURE}=x; ${SECURE}=${session}`),
     OUT],
    ['the name of plain HTTP is none where the public URL is https', 'GET',
     cookie(`${PLAIN}=${session}`), OUT],
    ['no cookie', 'GET', {}, OUT],
    ['an empty one', 'GET', cookie(''), OUT],
    ['an empty value', 'GET', cookie(`${SECURE}=`), OUT],
    ['a value in quotes', 'GET', cookie(`${SECURE}="${session}"`), OUT],
    ['one letter less', 'GET', cookie(`${SECURE}=${session.slice(1)}`), OUT],
    ['one more', 'GET', cookie(`${SECURE}=${session}x`), OUT],
    ['in capitals', 'GET', cookie(`${SECURE}=${session.toUpperCase()}`), OUT],
    ['the name in capitals', 'GET',
     cookie(`${SECURE.toUpperCase()}=${session}`), OUT],
    ['bytes', 'GET', cookie(`${SECURE}=${'\xff\x80\x01'.repeat(16)}`), OUT],
    ['six thousand letters', 'GET', cookie(`${SECURE}=${'x'.repeat(6000)}`),
     OUT],
    ['six thousand separators', 'GET', cookie(';'.repeat(6000)), OUT],
    ['a session that is none', 'GET', cookie(`${SECURE}=${token('nobody')}`),
     OUT],
    ['a session that has ended', 'GET',
     cookie(`${SECURE}=${token('sess-revoked')}`), OUT],
    ['one that is over', 'GET', cookie(`${SECURE}=${token('sess-expired')}`),
     OUT],
    ['a personal token', 'GET', cookie(`${SECURE}=${token('ann')}`), OUT],
    ['a token of OAuth', 'GET', cookie(`${SECURE}=${token('ann-phone')}`), OUT],
    ['an API key', 'GET', cookie(`${SECURE}=${token('key')}`), OUT],
];

const unsafe = [
    ['a page of ours writes', 'POST', page(), PASSED],
    ['without a CSRF token', 'POST', page({ 'X-CSRF-Token': undefined }), CSRF],
    ['with an empty one', 'POST', page({ 'X-CSRF-Token': '' }), CSRF],
    ['with a wrong one', 'POST', page({ 'X-CSRF-Token': '0'.repeat(64) }),
     CSRF],
    ["with another session's", 'POST', page({ 'X-CSRF-Token': csrf(other) }),
     CSRF],
    ['with the session itself', 'POST', page({ 'X-CSRF-Token': session }),
     CSRF],
    ['with a half', 'POST', page({ 'X-CSRF-Token': csrf().slice(0, 32) }),
     CSRF],
    ['with more than it', 'POST', page({ 'X-CSRF-Token': `${csrf()}0` }), CSRF],
    ['with it in capitals', 'POST',
     page({ 'X-CSRF-Token': csrf().toUpperCase() }), CSRF],
    ['with it in a cookie alone', 'POST',
     page({ 'X-CSRF-Token': undefined,
            'Cookie': `${SECURE}=${session}; __Host-simrelay_csrf=${csrf()}` }),
     CSRF],
    ['without an Origin', 'POST', page({ Origin: undefined }), CSRF],
    ...['', 'null', 'https://evil.example', 'http://sms.example.com',
        `${PUBLIC}/`, `${PUBLIC}:8443`, `${PUBLIC}.evil.example`,
        `https://evil.example/${PUBLIC}`, 'https://sms.example',
        'https://xsms.example.com', 'sms.example.com', 'https://test',
        'http://test:80', 'http://test.evil.example']
        .map((origin) => [`from "${origin}"`, 'POST', page({ Origin: origin }),
                          CSRF]),
    ['from the public URL in capitals', 'POST',
     page({ Origin: 'https://SMS.Example.com' }), PASSED],
    ['from the host that is called', 'POST', page({ Origin: 'http://test' }),
     PASSED],
    ['PUT without a CSRF token', 'PUT', page({ 'X-CSRF-Token': undefined }),
     CSRF, '/api/api-keys/999'],
    ['PATCH', 'PATCH', page({ 'X-CSRF-Token': undefined }), CSRF,
     '/api/api-keys/999'],
    ['DELETE', 'DELETE', page({ 'X-CSRF-Token': undefined }), CSRF,
     '/api/api-keys/999'],
    ['PUT with it', 'PUT', page(), [404], '/api/api-keys/999'],
    ['PATCH with it', 'PATCH', page(), [404], '/api/api-keys/999'],
    ['DELETE with it', 'DELETE', page(), [404], '/api/api-keys/999'],
    ['a dead session with its CSRF token', 'POST',
     page({ 'Cookie': `${SECURE}=${token('sess-revoked')}`,
            'X-CSRF-Token': csrf(token('sess-revoked')) }), OUT],
    ['what asks for OAuth takes no session', 'POST', page(), OUT,
     '/api/byos/devices'],
];


// Beside a header Authorization the cookie is not looked at.
async function both(nginx) {
    const client = new Http(nginx.port);
    const who = async (text, headers = {}) => {
        const { status, body } = await client.request(null, 'GET', '/api/user',
            null, { ...cookie(`${SECURE}=${session}`), Authorization: text,
                    ...headers });

        return status === 200 ? JSON.parse(body).user.name : status;
    };

    is([await who(`Bearer ${token('bob')}`), await who(`Bearer ${token('no')}`),
        await who('Bearer'), await who('Basic YTpi'), await who('')],
       ['Bob', 401, 401, 401, 401], 'Authorization wins, also where it fails');

    const { status } = await client.request('ann', 'POST',
        '/api/broadcasting/auth', '{}', cookie(`${SECURE}=${session}`));

    is(status, 422, 'and needs no page of ours');
    is(await who(`Bearer ${session}`), 401, 'a session is no Bearer token');

    const alone = await client.request(null, 'GET', '/api/user', null,
                                       { Authorization: `Bearer ${session}` });

    is(alone.status, 401, 'nor alone');
    client.close();
}


// What a session is told, and what nobody else may keep or read of it.
async function answers(nginx) {
    const client = new Http(nginx.port);
    const get = (target, headers = page()) =>
        client.request(null, 'GET', target, null, headers);
    const auth = (name, body = null) => client.request(null, 'POST',
        '/api/broadcasting/auth',
        body || { socket_id: '1.2',
                  channel_name: `private-App.Models.User.${name}` }, page());

    const user = await get('/api/user');

    is([JSON.parse(user.body).auth_type, user.headers['cache-control'],
        user.headers['access-control-allow-credentials']],
       ['sanctum', 'no-store', undefined],
       'what a session reads is not kept, nor read by other origins');
    is((await get('/api/sims', { Authorization: `Bearer ${token('ann')}` }))
           .headers['cache-control'], undefined, 'of others nothing is said');

    const tokens = await get('/api/user/tokens');

    is([tokens.status, tokens.json.data.filter((c) => c.is_current)
                             .map((c) => [c.id, c.type])],
       [200, [[591, 'session']]], 'it knows which session it is');

    is([(await get('/api/websocket-config')).status, (await auth(1)).status,
        (await auth(5)).status,
        (await auth(1, 'socket_id=1.2&'
                       + 'channel_name=private-App.Models.User.1')).status],
       [200, 200, 403, 400], 'it may listen to its own channel');

    const form = await client.request(null, 'POST', '/broadcasting/auth',
        'socket_id=1.2&channel_name=private-App.Models.User.1',
        page({ 'Content-Type': 'application/x-www-form-urlencoded' }));
    const foreign = await client.request(null, 'POST', '/broadcasting/auth',
        'socket_id=1.2&channel_name=private-App.Models.User.1',
        page({ 'Content-Type': 'application/x-www-form-urlencoded',
               'X-CSRF-Token': undefined, 'Origin': 'https://evil.example' }));

    is([form.status, foreign.status], [200, 403],
       'by a form too, but not by that of another site');

    client.close();
}


// Several lines of cookies, as a proxy in front may make them.
function lines(nginx) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(nginx.port, '127.0.0.1');
        let text = '';

        socket.on('data', (data) => { text += data; });
        socket.on('end', () => resolve(text.split(' ')[1]));
        socket.on('error', reject);
        socket.write('GET /api/user HTTP/1.0\r\nCookie: a=b\r\nX: y\r\n'
                     + `Cookie: c=d; ${SECURE}=${session}\r\n\r\n`);
    });
}


// One request of HTTP/2 over TLS.
function tls(to, headers, body = '') {
    return new Promise((resolve, reject) => {
        const client = http2.connect(`https://127.0.0.1:${to}`,
                                     { rejectUnauthorized: false });
        const stream = client.request(headers, { endStream: false });
        let status;

        client.on('error', reject);
        stream.on('error', reject);
        stream.on('response', (h) => { status = h[':status']; });
        stream.on('data', () => {});
        stream.on('end', () => {
            client.close();
            resolve(status);
        });
        stream.end(body);
    });
}


// A public URL of plain HTTP: the names differ with the connection.
async function plain(etc) {
    const second = await port();
    const nginx = await Nginx.start('plain', {
        http: 'simrelay_public_url http://sms.example.com:8080/base;',
        listen: [`${second} ssl http2`],
        server: `ssl_certificate ${etc}/tls.crt;
                 ssl_certificate_key ${etc}/tls.key;`,
    });

    await compare(nginx, [
        ['plain HTTP has a plain name', 'GET', cookie(`${PLAIN}=${session}`),
         OK],
        ['and no other', 'GET', cookie(`${SECURE}=${session}`), OUT],
        ['the origin of a public URL with port and path', 'POST',
         page({ Origin: 'http://sms.example.com:8080' }, PLAIN), PASSED],
        ['is not one without them', 'POST',
         page({ Origin: 'http://sms.example.com' }, PLAIN), CSRF],
    ]);

    const here = `https://127.0.0.1:${second}`;
    const read = { ':path': '/api/user' };
    const write = { ':path': '/api/broadcasting/auth', ':method': 'POST',
                    'cookie': `${SECURE}=${session}`, 'origin': here,
                    'x-csrf-token': csrf() };

    is([await tls(second, { ...read, cookie: `${SECURE}=${session}` }),
        await tls(second, { ...read, cookie: `${PLAIN}=${session}` }),
        await tls(second, { ...read, cookie: ['a=b', `${SECURE}=${session}`,
                                              'c=d'] }),
        await tls(second, { ...read, cookie: `${SECURE}=${session}`,
                            authorization: `Bearer ${token('nobody')}` })],
       [200, 401, 200, 401], 'TLS has the __Host- name, HTTP/2 many lines');

    is([await tls(second, write, '{}'),
        await tls(second, { ...write, 'x-csrf-token': csrf(other) }, '{}'),
        await tls(second, { ...write, 'x-csrf-token': [] }, '{}'),
        await tls(second, { ...write, origin: `http://127.0.0.1:${second}` },
                  '{}'),
        await tls(second, { ...write, origin: 'https://127.0.0.1' }, '{}')],
       [422, 403, 403, 403, 403], 'and there the origin is of TLS');

    nginx.sound('plain HTTP and TLS');
    await nginx.stop();
}


// As somebody might write it.
async function written() {
    const nginx = await Nginx.start('written', {
        http: 'simrelay_public_url HTTPS://sms.example.com:443/;',
    });

    await compare(nginx, [
        ['browsers leave a usual port out', 'POST', page(), PASSED],
        ['another port is another origin', 'POST',
         page({ Origin: `${PUBLIC}:444` }), CSRF],
    ]);

    nginx.sound('a port');
    await nginx.stop();
}


main(async () => {
    const dir = process.env.SIMRELAY_TEST_DIR
                || bail('SIMRELAY_TEST_DIR is not set');
    const nginx = await Nginx.start('session', {
        server: 'location /broadcasting/ { simrelay; }',
        http: 'simrelay_cors_origin *;',
    });

    await t.db.sql(`
        select test.credential(591, 'sess-ann', 8, 31, 1),
               test.credential(592, 'sess-bob', 8, 31, 5),
               test.credential(593, 'sess-revoked', 8, 31, 1),
               test.credential(594, 'sess-expired', 8, 31, 1);
        update credentials set expires_at = now() + '1 hour' where kind = 8;
        update credentials set revoked_at = now() where id = 593;
        update credentials set expires_at = now() where id = 594`);

    await compare(nginx, cookies);
    await compare(nginx, unsafe);
    await both(nginx);
    await answers(nginx);
    is(await lines(nginx), '200', 'several lines of cookies are one');

    nginx.sound('sessions');
    await nginx.stop();

    await plain(path.join(dir, 'etc'));
    await written();
});
