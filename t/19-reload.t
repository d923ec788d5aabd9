#!/usr/bin/env node

// Reloads and a binary upgrade under load, by HTTP/1.1 with keep-alive,
// pipelined, and HTTP/2: no request is lost, old workers end by themselves.
//
// A connection may be closed while a request is on its way to it; a client
// then asks again by another one.  Lost is what was answered in part, and what
// was done without an answer: the SMS is then there when it is sent again.

'use strict';

const http2 = require('http2');
const { is, ok, port, sleep, until } = require('./lib/sidecar.js');
const { Http, Nginx, gone, main, t, token, uuid }
    = require('./lib/nginx.js');

const diag = (text) => console.log(`# ${text}`);

// Old workers have seconds to end; these are many.
const END = 20000;

const load = { id: 1, answered: 0, retried: 0, faults: [], runs: true,
               workers: new Set() };


// Counts an answer; "again": it was asked for before, in vain.
function count(kind, answer, expected, again) {
    if (answer.status !== expected) {
        load.faults.push(`${kind}${again ? ', again' : ''}: ${answer.status}`
                         + ` ${answer.body}`);
    }

    load.answered++;
    load.retried += again;
    load.workers.add(answer.worker);
}


// Asks until it is answered.
async function insist(kind, expected, ask) {
    for (let again = 0; ; again++) {
        try {
            count(kind, await ask(), expected, again > 0);
            return;

        } catch (error) {
            if (error.answered || again > 20) {
                load.faults.push(`${kind}: ${error.message}`);
                return;
            }
        }
    }
}


async function keepalive(to, reads) {
    const http = new Http(to);
    const kind = reads ? 'read' : 'submit';

    while (load.runs) {
        const id = load.id++;

        await insist(kind, reads ? 200 : 202, () => reads
            ? http.request('ann', 'GET', '/api/sims') : http.submit(id));
        await sleep(1);
    }

    http.close();
}


// Several at once on one connection.
async function pipelined(to) {
    const http = new Http(to);

    while (load.runs) {
        const ids = Array.from({ length: 6 }, () => load.id++);

        await Promise.all(ids.map((id) => insist('pipelined', 202,
                                                 () => http.submit(id))));
        await sleep(1);
    }

    http.close();
}


// A connection for each request, as HTTP/1.0 has it: none may fail.
async function single(to) {
    while (load.runs) {
        const http = new Http(to);
        const id = load.id++;

        try {
            count('single', await http.submit(id), 202, 0);
        } catch (error) {
            load.faults.push(`single: ${error.message}`);
        }

        http.close();
        await sleep(5);
    }
}


// A session of HTTP/2, made anew where the server has said that it goes.
class Http2 {
    constructor(to) {
        this.to = to;
        this.session = null;
    }

    open() {
        const session = http2.connect(`http://127.0.0.1:${this.to}`);
        const forget = () => {
            if (this.session === session) {
                this.session = null;
            }
        };

        session.on('goaway', forget);
        session.on('close', forget);
        session.on('error', forget);
        this.session = session;
    }

    submit(id) {
        if (this.session === null || this.session.closed
            || this.session.destroyed)
        {
            this.open();
        }

        const body = JSON.stringify({ from: '+15557654321', body: `text ${id}`,
                                      message_id: uuid(id) });

        return new Promise((resolve, reject) => {
            const answer = { status: 0, body: '', worker: 0 };
            const fail = (why) => {
                const error = new Error(`no answer: ${why}`);

                error.answered = answer.status !== 0;
                reject(error);
            };

            let stream;

            try {
                stream = this.session.request({
                    ':method': 'POST', ':path': '/api/byos/devices/201/sms',
                    'authorization': `Bearer ${token('ann-phone')}`,
                });
            } catch (error) {
                this.session = null;
                fail(error.code);
                return;
            }

            stream.on('response', (headers) => {
                answer.status = headers[':status'];
                answer.worker = Number(headers['x-worker']);
            });
            stream.on('data', (data) => { answer.body += data; });
            stream.on('error', (error) => fail(error.code));
            stream.on('end', () => answer.status !== 0 && resolve(answer));
            stream.on('close', () => fail('closed'));
            stream.end(body);
        });
    }

    close() {
        if (this.session !== null) {
            this.session.destroy();
        }
    }
}


// Several at once, again and again.
async function streams(to) {
    const http = new Http2(to);

    while (load.runs) {
        const ids = Array.from({ length: 6 }, () => load.id++);

        await Promise.all(ids.map((id) => insist('HTTP/2', 202,
                                                 () => http.submit(id))));
        await sleep(1);
    }

    http.close();
}


// Waits until so many more requests were answered.
async function work(more) {
    const enough = load.answered + more;

    return until(() => load.answered >= enough || load.faults.length > 100,
                 30000);
}


