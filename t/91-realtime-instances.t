#!/usr/bin/env node

// Three simrelayd (SIMRELAYD_BIN) on one database: presence, client events,
// the HTTP API and broadcasts cross, each once; one that is killed takes its
// people with it, and an outage of the database is made up for.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const { Client, Daemon, Database, bail, directory, done, is, ok, sleep, until }
    = require('./lib/sidecar.js');

const people = `
    insert into organizations (name, plan_id) values ('one', 1);
    insert into users (name, email, current_organization_id)
    values ('alice', 'alice@example.com', 1);
    insert into members (user_id, organization_id, role)
    values (1, 1, 'owner');
    insert into hosted_sims (number, country, provider, type)
    values ('+14155550199', 'US', 'byos', 'byos');
    insert into sim_attachments (organization_id, hosted_sim_id)
    values (1, 1);
`;

const sign = (text) =>
    crypto.createHmac('sha256', 'secret').update(text).digest('hex');

let db;
const daemons = [];


// A client of any channels: keeps all frames, in their order.
class Socket {
    static connect(daemon) {
        const WebSocket = Client.module();
        const s = new Socket();

        s.frames = [];
        s.closed = null;
        s.ws = new WebSocket(
            `ws://127.0.0.1:${daemon.port}/app/key?protocol=7`);

        return new Promise((resolve, reject) => {
            s.ws.on('error', reject);
            s.ws.on('close', (code) => { s.closed = code; });
            s.ws.on('message', (text) => {
                const frame = JSON.parse(text);

                if (frame.event === 'pusher:connection_established') {
                    s.id = JSON.parse(frame.data).socket_id;
                    resolve(s);
                    return;
                }

                s.frames.push(frame);
            });
        });
    }

    send(event, data, channel) {
        this.ws.send(JSON.stringify({ event, data, channel }));
    }

    // Presence with a user; what it was told, where it succeeded.
    async subscribe(channel, user) {
        const data = user === undefined ? undefined
            : JSON.stringify({ user_id: user, user_info: { name: user } });
        const text = `${this.id}:${channel}${data ? `:${data}` : ''}`;

        this.send('pusher:subscribe', {
            channel, auth: `key:${sign(text)}`, channel_data: data });

        const frame = await this.next((f) => f.channel === channel
            && f.event === 'pusher_internal:subscription_succeeded');

        return frame && JSON.parse(frame.data).presence;
    }

    // Takes the first frame that matches, when it is there.
    async next(match, ms = 15000) {
        const frame = await until(() => this.frames.find(match), ms);

        this.frames = this.frames.filter((f) => f !== frame);

        return frame;
    }

    all(event) {
        return this.frames.filter((f) => f.event === event);
    }

    // [event, user] of members told of, in a channel
    told(channel) {
        return this.frames
            .filter((f) => f.channel === channel
                    && /member_(added|removed)$/.test(f.event))
            .map((f) => [/added$/.test(f.event) ? '+' : '-',
                         JSON.parse(f.data).user_id]);
    }
}


// A request of the HTTP API.
function api(daemon, method, path, body, query = {}) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const args = {
        auth_key: 'key', auth_version: '1.0',
        auth_timestamp: Math.floor(Date.now() / 1000), ...query,
        ...(text ? { body_md5: crypto.createHash('md5').update(text)
                                     .digest('hex') } : {}),
    };
    const sorted = Object.keys(args).sort().map((k) => `${k}=${args[k]}`)
                         .join('&');
    const at = `/apps/simrelay${path}`;
    const signature = sign(Buffer.from(
        unescape(`${method}\n${at}\n${sorted}`), 'latin1'));

    return new Promise((resolve, reject) => {
        const request = http.request({
            host: '127.0.0.1', port: daemon.port, method,
            path: `${at}?${sorted}&auth_signature=${signature}`,
            headers: { 'Content-Length': Buffer.byteLength(text) },
        }, (response) => {
            let answer = '';

            response.on('data', (data) => { answer += data; });
            response.on('end', () => resolve({ status: response.statusCode,
                                               json: JSON.parse(answer) }));
        });

        request.on('error', reject);
        request.end(text);
    });
}

