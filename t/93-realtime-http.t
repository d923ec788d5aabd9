#!/usr/bin/env node

// The signed HTTP API of simrelayd (SIMRELAYD_BIN): what it refuses, and its
// limits.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const { Daemon, Database, bail, directory, done, is, ok, until }
    = require('./lib/sidecar.js');

const EVENTS = '/apps/simrelay/events';

const now = () => Math.floor(Date.now() / 1000);
const hmac = (text, secret) =>
    crypto.createHmac('sha256', secret).update(text).digest('hex');

let daemon;


function request(method, path, text) {
    return new Promise((resolve, reject) => {
        const r = http.request({
            host: '127.0.0.1', port: daemon.port, method, path,
            headers: { 'Content-Length': Buffer.byteLength(text) },
        }, (response) => {
            let answer = '';

            response.on('data', (data) => { answer += data; });
            response.on('end', () => {
                const { message, errors, ...rest } = JSON.parse(answer);

                resolve([response.statusCode,
                         errors ? Object.keys(errors)
                                : message !== undefined ? message : rest]);
            });
        });

        r.on('error', reject);
        r.end(text);
    });
}

// Signed; "args" beside or, with undefined, without the usual ones.
function api(method, path, body, args = {}, secret = 'secret') {
    const text = body === undefined ? ''
        : typeof body === 'string' ? body : JSON.stringify(body);
    const all = {
        auth_key: 'key', auth_timestamp: now(), auth_version: '1.0',
        ...(text ? { body_md5: crypto.createHash('md5').update(text)
                                     .digest('hex') } : {}), ...args };
    const names = Object.keys(all).filter((k) => all[k] !== undefined).sort();
    const signed = names.map((k) => `${k}=${all[k]}`).join('&');
    const query = names.map((k) => `${k}=${encodeURIComponent(all[k])}`)
                       .join('&');
    const plain = path.replace(/^\/reverb/, '');

    return request(method, `${path}?auth_signature=${
        hmac(`${method}\n${plain}\n${signed}`, secret)}&${query}`, text);
}

const event = (more) => ({ name: 'e', data: 'x', channel: 'a', ...more });


async function signatures() {
    const wrong = [401, 'Authentication signature invalid.'];

    is(await api('POST', EVENTS, event()), [200, {}], 'a signed event');
    is(await api('POST', `/reverb${EVENTS}`, event()), [200, {}],
       'also by the prefix, which is not signed');

    for (const [name, args, secret] of [
        ['another secret', {}, 'other'],
        ['another key', { auth_key: 'other' }],
        ['no key', { auth_key: undefined }],
        ['an old time', { auth_timestamp: now() - 700 }],
        ['a time to come', { auth_timestamp: now() + 700 }],
        ['no time', { auth_timestamp: undefined }],
        ['another version', { auth_version: '2.0' }],
        ['another body', { body_md5: '0'.repeat(32) }],
        ['no digest of the body', { body_md5: undefined }],
    ]) {
        is(await api('POST', EVENTS, event(), args, secret), wrong,
           `${name} is refused`);
    }

    is(await request('POST', EVENTS, JSON.stringify(event())), wrong,
       'so is what is not signed at all');
    is(await api('GET', '/apps/simrelay/nosuch', undefined, {}, 'other'), wrong,
       'whatever the path');
    is(await api('GET', '/apps/x/channels'),
       [404, 'No matching application for ID [x].'],
       'another application is not there');
    is(await api('GET', '/apps/simrelay/nosuch'), [404, 'Not Found'],
       'nor another path');
    is(await api('GET', EVENTS), [405, 'Method Not Allowed'],
       'nor by another method');
    is(await request('GET', '/up', ''), [200, { health: 'OK' }],
       'that it is up needs no signature');
}


