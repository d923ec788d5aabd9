#!/usr/bin/env node

// The Pusher protocol with clients written by others: pusher-js, laravel-echo
// and the server library "pusher", through the configuration of nginx that is
// shipped, at two simrelayd.

'use strict';

const path = require('path');
const { createRequire } = require('module');
const { Daemon, bail, is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, sleep, t, until } = require('./lib/nginx.js');

const clients = createRequire(path.join(__dirname, 'clients', 'x'));

function library(name) {
    try {
        return clients(name);
    } catch {
        return bail(`the package "${name}" is missing: npm ci in t/clients`);
    }
}

const PusherJs = library('pusher-js');
const Server = library('pusher');

const MASTER = Buffer.alloc(32, 7).toString('base64');

const daemons = [];
const nginxs = [];
const servers = [];
const open = [];


// The operator's own server: signs for whoever is called so.
function connect(i, who, options = {}) {
    const pusher = new PusherJs('key', {
        cluster: '',
        wsHost: '127.0.0.1',
        wsPort: nginxs[i].port,
        wsPath: '/reverb',
        forceTLS: false,
        enableStats: false,
        enabledTransports: ['ws'],
        channelAuthorization: {
            customHandler: ({ socketId, channelName }, callback) => {
                const data = channelName.startsWith('presence-')
                    ? { user_id: who, user_info: { name: who } } : undefined;

                callback(null, servers[0].authorizeChannel(socketId,
                                                           channelName, data));
            },
        },
        userAuthentication: {
            customHandler: ({ socketId }, callback) => {
                callback(null, servers[0].authenticateUser(
                    socketId, { id: who, name: who }));
            },
        },
        ...options,
    });

    pusher.who = who;
    open.push(pusher);

    return pusher;
}

function subscribed(channel) {
    return new Promise((resolve, reject) => {
        channel.bind('pusher:subscription_succeeded', resolve);
        channel.bind('pusher:subscription_error',
                     (e) => reject(new Error(JSON.stringify(e))));
    });
}

// All of an event that a channel gets.
function collect(channel, event) {
    const got = [];

    channel.bind(event, (data, meta) => got.push({ data, ...meta }));

    return got;
}

const until15 = (look) => until(look, 15000);


async function presence(ann, bob) {
    const one = ann.subscribe('presence-room');

    await subscribed(one);
    is([one.members.count, one.members.me],
       [1, { id: 'ann', info: { name: 'ann' } }], 'a member knows itself');

    await until15(async () => {
        const response = await servers[1].get({
            path: '/channels/presence-room', params: { info: 'user_count' } });

        return (await response.json()).user_count === 1;
    });

    const added = collect(one, 'pusher:member_added');
    const removed = collect(one, 'pusher:member_removed');
    const two = bob.subscribe('presence-room');

    await subscribed(two);
    is([two.members.count, two.members.get('ann')],
       [2, { id: 'ann', info: { name: 'ann' } }],
       'another one at another instance knows both');

    ok(await until15(() => added.length > 0), 'the first is told');
    is(added.map((m) => m.data.id), ['bob'], 'of the other, once');

    const response = await servers[0].get({
        path: '/channels/presence-room/users' });

    is((await response.json()).users.map((u) => u.id).sort(), ['ann', 'bob'],
       'the server knows both');

    const typed = collect(two, 'client-typing');

    one.trigger('client-typing', { on: true });
    await until15(() => typed.length > 0);
    is(typed, [{ data: { on: true }, user_id: 'ann' }],
       'a client event crosses, with whom it is of');

    bob.unsubscribe('presence-room');
    await until15(() => removed.length > 0);
    is([removed.map((m) => m.data.id), one.members.count], [['bob'], 1],
       'and so does the end');
}


async function events(ann, bob) {
    const news = [ann, bob].map((p) => p.subscribe('private-news'));
    const cache = ann.subscribe('cache-a');
    const missed = collect(cache, 'pusher:cache_miss');

    await Promise.all(news.map(subscribed));
    await until15(() => missed.length > 0);
    is(missed.length, 1, 'a cache without an event misses');

    const got = news.map((c) => collect(c, 'e'));
    const fence = news.map((c) => collect(c, 'fence'));

    await servers[0].trigger('private-news', 'e', { n: 1, text: 'é"\\' });
    await servers[1].trigger(['private-news', 'cache-a'], 'e', { n: 2 });
    await servers[0].trigger('private-news', 'e', { n: 3 },
                             { socket_id: bob.connection.socket_id });
    await servers[1].triggerBatch([
        { channel: 'private-news', name: 'e', data: { n: 4 } },
        { channel: 'cache-a', name: 'e', data: { n: 5 } },
        { channel: 'private-news', name: 'fence', data: {} },
    ]);

    await until15(() => fence.every((f) => f.length > 0));

    const by = (g) => g.map((e) => e.data)
                       .sort((a, b) => a.n - b.n);

    is(by(got[0]), [{ n: 1, text: 'é"\\' }, { n: 2 }, { n: 3 }, { n: 4 }],
       'what servers trigger comes once each');
    is(by(got[1]), [{ n: 1, text: 'é"\\' }, { n: 2 }, { n: 4 }],
       'but for the socket that is left out');

    const late = bob.subscribe('cache-a');
    const cached = collect(late, 'e');

    await until15(() => cached.length > 0);
    is(cached.map((e) => e.data), [{ n: 5 }],
       'whoever comes later gets the last event');

    const response = await servers[0].get({
        path: '/channels', params: { info: 'subscription_count',
                                     filter_by_prefix: 'private-' } });

    is(await response.json(),
       { channels: { 'private-news': { subscription_count: 2 } } },
       'channels of all instances are listed');
}