const publish = (daemon, name, data, channels, more = {}) =>
    api(daemon, 'POST', '/events', { name, data, channels, ...more });


async function presence(sockets) {
    const room = 'presence-room';
    const [a, b, c] = sockets;

    await a.subscribe(room, 'ann');
    ok(await until(async () => (await db.sql(
        'select count(*) from presence_members')) === '1'),
       'who is present stands in a row');

    ok(await until(async () => {
        const { json } = await api(daemons[1], 'GET',
                                   `/channels/${room}/users`);

        return json.users && json.users.length === 1;
    }), 'and is known elsewhere');

    is(await b.subscribe(room, 'bob'),
       { count: 2, ids: ['ann', 'bob'],
         hash: { ann: { name: 'ann' }, bob: { name: 'bob' } } },
       'who comes elsewhere sees it');
    ok(await a.next((f) => f.event === 'pusher_internal:member_added'
                    && JSON.parse(f.data).user_id === 'bob'),
       'and is told of');

    const second = await Socket.connect(daemons[2]);

    await until(async () => (await api(daemons[2], 'GET',
        `/channels/${room}/users`)).json.users.length === 2);
    is((await second.subscribe(room, 'ann')).count, 2,
       'the same person at another instance adds nobody');

    await c.subscribe(room, 'carl');

    for (const s of [a, b]) {
        ok(await s.next((f) => f.event === 'pusher_internal:member_added'
                        && JSON.parse(f.data).user_id === 'carl'),
           'the third is told of');
    }

    a.send('pusher:unsubscribe', { channel: room });

    // a fence: whatever the departure had caused has come by then

    const fence = await Socket.connect(daemons[0]);

    await fence.subscribe(room, 'fence');
    ok(await b.next((f) => f.event === 'pusher_internal:member_added'
                    && JSON.parse(f.data).user_id === 'fence'),
       'whoever comes later is told of');
    is(b.told(room), [], 'one of two sockets of a person that leaves is not');

    second.ws.close();

    for (const s of [b, c]) {
        const gone = await s.next((f) => f.event.endsWith('member_removed'));

        is(gone && JSON.parse(gone.data), { user_id: 'ann' },
           'the last one is');
    }

    await a.subscribe(room, 'ann');

    for (const s of [b, c]) {
        ok(await s.next((f) => f.event.endsWith('member_added')
                        && JSON.parse(f.data).user_id === 'ann'),
           'who comes again is told of');
    }

    fence.ws.close();

    for (const s of [a, b, c]) {
        await s.next((f) => f.event.endsWith('member_removed'));
        s.frames = s.frames.filter((f) => !f.event.includes('member_'));
    }
}


