#!/usr/bin/env node

// PostgreSQL that stops, crashes, hangs, is slow, has another schema, or is
// not the first of several hosts: requests get a 503 meanwhile, workers live
// on, all is well again by itself, and what was answered 202 is stored once.

'use strict';

const fs = require('fs');
const net = require('net');
const path = require('path');
const { is, ok, port, sleep, until } = require('./lib/sidecar.js');
const { Http, Nginx, each, main, t, uuid } = require('./lib/nginx.js');

const diag = (text) => console.log(`# ${text}`);

// No recovery is slower on a machine that is idle; here are others at work.
const RECOVERY = 5000;
const AIM = 2000;


// What is wrong with an answer of 503; '' where nothing is.
function unavailable(answer) {
    return answer.status === 503 && Number(answer.headers['retry-after']) >= 1
           && answer.headers['content-type'] === 'application/json'
           && /^\{"message":"Service Unavailable"\}$/.test(answer.body)
           ? '' : `${answer.status} ${JSON.stringify(answer.headers)}`
                  + ` ${answer.body}`;
}


// Phones that submit, each an SMS of its own at a time, and people who read;
// several connections to each worker.
class Load {
    constructor(lists) {
        this.answers = [];
        this.faults = [];
        this.runs = true;

        this.clients = lists.flatMap((https) => https.map((http, i) =>
            this.client(http, i === 0)));
    }

    async client(http, reads) {
        while (this.runs) {
            const id = Load.id++;
            const sent = Date.now();

            try {
                const answer = reads
                    ? await http.request('ann', 'GET', '/api/sims')
                    : await http.submit(id);
                const good = answer.status === (reads ? 200 : 202);
                const fault = good ? '' : unavailable(answer);

                if (fault !== '') {
                    this.faults.push(fault);
                }

                this.answers.push({ id, reads, sent, good, at: Date.now(),
                                    worker: answer.worker });

                await sleep(good ? 1 : 10);

            } catch (error) {
                this.faults.push(`${error.message}, ${error.answered}`);
                await sleep(10);
            }
        }
    }

    // Has each worker answered reads and writes like this since then?
    all(good, since) {
        const seen = this.answers.filter((a) => a.good === good
                                                && a.sent >= since);

        return new Set(seen.map((a) => `${a.worker} ${a.reads}`)).size === 4;
    }

    // Until when it took them all to answer well again.
    recovered(since) {
        const first = {};

        for (const a of this.answers) {
            if (a.good && a.sent >= since) {
                first[`${a.worker} ${a.reads}`] ??= a.at;
            }
        }

        return Math.max(...Object.values(first));
    }

    async stop() {
        this.runs = false;
        await Promise.all(this.clients);
    }
}

Load.id = 1;


async function outage(nginx, load, mode, pause) {
    const errors = nginx.lines('error').length;

    ok(await until(() => load.all(true, 0)), `all is well before stop ${mode}`);

    await t.db.control('stop', '-m', mode);

    const stopped = Date.now();

    ok(await until(() => load.all(false, stopped)),
       'each worker answers reads and writes 503');

    const health = await new Http(nginx.port).request(null, 'GET',
                                                      '/api/health');

    is([health.status, health.json.status, health.headers['retry-after']],
       [503, 'error', '1'], 'and health too');

    await sleep(pause);

    const starting = Date.now();

    is(load.answers.filter((a) => a.good && a.sent > stopped).length, 0,
       'nothing is answered otherwise');

    const start = t.db.control('start');

    await until(() => t.db.sql('select 1').then(() => true, () => false),
                30000);

    const ready = Date.now();

    ok(await until(() => load.all(true, starting), 30000),
       'each worker answers again by itself');
    await start;

    const took = Math.max(0, load.recovered(starting) - ready);

    diag(`recovered ${took} ms after PostgreSQL took connections`
         + ` (aim: ${AIM})`);
    ok(took < RECOVERY, 'soon', took);

    const told = nginx.lines('error').slice(errors);

    ok(told.length > 0 && told.length <= 12
       && told.every((l) => l.includes('simrelay: database connection is')),
       'the log says so in a few lines', told.join('\n'));
}


