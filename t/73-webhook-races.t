#!/usr/bin/env node

// Webhooks: two who want the same at the same instant, by two workers; and all
// of it with simrelayd and a receiver.

'use strict';

const crypto = require('crypto');
const http = require('http');
const { Daemon, is, ok, until } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');

const HOOKS = '/api/webhook-integrations';

let nginx;
let a;
let b;


const hook = (name, url = 'https://x.example/') => ({ name, url });

// The statuses of two answers, in order, and what is not one of these.
function both(x, y, ...expected) {
    const got = [x.status, y.status].sort((p, q) => p - q);

    return expected.some((e) => e.join() === got.join())
           ? '' : `${x.status} ${x.body} and ${y.status} ${y.body}`;
}


// Runs so many rounds; "prepare" between them, "round" returns a fault or ''.
async function race(name, rounds, prepare, round) {
    const faults = [];

    for (let i = 0; i < rounds; i++) {
        await prepare(i);

        const fault = await round(...(i % 2 ? [b, a] : [a, b]), i);

        if (fault !== '') {
            faults.push(`round ${i}: ${fault}`);
        }
    }

    is(faults.slice(0, 5), [], `${rounds} rounds: ${name}`);
}


async function races() {
    await t.db.sql(`
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret)
        overriding system value values (71, 1, 'CRM', 'https://x.example/',
                                        '\\x01');
        insert into teams (organization_id, name)
        select 1, 'team ' || n from generate_series(1, 99) n`);

    const map = (c, team) => c.request('ann', 'POST', `${HOOKS}/71/mappings`,
                                       { team_id: team,
                                         forwarding_mode: 'always' });

    await race('a team is mapped once', 20,
               () => t.db.sql('delete from webhook_mappings'),
               async (x, y) => both(...await Promise.all([map(x, 12),
                                                          map(y, 12)]),
                                    [201, 422]));

    is(await t.db.sql('select count(*) from webhook_mappings'), '1',
       'and the other one of two is told so');

    await race('the last room for a mapping is one\'s', 10,
               () => t.db.sql(`
                   delete from webhook_mappings;
                   insert into webhook_mappings
                          (organization_id, webhook_integration_id, team_id,
                           forwarding_mode)
                   select 1, 71, id, 'always' from teams
                    where name like 'team %'`),
               async (x, y) => both(...await Promise.all([map(x, 11),
                                                          map(y, 12)]),
                                    [201, 403]));

    const make = (c, i) => c.request('ann', 'POST', HOOKS, hook(`h${i}`));

    await race('the last room for an integration is one\'s', 10,
               () => t.db.sql(`
                   delete from webhook_integrations where id <> 71;
                   insert into webhook_integrations (organization_id, name,
                                                     url, secret)
                   select 1, 'n', 'https://x.example/', '\\x01'
                     from generate_series(1, 98)`),
               async (x, y, i) => both(...await Promise.all([make(x, i),
                                                             make(y, i)]),
                                       [201, 403]));

    // an integration that goes while something is done to it

    await race('whatever is done to what goes is a 404, or was done', 20,
               (i) => t.db.sql(`
                   insert into webhook_integrations (id, organization_id,
                                                     name, url, secret)
                   overriding system value
                   values (${2000 + i}, 1, 'n', 'https://x.example/',
                           '\\x01')`),
               async (x, y, i) => {
        const one = `${HOOKS}/${2000 + i}`;
        const does = [
            ['POST', `${one}/mappings`,
             { team_id: 11, forwarding_mode: 'always' }],
            ['PUT', one, hook('m')],
            ['POST', `${one}/regenerate-secret`, null],
            ['DELETE', one, null],
        ][i % 4];

        const [p, q] = await Promise.all([
            x.request('ann', 'DELETE', one), y.request('ann', ...does)]);

        return both(p, q, [200, 200], [200, 201], [200, 404]);
    });

    is(await t.db.sql(`select count(*) from webhook_mappings m
                        where not exists (select from webhook_integrations i
                            where i.id = m.webhook_integration_id)`), '0',
       'and leaves nothing');
}


async function redelivers() {
    const again = (c) => c.request('ann', 'POST',
                                   `${HOOKS}/71/deliveries/redeliver`,
                                   { since: '2020-01-01T00:00:00Z' });
    const faults = [];

    for (let i = 0; i < 5; i++) {
        await t.db.sql(`
            delete from webhook_deliveries;
            insert into webhook_deliveries
                   (organization_id, webhook_integration_id, event_id,
                    event_created_at, event, object_id, state, attempts)
            select 1, 71, n, now(), 'message.inbound', 7, 'failed', 4
              from generate_series(1, 300) n`);

        const [x, y] = await Promise.all([again(a), again(b)]);
        const count = x.json.count + y.json.count;

        if (count !== 300) {
            faults.push(`${x.body} and ${y.body}`);
        }
    }

    is(faults, [], 'two who redeliver all count each delivery once');

    // a claim holds the row: whoever redelivers it then waits, and is told

    await t.db.sql(`
        delete from webhook_deliveries where event_id <> 1;
        update webhook_deliveries set id = 1`);

    const claim = t.db.sql(`
        begin;
        update webhook_deliveries
           set lease_id = gen_random_uuid(), state = 'pending',
               lease_until = now() + interval '1 minute';
        select pg_sleep(0.3);
        commit`);

    await until(() => t.db.sql(`select exists (select from pg_locks
                        where relation = 'webhook_deliveries'::regclass
                          and mode = 'RowExclusiveLock')`)
                          .then((v) => v === 't'));

    const late = await a.request('ann', 'POST',
                                 `${HOOKS}/71/deliveries/1/redeliver`);

    await claim;
    is([late.status, late.json.message],
       [409, 'This webhook delivery is being sent.'],
       'what is claimed at that instant is not taken back');
}