async function encrypted(ann, bob) {
    const name = 'private-encrypted-a';
    const channels = [ann, bob].map((p) => p.subscribe(name));

    await Promise.all(channels.map(subscribed));

    const got = channels.map((c) => collect(c, 'secret'));

    await servers[1].trigger(name, 'secret', { text: 'x' });
    await until15(() => got.every((g) => g.length > 0));
    is(got.map((g) => g.map((e) => e.data)), [[{ text: 'x' }], [{ text: 'x' }]],
       'what is encrypted is understood by those who have the key');
}


async function users(ann) {
    const first = connect(0, 'sue');
    const second = connect(1, 'sue');

    first.signin();
    second.signin();
    await Promise.all([first, second].map((p) => p.user.signinDonePromise));

    is([first.user.user_data.id, second.user.user_data.name], ['sue', 'sue'],
       'users sign in');

    const got = [first, second].map((p) => collect(p.user, 'hello'));

    await until15(async () => {
        await servers[0].sendToUser('sue', 'hello', { n: 1 });
        return got.every((g) => g.length > 0);
    });

    ok(got.every((g) => g.length > 0 && g[0].data.n === 1),
       'and are sent to at all instances');

    await servers[1].terminateUserConnections('sue');

    for (const p of [first, second]) {
        ok(await until15(() => p.connection.state !== 'connected'),
           'all of a user\'s sockets are ended');
    }

    await sleep(100);
    is(ann.connection.state, 'connected', 'others\' are not');
}


async function echoes() {
    const { default: Echo } = await import(path.join(
        __dirname, 'clients/node_modules/laravel-echo/dist/echo.js'));
    const e = new Echo({ broadcaster: 'reverb', key: 'key',
                         client: connect(1, 'eve') });
    const here = new Promise((resolve) => e.join('echo').here(resolve));

    is(await here, [{ name: 'eve' }], 'laravel-echo joins');

    const joined = new Promise((resolve) => e.join('echo').joining(resolve));
    const other = connect(0, 'max').subscribe('presence-echo');

    await subscribed(other);
    is(await joined, { name: 'max' }, 'and is told who joins elsewhere');

    const whispered = collect(other, 'client-hi');

    e.join('echo').whisper('hi', { a: 1 });
    await until15(() => whispered.length > 0);
    is(whispered, [{ data: { a: 1 }, user_id: 'eve' }], 'its whispers cross');
    e.disconnect();
}


async function refused() {
    const wrong = new Server({ appId: 'simrelay', key: 'key', secret: 'wrong',
                               host: '127.0.0.1', port: nginxs[0].port });
    const other = new Server({ appId: 'nosuch', key: 'key', secret: 'secret',
                               host: '127.0.0.1', port: nginxs[0].port });
    const status = (p) => p.then(() => 200, (e) => e.status);

    is([await status(wrong.trigger('a', 'e', {})),
        await status(other.trigger('a', 'e', {})),
        await status(servers[0].get({ path: '/channels/presence-no/users' })),
        await status(servers[0].get({ path: '/channels/no/users' })),
        await status(servers[0].trigger('a', 'e', 'x'.repeat(102401)))],
       [401, 404, 404, 400, 413], 'what is wrong is refused');

    const http = new Http(nginxs[0].port);
    const up = await http.request(null, 'GET', '/up');
    const reverb = await http.request(null, 'GET', '/reverb/up');

    is([up.body, reverb.body], ['{"health":"OK"}', '{"health":"OK"}'],
       'it is up, with its prefix too');

    const auth = await http.request('ann', 'POST', '/api/broadcasting/auth',
        { socket_id: '1.2', channel_name: 'presence-room' });

    is(auth.status, 403, 'we sign for no presence channel ourselves');
    http.close();

    // nobody from elsewhere

    const outside = await Nginx.start('outside', {
        shipped: true, sidecar: daemons[0].port,
        http: 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;' });
    const far = new Http(outside.port);
    const from = (ip) => far.request(null, 'GET', '/apps/simrelay/channels',
                                     null, { 'X-Real-IP': ip })
        .then((answer) => answer.status);

    is([await from('8.8.8.8'), await from('2001:db8::1'),
        await from('10.1.2.3')], [403, 403, 401],
       'the HTTP API is for this machine and private networks alone');
    far.close();
}


async function steps() {
    for (const name of ['one', 'two']) {
        const daemon = await Daemon.start(t.dir, name, {
            database: `"${t.db.conninfo()}"`, control: '""' });

        daemons.push(daemon);
        nginxs.push(await Nginx.start(`nginx-${name}`, {
            shipped: true, sidecar: daemon.port }));
    }

    for (const daemon of daemons) {
        ok(await daemon.said('others=1', 20000),
           'the instances know each other', daemon.log);
    }

    for (const nginx of nginxs) {
        servers.push(new Server({
            appId: 'simrelay', key: 'key', secret: 'secret',
            host: '127.0.0.1', port: nginx.port,
            encryptionMasterKeyBase64: MASTER,
        }));
    }

    const [ann, bob] = [connect(0, 'ann'), connect(1, 'bob')];

    await presence(ann, bob);
    await events(ann, bob);
    await encrypted(ann, bob);
    await users(ann);
    await echoes();
    await refused();

    open.forEach((p) => p.disconnect());

    for (const daemon of daemons) {
        daemon.kill('SIGTERM');
        is(await daemon.end, 0, 'it ends');
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(daemon.log),
           'no complaint of a sanitizer', daemon.log);
    }

    nginxs.forEach((nginx) => nginx.sound('nginx'));
}


Daemon.binary();
main(async () => {
    try {
        await steps();

    } finally {
        daemons.forEach((d) => d.kill('SIGKILL'));
    }
});
