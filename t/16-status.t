#!/usr/bin/env node

// The metrics: well formed for Prometheus, true to what was asked, added up
// over workers and reloads, and there without the database.

'use strict';

const { is, ok, sleep, until } = require('./lib/sidecar.js');
const { Http, Nginx, each, gone, main, t } = require('./lib/nginx.js');

const LINE = /^([a-z_]+)(?:\{([^}]*(?:\{[^}]*\}[^}]*)*)\})? (\S+)$/;


// Takes the text apart as Prometheus' format wants it: a map of samples by
// "name{labels}", and what is wrong with it.
function parse(text) {
    const values = {};
    const types = {};
    const faults = [];
    const closed = new Set();
    let current = null;

    if (!text.endsWith('\n')) {
        faults.push('no newline at the end');
    }

    for (const line of text.split('\n').slice(0, -1)) {
        const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);

        if (type !== null) {
            if (types[type[1]]) {
                faults.push(`two types: ${line}`);
            }

            closed.add(current);
            current = type[1];
            types[current] = type[2];
            continue;
        }

        const sample = LINE.exec(line);

        if (sample === null || !/^-?\d+$/.test(sample[3])) {
            faults.push(`not a sample: ${line}`);
            continue;
        }

        const [, name, labels = '', value] = sample;
        const family = types[current] === 'histogram'
                       ? name.replace(/_(bucket|sum|count)$/, '') : name;

        if (family !== current || closed.has(family)) {
            faults.push(`not with its metric: ${line}`);
        }

        if (labels !== '' && labels.replace(/[a-z]+="[^"\\\n]*"(,|$)/g, '')) {
            faults.push(`labels: ${line}`);
        }

        if (types[current] === 'counter' && !name.endsWith('_total')) {
            faults.push(`a counter's name: ${line}`);
        }

        if (values[`${name}{${labels}}`] !== undefined) {
            faults.push(`twice: ${line}`);
        }

        values[`${name}{${labels}}`] = Number(value);
    }

    return { values, faults };
}