// A server that answers as "answer" says.
function receiver() {
    const r = { got: [], answer: 200 };

    r.server = http.createServer((req, res) => {
        const parts = [];

        req.on('data', (data) => parts.push(data));
        req.on('end', () => {
            r.got.push({ headers: req.headers, body: Buffer.concat(parts) });
            res.writeHead(r.answer);
            res.end(`answer ${r.got.length}`);
        });
    });

    return new Promise((resolve) => {
        r.server.listen(0, '127.0.0.1', () => {
            r.url = `http://127.0.0.1:${r.server.address().port}/in`;
            resolve(r);
        });
    });
}

const hex = (secret, { body }) =>
    crypto.createHmac('sha256', secret).update(body).digest('hex');

function standard(secret, { headers, body }) {
    return 'v1,' + crypto.createHmac('sha256', secret)
        .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
        .update(body).digest('base64');
}


async function whole() {
    await t.db.sql('select test.reset()');

    const r = await receiver();
    const daemon = await Daemon.start(t.dir, 'd', {
        database: `"${t.db.conninfo()}"`, allow_private_addresses: 'on',
    });
    const ask = async (method, path, body = null) => {
        const { status, json } = await a.request('ann', method, HOOKS + path,
                                                 body);

        if (status >= 300) {
            throw new Error(`${path}: ${status} ${JSON.stringify(json)}`);
        }

        return json;
    };

    try {
        const made = await ask('POST', '', {
            ...hook('whole', r.url),
            headers: { 'X-Own': 'mine', 'X-Empty': '' }, retry_count: 0,
        });
        const { id, secret } = made.data;

        await ask('POST', `/${id}/mappings`, { team_id: 11,
                                               forwarding_mode: 'always' });
        await a.submit(1);

        ok(await until(() => r.got.length === 1, 60000),
           'what was set up by the API is sent to');

        const [first] = r.got;

        is([first.headers['x-own'], first.headers['x-empty'],
            first.headers['x-simrelay-signature'],
            first.headers['webhook-signature']],
           ['mine', '', hex(secret, first), standard(secret, first)],
           'with its headers, signed with the secret that was told');

        const log = async () => (await ask('GET', `/${id}/deliveries`)).data;

        // the log has it when simrelayd has noted its end

        await until(async () => (await log())[0].status === 'delivered', 60000);

        const [entry] = await log();

        is([entry.status, entry.http_status, entry.response_body,
            entry.event_id],
           ['delivered', 200, 'answer 1', first.headers['webhook-id']],
           'the log has its answer');

        // another secret, and the receiver fails: it is in the log, and goes
        // out once more with both signatures

        const renewed = await ask('POST', `/${id}/regenerate-secret`,
                                  { keep_previous: true });

        r.answer = 500;
        await a.submit(2);
        await until(async () => (await log())[0].status === 'failed', 60000);

        const [failed] = await log();

        is([failed.status, failed.http_status, failed.attempts],
           ['failed', 500, 1], 'what failed stays in the log');

        r.answer = 204;
        await ask('POST', `/${id}/deliveries/${failed.id}/redeliver`);

        ok(await until(async () => (await log())[0].status === 'delivered',
                       60000), 'redelivered, it arrives');

        const last = r.got[r.got.length - 1];

        is([last.headers['webhook-id'], (await log())[0].http_status,
            (await log())[0].attempts, (await log())[0].error],
           [failed.event_id, 204, 1, null],
           'by the same event_id, and the log says so');
        is([last.headers['x-simrelay-signature'],
            last.headers['webhook-signature'].split(' ')],
           [hex(renewed.data.secret, last),
            [standard(renewed.data.secret, last), standard(secret, last)]],
           'with both signatures, where that was asked for');

        // two failures, and all of them at once

        r.answer = 410;
        await a.submit(3);
        await a.submit(4);
        await until(async () => (await log()).filter((d) =>
            d.status === 'failed').length === 2, 60000);

        r.answer = 200;

        is((await ask('POST', `/${id}/deliveries/redeliver`,
                      { since: '2020-01-01T00:00:00Z' })).count, 2,
           'all that failed are redelivered at once');
        ok(await until(async () => (await log()).every((d) =>
            d.status === 'delivered'), 60000), 'and arrive');

    } finally {
        await daemon.stop();
        r.server.close();
        r.server.closeAllConnections();
    }
}


main(async () => {
    nginx = await Nginx.start('hooks');

    [[a], [b]] = await each(nginx, 1);

    await races();
    await redelivers();
    await whole();

    a.close();
    b.close();
    nginx.sound('all of it');
    await nginx.stop();
});