async function stored(load) {
    const mine = load.answers.filter((a) => !a.reads);
    const http = new Http(t.nginx.port);
    const unsure = mine.filter((a) => !a.good);

    const file = path.join(t.dir, 'answered.sql');

    fs.writeFileSync(file, `
        select (select count(*) from (values
                   ${mine.filter((a) => a.good)
                         .map((a) => `('${uuid(a.id)}'::uuid)`).join(',\n')})
                       a(id)
                 where not exists (select from device_submits d
                                    where d.message_id = a.id)),
               (select count(*) from (select from messages group by body
                                      having count(*) > 1) m)`);

    is(await t.db.psql('-f', file), '0|0',
       `each of ${mine.length - unsure.length} that were answered 202 is`
       + ' stored, none is stored twice');

    const again = [];

    for (const a of unsure.slice(0, 200)) {
        again.push((await http.submit(a.id)).status);
    }

    ok(again.length > 0 && again.every((s) => s === 202 || s === 200),
       'each that was answered 503 can be sent again');

    const twice = await t.db.sql(`
        select count(*) = (select count(*) from device_submits),
               count(*) = count(distinct body),
               count(*) = (select count(*) from events
                            where type = 'message.inbound')
          from messages`);

    is(twice, 't|t|t', 'then each is stored once, with one event');
}


async function outages() {
    const nginx = t.nginx = await Nginx.start('nginx');
    const workers = nginx.workers();
    const load = new Load(await each(nginx, 3));

    // pauses between two tries do not grow without end
    await outage(nginx, load, 'fast', 1500);
    await outage(nginx, load, 'immediate', 8000);

    await load.stop();

    is(load.faults.slice(0, 3), [],
       'no answer but 200, 202 and 503 with Retry-After, no connection lost');
    is(nginx.workers(), workers, 'the workers are the same');
    nginx.sound('two outages');

    await stored(load);
}


// Clients that are gone when they are answered, while nothing can be asked.
async function resets(nginx) {
    const workers = nginx.workers();
    const head = 'Host: x\r\nAuthorization: Bearer nobody\r\n';
    const requests = [
        `GET /api/sims HTTP/1.1\r\n${head}\r\n`,
        `POST /api/sims/105/lock HTTP/1.1\r\n${head}`
        + 'Content-Length: 2\r\n\r\n{}',
    ];

    await Promise.all(Array.from({ length: 400 }, (_, i) =>
        new Promise((resolve) => {
            const client = net.connect(nginx.port, '127.0.0.1', () =>
                client.write(requests[i % 2],
                             () => client.resetAndDestroy()));

            client.on('close', resolve).on('error', () => {});
        })));

    is([(await new Http(nginx.port).request('ann', 'GET', '/api/sims')).status,
        nginx.workers()], [503, workers],
       'clients that reset their connections meanwhile take no worker along');
}


// Another version of the schema, first under a worker that runs, then from
// its beginning.
async function schema(name, change, back, text) {
    const nginx = t.nginx;
    const answers = async () => {
        const https = (await each(nginx)).flat();

        return Promise.all(https.map((h) => h.request('ann', 'GET',
                                                      '/api/sims')));
    };

    const lines = () => nginx.lines('error')
                             .filter((l) => l.includes(text)).length;
    const before = lines();

    await t.db.sql(change);
    await t.db.sql(`select pg_terminate_backend(pid) from pg_stat_activity
                     where application_name = 'simrelay'`);

    ok(await until(async () =>
        (await answers()).every((a) => unavailable(a) === '')),
       `a schema that is ${name}: 503`);
    await resets(nginx);

    await sleep(1500);
    is(lines() - before, 2, 'each worker tells the operator why, once');

    await t.db.sql(back);

    ok(await until(async () => (await answers()).every((a) => a.status === 200),
                   10000), 'it is taken when it is right again');
}


async function schemas() {
    const known = await t.db.sql('select max(version) from schema_migrations');

    await schema('too new',
                 "insert into schema_migrations values (9999, 'later')",
                 'delete from schema_migrations where version = 9999',
                 'database schema is version 9999 and newer than this build,'
                 + ` which knows version ${known}`);

    await schema('too old',
                 `update schema_migrations set version = 0
                   where version = ${known}`,
                 `update schema_migrations set version = ${known}
                   where version = 0`,
                 `database schema is version ${known - 1}, this build knows`
                 + ` version ${known}: run "simrelay migrate"`);

    t.nginx.sound('other schemas');
    await t.nginx.stop();
}


// An nginx with one worker and one connection, and a table that is locked
// while the steps run.
async function locked(name, directives, steps) {
    const nginx = await Nginx.start(name, {
        workers: 1,
        http: 'simrelay_database_connections reads=1 writes=1;\n'
              + directives,
    });
    const session = t.db.session();

    await until(async () => (await new Http(nginx.port)
        .request(null, 'GET', '/api/health')).status === 200, 10000);

    await session.say('begin; lock table device_submits');

    const https = Array.from({ length: 8 }, () => new Http(nginx.port));

    await steps(https, async () => {
        await session.say('commit');
    }, nginx);

    await session.end();
    nginx.sound(name);
    await nginx.stop();
}


const patient = 'statement=30s lock=30s';