async function events(sockets) {
    const [a, b, c] = sockets;
    const talk = 'private-talk';

    for (const s of sockets) {
        await s.subscribe(talk);
        await s.subscribe('news');
    }

    for (let i = 0; i < 9; i++) {
        a.send('client-n', { i }, talk);
    }

    for (const s of [b, c]) {
        await until(() => s.all('client-n').length >= 9, 15000);
        is(s.all('client-n').map((f) => JSON.parse(f.data).i),
           [0, 1, 2, 3, 4, 5, 6, 7, 8], 'client events cross, in their order');
    }

    is(a.all('client-n'), [], 'and do not come back');

    b.send('client-p', 'hi', 'presence-room');

    for (const s of [a, c]) {
        const f = await s.next((e) => e.event === 'client-p');

        is(f && [f.data, f.user_id], ['hi', 'bob'], 'with whom they are of');
    }

    is((await publish(daemons[1], 'n1', 'x', ['news', talk])).json, {},
       'a server publishes at an instance');

    for (const s of sockets) {
        await until(() => s.all('n1').length >= 2, 15000);
        is(s.all('n1').map((f) => f.channel).sort(), ['news', talk],
           'all sockets get it, in each channel');
    }

    await publish(daemons[0], 'n2', 'x', ['news'], { socket_id: c.id });
    await publish(daemons[0], 'n3', 'x', ['news']);

    for (const s of sockets) {
        await s.next((f) => f.event === 'n3');
        is(s.all('n2').length, s === c ? 0 : 1, 'but for the one left out');
    }

    const long = 'é'.repeat(30000);

    await publish(daemons[2], 'long', long, ['news']);
    await publish(daemons[2], 'short', 'x', ['news']);

    for (const s of sockets) {
        await s.next((f) => f.event === 'short');
        is(s.all('long').map((f) => f.data === long), [true],
           'what is too long for a notification comes too, and first');
    }

    await Promise.all([...Array(300).keys()].map((i) =>
        publish(daemons[i % 3], 'many', String(i), ['news'])));

    for (const s of sockets) {
        await until(() => s.all('many').length >= 300, 15000);
        await s.next((f) => f.event === 'many' && f.data === '299');
        is(new Set(s.all('many').map((f) => f.data)).size
           + s.all('many').length, 598, 'many at once come once each');
    }
}


async function questions(sockets) {
    // what is no text would spoil the letter for all that is in it

    const odd = await Promise.all([
        api(daemons[0], 'GET', '/channels/%ff'),
        publish(daemons[0], 'odd', 'x', ['news']),
        api(daemons[0], 'GET', '/channels/%ff%fe'),
        publish(daemons[0], 'odd', 'x', ['news']),
    ]);

    is(odd.map((r) => r.status), [200, 200, 200, 200],
       'a name that is no text keeps nobody\'s events');
    is(odd[0].json, { occupied: false }, 'and is no channel');

    const list = await api(daemons[0], 'GET', '/channels', undefined,
                           { info: 'subscription_count,user_count' });

    is(list.json, { channels: {
        news: { subscription_count: 3 },
        'presence-room': { user_count: 3 },
        'private-talk': { subscription_count: 3 },
    } }, 'channels are those of all instances');

    is((await api(daemons[1], 'GET', '/channels', undefined,
                  { filter_by_prefix: 'presence-' })).json,
       { channels: { 'presence-room': {} } }, 'or those of a prefix');
    is((await api(daemons[2], 'GET', '/channels/news', undefined,
                  { info: 'subscription_count' })).json,
       { occupied: true, subscription_count: 3 }, 'or one');
    is((await api(daemons[2], 'GET', '/connections')).json,
       { connections: sockets.length }, 'so are connections');
    is((await publish(daemons[0], 'i', 'x', ['news', 'nobody'],
                      { info: 'subscription_count' })).json,
       { channels: { news: { subscription_count: 3 },
                     nobody: { subscription_count: 0 } } },
       'and what an event says of its channels');
}


async function caches() {
    await publish(daemons[0], 'c1', '1', ['cache-a']);
    await publish(daemons[0], 'c2', '2', ['cache-a']);

    const s = await Socket.connect(daemons[1]);

    ok(await until(async () => (await api(daemons[1], 'GET',
        '/channels/cache-a', undefined, { info: 'cache' })).json.cache),
       'the last event of a cache channel is known elsewhere');

    await s.subscribe('cache-a');
    is(await s.next((f) => f.channel === 'cache-a'),
       { event: 'c2', data: '2', channel: 'cache-a' },
       'and told to who comes');

    s.ws.close();
}


// An SMS, as a phone's submit stores it.
async function broadcasts() {
    const users = await Promise.all(
        daemons.map((d) => Client.connect(d.port, 1)));

    for (let i = 0; i < 20; i++) {
        await db.sql(`select sms_receive(1, null, 'Bank', '+14155550199',
                                         'sms ${i}', now())`);
        await db.sql('notify simrelay');
    }

    for (const user of users) {
        await until(() => user.events.length >= 20, 15000);
        is(user.events.map((e) => e.data.text).sort(),
           [...Array(20).keys()].map((i) => `sms ${i}`).sort(),
           'each SMS comes once at each instance');
        user.close();
    }
}


