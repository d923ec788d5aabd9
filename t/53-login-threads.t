#!/usr/bin/env node

// The threads that hash passwords: who waits for them, who goes meanwhile, what
// is too much, and that a worker ends when they have.

'use strict';

const crypto = require('crypto');
const http2 = require('http2');
const { is, ok, port } = require('./lib/sidecar.js');
const { Http, Nginx, gone, main, sleep, t, token, until }
    = require('./lib/nginx.js');

const THREADS = 1;
const QUEUE = 32;

const PASSWORD = 'correct horse battery';

// a hash of it that takes seconds
const base64 = (bytes) => bytes.toString('base64').replace(/=/g, '');
const salt = crypto.randomBytes(16);
const SLOW = `$scrypt$ln=17,r=8,p=6$${base64(salt)}$${base64(
    crypto.scryptSync(PASSWORD, salt, 32, { N: 1 << 17, r: 8, p: 6,
                                            maxmem: 1 << 28 }))}`;

const END = 120000;

// the threads are those of everything else: those of the module's own pause on
// a machine that is busy
const options = {
    workers: 1,
    http: 'simrelay_database_connections reads=1 writes=4;',
};

let n = 0;


// A sign-in to an address of its own, which costs a hash.
const login = (http, email = `nobody${n++}@example.com`,
               password = 'a wrong password') =>
    http.request(null, 'POST', '/api/auth/login', { email, password })
        .then((a) => a.status, (error) => error.message);

const begun = () => t.db.sql(
    `select count(*) from throttles where kind = 'login'`).then(Number);


// So many at once, by connections of their own, when all have begun.
async function flood(nginx, many) {
    const before = await begun();
    const clients = Array.from({ length: many }, () => new Http(nginx.port));
    const answers = clients.map((http) => login(http));

    await until(async () => await begun() === before + many, END);

    return { answers, leave: () => clients.forEach((http) => http.close()) };
}


const tally = (all) => all.reduce((sum, x) => ({ ...sum,
                                                 [x]: (sum[x] || 0) + 1 }), {});


async function full(nginx) {
    const many = QUEUE + THREADS + 30;
    const all = Array.from({ length: many }, () => login(new Http(nginx.port)));
    const others = new Http(nginx.port);
    let read = 0;
    let over = false;

    Promise.all(all).then(() => { over = true; });

    while (!over) {
        const { status } = await others.request('ann', 'GET', '/api/user');

        read += status === 200 && !over;
        await sleep(5);
    }

    const seen = tally(await Promise.all(all));

    console.log(`# ${JSON.stringify(seen)}, ${read} reads`);
    is(Object.keys(seen).sort(), ['422', '503'],
       'what the queue does not hold is told so');
    ok(seen[422] >= QUEUE + THREADS, 'what it holds is answered', seen[422]);
    ok(read > 10, 'others are served meanwhile', read);
}


async function leave(nginx) {
    // as many as there may be go; their places are free for as many others
    for (let i = 0; i < 3; i++) {
        const { leave: go } = await flood(nginx, QUEUE + THREADS);

        go();
    }

    // nginx sees them go before it sees who comes
    await new Http(nginx.port).request('ann', 'GET', '/api/user');

    const { answers } = await flood(nginx, QUEUE);

    is(tally(await Promise.all(answers)), { 422: QUEUE },
       'who goes while it waits, or is hashed, leaves no place taken');
}


async function reset(nginx, second) {
    const session = http2.connect(`http://127.0.0.1:${second}`);

    session.on('error', () => {});

    for (let i = 0; i < 6; i++) {
        const before = await begun();
        const streams = Array.from({ length: 4 }, () => {
            const stream = session.request({
                ':method': 'POST', ':path': '/api/auth/login',
            });

            stream.on('error', () => {});
            stream.end(JSON.stringify({ email: `nobody${n++}@example.com`,
                                        password: 'a wrong password' }));

            return stream;
        });

        await until(async () => await begun() === before + 4, END);

        if (i % 2) {
            session.ping(() => {});
        }

        streams.forEach((stream) =>
            stream.close(http2.constants.NGHTTP2_CANCEL));
    }

    const stream = session.request({
        ':path': '/api/user', 'authorization': `Bearer ${token('ann')}`,
    });

    is(await new Promise((resolve) => {
        stream.on('response', (headers) => resolve(headers[':status']));
        stream.on('error', (error) => resolve(error.code));
        stream.end();
    }), 200, 'streams that are reset leave the others alone');

    session.destroy();

    const { answers } = await flood(nginx, QUEUE);

    is(tally(await Promise.all(answers)), { 422: QUEUE },
       'and leave no place taken');
}


async function reload(nginx) {
    const old = nginx.workers();
    const { answers } = await flood(nginx, 6);

    nginx.signal('SIGHUP');

    is(tally(await Promise.all(answers)), { 422: 6 },
       'who signs in at a reload is answered');
    ok(await until(() => old.every(gone), END), 'and then the worker ends');
}


// A worker that may wait no longer closes what still has a thread at work.
async function shutdown() {
    const nginx = await Nginx.start('shutdown', {
        ...options, main: 'worker_shutdown_timeout 1s;',
    });
    const old = nginx.workers();

    await t.db.sql(`
        delete from throttles;
        delete from credentials where id > 1000;
        update users set password_hash = '${SLOW}' where id < 6`);

    const clients = ['ann', 'ada', 'max', 'mia', 'bob'].map((who) =>
        login(new Http(nginx.port), `${who}@example.com`, PASSWORD));

    await until(async () => await t.db.sql(`
        select count(*) from throttles
         where kind = 'login' and hits = 1
           and digest in (select sha256(convert_to(email || ' 127.0.0.1',
                                                   'UTF8')) from users)`)
        === '5', END);

    nginx.signal('SIGHUP');

    const answers = await Promise.all(clients);

    console.log(`# ${JSON.stringify(tally(answers))}`);
    ok(await until(() => old.every(gone), END),
       'a worker that may wait no longer ends');
    is(await t.db.sql(`select count(*) from credentials where id > 1000`),
       String(answers.filter((status) => status === 200).length),
       'nobody is signed in who has gone');
    is(await login(new Http(nginx.port)), 422, 'the next one works');
    nginx.sound('a shutdown');
    await nginx.stop();
}


// Threads of the module's own pause, but for a worker that is to end.
async function own() {
    const nginx = await Nginx.start('own', {
        ...options, main: 'thread_pool passwords threads=1;',
        http: `${options.http}\nsimrelay_password_threads passwords;`,
    });
    const old = nginx.workers();
    const { answers } = await flood(nginx, 4);

    nginx.signal('SIGHUP');

    is(tally(await Promise.all(answers)), { 422: 4 },
       'threads of the module\'s own hash too, at a reload');
    ok(await until(() => old.every(gone), END), 'and then the worker ends');
    nginx.sound('threads of its own');
    await nginx.stop();
}


main(async () => {
    const second = await port();
    const nginx = await Nginx.start('nginx', { ...options,
                                               listen: [`${second} http2`] });

    await full(nginx);
    await leave(nginx);
    await reset(nginx, second);

    await t.db.sql('delete from throttles');
    is((await new Http(nginx.port).request(null, 'POST', '/api/auth/login', {
        email: 'ann@example.com', password: PASSWORD,
    })).status, 200, 'after all that one signs in');

    await reload(nginx);
    nginx.sound('threads');

    await own();
    await shutdown();
});