async function full(https, release) {
    const waiting = new Set();
    const answers = https.map((http, i) => {
        waiting.add(i);
        return http.submit(1000000 + i).finally(() => waiting.delete(i));
    });

    ok(await until(() => waiting.size === 3),
       'one is under way, two wait, all others are answered at once',
       waiting.size);

    const other = await new Http(https[0].to).request('ann', 'GET',
                                                      '/api/sims');

    is(other.status, 200, 'who reads does not wait for who writes');

    await release();

    const all = await Promise.all(answers);

    is([all.filter((a) => a.status === 202).length,
        all.map((a) => a.status === 202 ? '' : unavailable(a)).join('')],
       [3, ''], 'the queue is stored, what was too much got a 503');
}


async function late(https, release) {
    const first = https[0].submit(1100000);

    await sleep(100);

    const sent = Date.now();
    const second = await https[1].submit(1100001);

    is([unavailable(second), Date.now() - sent >= 290], ['', true],
       'who waited too long in the queue gets a 503');

    await release();

    is((await first).status, 202, 'who was under way does not');
}


// The statement is ended by the database; its connection goes on.
const slow = (state) => async (https, release, nginx) => {
    const answer = await https[0].submit(1200000);

    is(unavailable(answer), '', 'a statement that takes too long: 503');
    ok(nginx.log().includes(`database refused with ${state}`),
       `for ${state}`, nginx.log());

    await release();

    is([(await https[0].submit(1200000)).status,
        nginx.log().includes('connection is closed')], [202, false],
       'its connection goes on, and nothing of it was stored');

    await t.db.sql(`delete from device_submits
                     where message_id = '${uuid(1200000)}'`);
};


async function hanging(https, release, nginx) {
    await release();

    const pids = (await t.db.sql(`
        select pid from pg_stat_activity
         where application_name = 'simrelay'`)).split('\n').map(Number);

    pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));

    try {
        const sent = Date.now();
        const answers = await Promise.all([
            https[0].submit(1300000),
            https[1].request('ann', 'GET', '/api/health/detailed'),
        ]);

        diag(`given up after ${Date.now() - sent} ms`);

        is([unavailable(answers[0]), answers[1].json.checks.database.status],
           ['', 'error'], 'a database that hangs: 503');
        ok(nginx.log().includes('connection is closed: it does not answer'),
           'the log says so');

    } finally {
        pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
    }

    ok(await until(async () =>
        [200, 202].includes((await https[0].submit(1300000)).status), 10000),
       'others take its place');
}


async function hosts() {
    const dead = await port();
    const silent = net.createServer(() => {});

    await new Promise((resolve) => {
        silent.listen(0, '127.0.0.1', resolve);
    });

    const { address, port: mute } = silent.address();
    const end = `dbname=${t.db.name} user=postgres`;
    const cases = [
        ['refuses', `host=127.0.0.1,127.0.0.1 port=${dead},${t.db.port}`],
        ['is not there', `host=${t.dir}/none,127.0.0.1 port=${t.db.port}`],
        ['refuses, by names', `host=localhost,localhost`
                              + ` port=${dead},${t.db.port}`],
        ['says nothing', `host=${address},127.0.0.1 port=${mute},${t.db.port}`],
    ];

    await Promise.all(cases.map(async ([what, conninfo]) => {
        const nginx = await Nginx.start(`host ${what}`.replace(/\W+/g, '-'), {
            database: `${conninfo} ${end}`,
            http: 'simrelay_database_timeouts connect=200ms;',
            workers: 1,
        });
        const http = new Http(nginx.port);

        ok(await until(async () =>
            (await http.request('ann', 'GET', '/api/sims')).status === 200
            && (await http.request('ann-phone', 'POST',
                                   '/api/byos/devices/201/heartbeat',
                                   {})).status === 200, 10000),
           `the second host is used where the first ${what}`,
           nginx.log().slice(-2000));

        nginx.sound(what);
        await nginx.stop();
    }));

    silent.close();
}


main(async () => {
    await outages();
    await schemas();

    await locked('full', `simrelay_database_timeouts ${patient} queue=30s;\n`
                         + 'simrelay_database_depth 1;\n'
                         + 'simrelay_database_queue 2;', full);
    await locked('late', `simrelay_database_timeouts ${patient} queue=300ms;\n`
                         + 'simrelay_database_depth 1;', late);
    await locked('statement',
                 'simrelay_database_timeouts statement=300ms lock=30s;',
                 slow('57014'));
    await locked('lock', 'simrelay_database_timeouts statement=30s lock=100ms;',
                 slow('55P03'));
    await locked('hanging',
                 'simrelay_database_timeouts statement=100ms lock=10ms;',
                 hanging);
    await hosts();
});