async function events() {
    const many = (n) => [...Array(n).keys()].map((i) => `c${i}`);

    for (const [name, body, expected] of [
        ['no JSON', '{', [400, 'The request body is not valid JSON.']],
        ['a list', '[]', [400, 'The request body is not valid JSON.']],
        ['nothing', {}, [422, ['name', 'data']]],
        ['no channel', event({ channel: undefined }), [422, ['channels']]],
        ['no channels', { name: 'e', data: 'x', channels: [] },
         [422, ['channels']]],
        ['a channel that is none', event({ channel: 'a b' }),
         [422, ['channel']]],
        ['channels that are none',
         { name: 'e', data: 'x', channels: ['a', 'b!', 7] },
         [422, ['channels.2']]],
        ['101 channels', { name: 'e', data: 'x', channels: many(101) },
         [422, ['channels']]],
        ['data that is no text', event({ data: {} }), [422, ['data']]],
        ['a long name', event({ name: 'n'.repeat(201) }), [422, ['name']]],
        ['a socket that is none', event({ socket_id: '1' }),
         [422, ['socket_id']]],
        ['two encrypted channels',
         { name: 'e', data: 'x', channels: ['private-encrypted-a', 'b'] },
         [422, ['channels.0']]],
        ['too much data', event({ data: 'x'.repeat(102401) }),
         [413, 'The data of an event must not be greater than 102400 bytes.']],
        ['100 channels', { name: 'n'.repeat(200), data: 'x'.repeat(102400),
                           channels: many(100) }, [200, {}]],
    ]) {
        is(await api('POST', EVENTS, body), expected, `an event of ${name}`);
    }

    const batch = (list) =>
        api('POST', '/apps/simrelay/batch_events', { batch: list });

    is(await batch([event(), event({ channel: 'b' })]), [200, { batch: {} }],
       'a batch');
    is(await batch([event(), event({ info: 'subscription_count' })]),
       [200, { batch: [{}, { subscription_count: 0 }] }],
       'that asks for something');
    is(await batch([event(), {}, event({ channel: '!' })]),
       [422, ['batch.1.name', 'batch.1.data']], 'with what is missing');
    is(await batch([event(), event({ channel: '!' })]),
       [422, ['batch.1.channel']], 'or wrong');
    is(await batch(many(11).map(() => event())), [422, ['batch']],
       'or too much');
    is(await batch([]), [422, ['batch']], 'or nothing');
}


async function questions() {
    const get = (path, args) => api('GET', `/apps/simrelay${path}`, undefined,
                                    args);

    is(await get('/channels'), [200, { channels: {} }], 'no channels');
    is(await get('/channels/a', { info: 'subscription_count,user_count,x' }),
       [200, { occupied: false, subscription_count: 0 }],
       'one that nobody is subscribed to');
    is(await get('/channels/presence-a', { info: 'user_count' }),
       [200, { occupied: false, user_count: 0 }], 'or present in');
    is(await get('/channels/cache-a', { info: 'cache' }),
       [200, { occupied: false, cache: null }], 'or was told of');
    is(await get('/channels/a/users'), [400, {}],
       'only presence channels have users');
    is(await get('/channels/presence-a/users'), [404, {}],
       'where there are any');
    is(await get('/connections'), [200, { connections: 0 }], 'no connections');
    is(await api('POST', '/apps/simrelay/users/7/terminate_connections', {}),
       [200, {}], 'none to be ended');
}


async function main() {
    const dir = directory();
    const db = new Database();

    Daemon.binary();

    try {
        await db.start(dir);

        daemon = await Daemon.start(dir, 'one', {
            database: `"${db.conninfo()}"`, control: '""' });

        ok(await until(() => request('GET', '/up', '').then(() => true,
                                                            () => false),
                       20000), 'it starts', daemon.log);

        await signatures();
        await events();
        await questions();

        daemon.kill('SIGTERM');
        is(await daemon.end, 0, 'it ends');
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(daemon.log),
           'no complaint of a sanitizer', daemon.log);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${daemon ? daemon.log : ''}`);

    } finally {
        if (daemon) {
            await daemon.stop('SIGKILL');
        }

        await db.control('stop', '-m', 'immediate').catch(() => {});
        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
}


main().catch((error) => bail(error.stack));