async function ended(what, pids) {
    const from = Date.now();
    const all = await until(() => pids.every(gone), END);

    ok(all, `${what} end by themselves`, pids.filter((pid) => !gone(pid)));
    diag(`after ${Date.now() - from} ms`);
}


async function reloads(nginx) {
    for (let i = 1; i <= 5; i++) {
        const old = nginx.workers();

        await work(100);
        nginx.signal('SIGHUP');

        ok(await until(() => nginx.workers()
                                  .some((pid) => !old.includes(pid)), END),
           `reload ${i}: new workers`);
        await ended('the old ones', old);
    }
}


// Some at once, so that several generations of workers are there.
async function haste(nginx) {
    const old = nginx.workers();

    for (let i = 0; i < 4; i++) {
        nginx.signal('SIGHUP');
        await sleep(150);
    }

    await ended('those of reloads in haste', old);
    ok(await until(() => nginx.workers(nginx.pid(), true).length === 2, END),
       'and all but the last two', nginx.workers(nginx.pid(), true));
}


async function upgrade(nginx) {
    const master = nginx.pid();
    const old = nginx.workers();

    await work(100);
    nginx.signal('SIGUSR2', master);

    ok(await until(() => nginx.pid('.oldbin') === master
                         && nginx.pid() !== 0
                         && nginx.workers().length === 2, END),
       'upgrade: a new master has workers', nginx.log().slice(-2000));

    const successor = nginx.pid();

    ok(successor !== master && !gone(master), 'beside the old one');
    await work(100);

    nginx.signal('SIGWINCH', master);
    await ended('the old workers', old);
    await work(100);

    nginx.signal('SIGQUIT', master);
    await ended('the old master', [master]);

    const now = nginx.workers();

    load.workers.clear();
    await work(200);

    is([nginx.pid(), [...load.workers].every((pid) => now.includes(pid))],
       [successor, true], 'the new ones answer');
}


// The last request of a worker that is to end is answered.
async function slow(nginx) {
    const session = t.db.session();

    await session.say('begin; lock table device_submits');

    const answer = new Http(nginx.port).submit(10000000)
        .then((a) => a.status, (error) => error.message);
    const old = nginx.workers();

    await until(async () => (await t.db.sql(`
        select count(*) from pg_stat_activity
         where application_name = 'simrelay'
           and wait_event_type = 'Lock'`)) === '1');

    nginx.signal('SIGHUP');
    await until(() => nginx.log().includes('gracefully shutting down'));
    await sleep(300);
    await session.say('commit');
    await session.end();

    is(await answer, 202, 'a request in flight keeps its worker');
    await ended('then the workers', old);
}


// A session of HTTP/2 that always has a stream may last, until nginx is told
// to wait no longer.
async function timeout() {
    const second = await port();
    const nginx = await Nginx.start('timeout', {
        main: 'worker_shutdown_timeout 1s;',
        listen: [`${second} http2`],
    });
    const http = new Http2(second);
    const old = nginx.workers();
    let runs = true;
    let n = 0;

    const busy = Array.from({ length: 8 }, async () => {
        while (runs) {
            await http.submit(load.id++).then(() => n++, () => sleep(10));
        }
    });

    await until(() => n > 100, END);
    nginx.signal('SIGHUP');
    await ended('workers with worker_shutdown_timeout', old);

    const before = n;

    ok(await until(() => n > before + 100, END), 'others take their place');

    runs = false;
    await Promise.all(busy);
    http.close();
    nginx.sound('a shutdown timeout');
}


main(async () => {
    const second = await port();
    const nginx = await Nginx.start('nginx', {
        listen: [`${second} http2`],
        // a worker that is to end overlooks a session of HTTP/2 whose first
        // bytes come late; such a one is over after this time
        http: 'simrelay_database_timeouts statement=30s lock=30s queue=1m;\n'
              + 'keepalive_time 2s;',
    });
    const master = nginx.pid();

    await slow(nginx);

    const clients = [
        ...[0, 1, 2].map(() => keepalive(nginx.port, false)),
        ...[0, 1].map(() => keepalive(nginx.port, true)),
        pipelined(nginx.port), pipelined(nginx.port), single(nginx.port),
        streams(second), streams(second),
    ];

    await reloads(nginx);
    await haste(nginx);
    await upgrade(nginx);

    load.runs = false;
    await Promise.all(clients);

    diag(`${load.answered} requests, ${load.retried} of them asked again`);
    is(load.faults.slice(0, 5), [],
       `${load.faults.length} of ${load.answered} requests were lost`);

    is(await t.db.sql(`
        select count(*) = count(distinct body) from messages`), 't',
       'and none was done twice');

    ok(gone(master), 'nothing is left of the first');
    nginx.sound('reloads');

    await timeout();
});