async function killed(sockets) {
    const room = 'presence-room';
    const [a, b] = sockets;

    sockets.forEach((s) => { s.frames = []; });

    daemons[2].kill('SIGKILL');
    await daemons[2].end;

    const began = Date.now();

    for (const s of [a, b]) {
        const gone = await s.next((f) => f.event.endsWith('member_removed'),
                                  30000);

        is(gone && JSON.parse(gone.data), { user_id: 'carl' },
           'who was at an instance that is killed leaves');
    }

    // nothing of it comes twice: a person comes and goes meanwhile

    const d = await Socket.connect(daemons[1]);

    is((await d.subscribe(room, 'dora')).ids.sort(), ['ann', 'bob', 'dora'],
       'and is not there any more');
    await a.next((f) => f.event.endsWith('member_added'));
    d.ws.close();
    await a.next((f) => f.event.endsWith('member_removed'));
    is(a.told(room), [], 'once');
    is((await api(daemons[0], 'GET', '/connections')).json.connections, 2,
       'its sockets do not count');
}


async function outage(sockets) {
    const room = 'presence-room';
    const [a, b] = sockets;

    sockets.forEach((s) => { s.frames = []; });

    await db.control('stop', '-m', 'immediate');

    is((await publish(daemons[0], 'lost', 'x', ['news'])).status, 503,
       'without the database nothing is published');

    const e = await Socket.connect(daemons[1]);

    is((await e.subscribe(room, 'eve')).ids.sort(), ['ann', 'bob', 'eve'],
       'but who comes is let in');
    b.send('pusher:unsubscribe', { channel: room });

    await db.control('start');

    ok(await a.next((f) => f.event.endsWith('member_added')
                    && JSON.parse(f.data).user_id === 'eve', 40000),
       'when it is back, others are told of who came meanwhile');
    ok(await a.next((f) => f.event.endsWith('member_removed')
                    && JSON.parse(f.data).user_id === 'bob', 40000),
       'and of who left');
    is(a.told(room), [], 'and of nobody else');
    is(a.all('lost'), [], 'what was not published has not come');

    ok(await until(async () => (await publish(daemons[0], 'again', 'x',
                                              ['news'])).status === 200),
       'publishing goes on');
    ok(await b.next((f) => f.event === 'again'), 'everywhere');
}


async function steps(dir) {
    await db.start(dir);
    await db.sql(people);

    for (const name of ['one', 'two', 'three']) {
        daemons.push(await Daemon.start(dir, name, {
            database: `"${db.conninfo()}"`, control: '""' }));
    }

    for (const d of daemons) {
        ok(await d.said('others=2', 20000), 'the instances find each other',
           d.log);
    }

    const sockets = await Promise.all(daemons.map((d) => Socket.connect(d)));

    await presence(sockets);
    await events(sockets);
    await questions(sockets);
    await caches();
    await broadcasts();
    await killed(sockets);
    await outage(sockets);

    for (const d of daemons.slice(0, 2)) {
        d.kill('SIGTERM');
        is(await d.end, 0, 'it ends');
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(d.log),
           'no complaint of a sanitizer', d.log);
    }

    is(await db.sql('select count(*) from sidecars'), '0',
       'whoever ends takes its sign of life away');
}


async function main() {
    const dir = directory();

    db = new Database();
    Client.module();
    Daemon.binary();

    try {
        await steps(dir);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${daemons.map((d) => d.log).join('\n')}`);

    } finally {
        for (const d of daemons) {
            await d.stop('SIGKILL');
        }

        await db.control('stop', '-m', 'immediate').catch(() => {});
        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
    process.exit();
}


main().catch((error) => bail(error.stack));