// Buckets rise, the last one is the count, and as many have a status.
function histograms(values) {
    const faults = [];
    const requests = {};
    const last = {};

    for (const [key, value] of Object.entries(values)) {
        const total = /^simrelay_requests_total\{(.*),status=/.exec(key);
        const bucket = /_milliseconds_bucket\{(.*),le="(.*)"\}$/.exec(key);
        const count = /_milliseconds_count\{(.*)\}$/.exec(key);

        if (total) {
            requests[total[1]] = (requests[total[1]] || 0) + value;

        } else if (bucket) {
            if (value < (last[bucket[1]] || 0)) {
                faults.push(`falls: ${key}`);
            }

            last[bucket[1]] = value;

        } else if (count) {
            const sum = values[key.replace('_count{', '_sum{')];

            if (value !== last[count[1]] || value !== requests[count[1]]
                || !(sum >= 0))
            {
                faults.push(`${key}: ${value}, sum ${sum}, buckets`
                            + ` ${last[count[1]]}, ${requests[count[1]]}`);
            }
        }
    }

    return faults;
}


async function scrape(http) {
    const answer = await http.request(null, 'GET', '/metrics');
    const { values, faults } = parse(answer.body);

    if (answer.status !== 200 || faults.length > 0) {
        throw new Error(`${answer.status} ${faults}\n${answer.body}`);
    }

    return values;
}


// What the requests' counters have risen by since.
function risen(before, after) {
    const by = {};
    const label = new RegExp('^simrelay_requests_total\\{method="(\\S+)",'
                             + 'route="(\\S+)",status="(\\d+)"\\}$');

    for (const [key, value] of Object.entries(after)) {
        const m = label.exec(key);
        const n = value - (before[key] || 0);

        if (m && n !== 0) {
            by[`${m[1]} ${m[2]} ${m[3]}`] = n;
        }
    }

    return by;
}


async function form(http) {
    const get = await http.request(null, 'GET', '/metrics');

    is([get.status, get.headers['content-type'], parse(get.body).faults],
       [200, 'text/plain; version=0.0.4', []],
       'the text is as Prometheus wants it');

    const head = await http.request(null, 'HEAD', '/metrics');

    is([head.status, head.body], [200, ''], 'HEAD is answered');

    const post = await http.request(null, 'POST', '/metrics', '');

    is([post.status, post.json], [405, { message: 'Method Not Allowed' }],
       'POST is not');
}


// The same requests of each worker, so that each has counted some.
async function counters(https) {
    const before = await scrape(https[0]);

    for (const http of https) {
        await http.request('ann', 'GET', '/api/sims');
        await http.request('key', 'GET', '/api/sims');
        await http.request(null, 'GET', '/api/sims');
        await http.request('key-none', 'GET', '/api/sims');
        await http.request('ann', 'GET', '/api/sims/102/lock');
        await http.request('ann', 'GET', '/api/sims/999/lock');
        await http.request('ann', 'POST', '/api/sims/102/lock');
        await http.request('ann', 'GET', '/api/nothing');
        await http.request('ann', 'DELETE', '/api/sims');
        await http.submit(1);
        await http.request('ann-phone', 'POST', '/api/byos/devices/201/sms',
                           {});
        await http.request('ann-phone', 'POST', '/api/byos/devices/201/sms',
                           '{"from');
    }

    const after = await scrape(https[1]);
    const lock = '/api/sims/{hosted_sim:id}/lock';
    const submit = '/api/byos/devices/{device:id}/sms';

    is(risen(before, after), {
        'GET /api/sims 200': 4, 'GET /api/sims 401': 2,
        'GET /api/sims 403': 2, [`GET ${lock} 200`]: 2,
        [`GET ${lock} 404`]: 2, [`POST ${lock} 200`]: 2,
        [`POST ${submit} 202`]: 1, [`POST ${submit} 200`]: 1,
        [`POST ${submit} 422`]: 2, [`POST ${submit} 400`]: 2,
        '- none 404': 2, '- none 405': 2, '- none 200': 1,
    }, 'requests are counted by route and status, of all workers');

    is(histograms(after), [], 'the times add up to the requests');

    const time = `simrelay_request_database_microseconds_total{method="POST",`
                 + `route="${submit}"}`;

    ok(after[time] > (before[time] || 0), 'the time of the database is added');

    const other = await scrape(https[0]);

    is(risen(after, other), { '- none 200': 1 },
       'each worker says the same');
}


// One slow transaction on a worker's only connection; the rest wait.
async function waiting(https, other) {
    const route = 'method="POST",route="/api/byos/devices/{device:id}/sms"';
    const time = (values, what, le = '') =>
        values[`simrelay_request_milliseconds_${what}{${route}${le}}`];
    const before = await scrape(other);
    const session = t.db.session();

    await session.say('begin; lock table device_submits');

    const wait = https.map((http, i) => http.submit(10 + i));
    let found;

    const seen = await until(async () => {
        found = await scrape(other);

        return found['simrelay_database_inflight{}'] >= 1
               && found['simrelay_database_queued{}'] === 2;
    });

    ok(seen, 'what is in flight and what waits is told', JSON.stringify(found));

    await sleep(600);
    await session.say('commit');
    await session.end();

    is((await Promise.all(wait)).map((answer) => answer.status),
       [202, 202, 202], 'all of them are answered');

    ok(await until(async () => {
        found = await scrape(other);

        return found['simrelay_database_inflight{}'] <= 1
               && found['simrelay_database_queued{}'] === 0;
    }), 'and nothing waits then', JSON.stringify(found));

    const quick = (values) => time(values, 'bucket', ',le="500"');
    const times = [time(found, 'count') - time(before, 'count'),
                   quick(found) - quick(before)];

    ok(quick(before) > 0 && `${times}` === '3,0'
       && time(found, 'sum') >= time(before, 'sum') + 1800,
       'each has its place in the histogram', `${times}, ${quick(before)}`);
}


async function sidecar(http) {
    await t.db.sql(`
        insert into sidecars (id, host, pid, seen_at, sockets,
                              deliveries_running)
        values (gen_random_uuid(), 'a', 1, now(), 7, 2),
               (gen_random_uuid(), 'b', 2, now() - interval '1 second', 5, 1),
               (gen_random_uuid(), 'c', 3, now() - interval '1 hour', 100, 9);
        update events set planned_at = now();
        insert into events (organization_id, type, object_id, created_at)
        values (1, 'message.inbound', 1, now() - interval '90 seconds');
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret)
        overriding system value
        values (1, 1, 'w', 'https://a.example', '\\x00');
        insert into webhook_deliveries
               (organization_id, webhook_integration_id, event_id,
                event_created_at, event, object_id, state, next_attempt_at)
        select 1, 1, n, now(), 'e', 1, state, now() + make_interval(secs => s)
          from (values (1, 'pending', -30), (2, 'pending', -10),
                       (3, 'pending', 60), (4, 'failed', null))
               d(n, state, s);
        insert into mails (kind, recipient, state, next_attempt_at, expires_at,
                           ended_at)
        select 'k', 'a@example.com', state, now() + make_interval(secs => s),
               now() + interval '1 hour', now() - e::interval
          from (values ('pending', -40, null), ('pending', -20, null),
                       ('pending', 60, null), ('sent', 0, '1 minute'),
                       ('failed', 0, '1 hour'), ('failed', 0, '2 days'))
               m(state, s, e);
        insert into sends (organization_id, message_id, hosted_sim_id,
                           provider, segments, state, next_attempt_at)
        select 1, n, 1, provider, 1, state, now() + make_interval(secs => s)
          from (values (1, 'seven', 'queued', -50), (2, 'twilio', 'queued', 60),
                       (3, 'byos', 'queued', -3600),
                       (4, 'seven', 'unconfirmed', 0),
                       (5, 'seven', 'accepted', 0))
               s(n, provider, state, s);
        update sidecars set sends_running = 2`);

    const found = await scrape(http);
    const pick = (name) => found[`simrelay_${name}`];

    is(['sidecars{}', 'sockets{}', 'deliveries{state="running"}',
        'deliveries{state="pending"}', 'deliveries{state="due"}',
        'deliveries{state="failed"}'].map(pick), [2, 12, 3, 3, 2, 1],
       'sidecars, their sockets and deliveries are told');

    const near = (name, ms) => pick(name) >= ms && pick(name) < ms + 60000;

    ok(near('sidecar_age_milliseconds{}', 0)
       && near('events_oldest_milliseconds{}', 90000)
       && near('deliveries_oldest_due_milliseconds{}', 30000)
       && near('mails_oldest_due_milliseconds{}', 40000)
       && near('sends_oldest_due_milliseconds{}', 50000),
       'and how long the oldest of their queues waits', JSON.stringify(found));

    is(['mails{state="pending"}', 'mails{state="failed"}'].map(pick), [3, 1],
       'mails that wait, and those of a day that failed, are told');

    is(['sends{state="running"}', 'sends{state="queued"}',
        'sends{state="unconfirmed"}'].map(pick), [4, 2, 1],
       'SMS that go by providers are told');
}


async function away(nginx, https) {
    const before = await scrape(https[0]);

    await t.db.control('stop', '-m', 'fast');

    for (const http of https) {
        let found;

        ok(await until(async () => {
            found = await scrape(http);

            return found['simrelay_database_up{}'] === 0
                   && found['simrelay_database_connections{}'] === 0;
        }), 'without the database it is down, and the answer still 200',
           JSON.stringify(found));

        is([found['simrelay_sockets{}'], histograms(found),
            Object.keys(before).every((key) => !/requests_total/.test(key)
                                               || found[key] >= before[key])],
           [undefined, [], true], 'the counters are there, the queues are not');
    }

    await t.db.control('start');

    ok(await until(async () => {
        const found = await scrape(https[0]);

        return found['simrelay_database_up{}'] === 1
               && found['simrelay_database_connections{}'] === 4;
    }, 10000), 'it is up again, with all connections');
}


async function reload(nginx, https) {
    const before = await scrape(https[0]);
    const old = nginx.workers();

    nginx.signal('SIGHUP');

    ok(await until(() => old.every(gone), 20000), 'old workers end');

    const http = new Http(nginx.port);
    const after = await scrape(http);

    is([risen(before, after), after['simrelay_database_connections{}']],
       [{ '- none 200': 1 }, 4], 'counters outlive a reload');

    process.kill(nginx.workers()[0], 'SIGKILL');

    ok(await until(() => nginx.workers().length === 2), 'a worker is killed');
    ok(await until(async () => {
        const found = await scrape(new Http(nginx.port)).catch(() => null);

        return found !== null && found['simrelay_database_connections{}'] === 4
               && Object.keys(risen(after, found)).length > 0;
    }, 10000), 'its successor counts for it');
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=1 writes=1;\n'
              + 'simrelay_database_depth 1;\n'
              + 'simrelay_database_timeouts statement=30s lock=30s queue=30s;',
    });
    const [one, two] = await each(nginx, 3);
    const https = [one[0], two[0]];

    ok(await until(async () =>
        (await scrape(https[0]))['simrelay_database_connections{}'] === 4),
       'the connections of all workers are counted');

    await form(https[0]);
    await counters(https);
    await waiting(one, https[1]);
    await sidecar(https[0]);
    await away(nginx, https);
    nginx.sound('until then');
    await reload(nginx, https);
});
