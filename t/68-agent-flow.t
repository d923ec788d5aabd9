#!/usr/bin/env node

// An agent's way, with the real simrelayd: it registers, is claimed, is called
// back; and two at the same instant, by two workers: registrations of one
// name, claims of one agent, guesses at one code.

'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { Daemon, is, ok, until } = require('./lib/sidecar.js');
const { Nginx, each, main, t, uuid } = require('./lib/nginx.js');
const { Receiver, nameserver } = require('./lib/webhooks.js');

const LANES = 5;
const ROUNDS = 40;

const CODE = 'ABCD2345';

let nginx;
let lanes;
let addresses = 0;


// The headers of a client from an address that nobody else has.
const from = (n = addresses++) => ({ 'X-Real-IP': `10.1.${n >> 8}.${n & 255}` });

const register = (http, body, headers) =>
    http.request(null, 'POST', '/api/agents/register', body, headers);

const bearer = (key) => ({ Authorization: `Bearer ${key}` });

const statuses = (answers) => answers.map((a) => a.status).sort()
                                     .join(' ');


async function way() {
    const [[http]] = lanes;
    const receiver = await Receiver.start();
    const names = await nameserver();

    const daemon = await Daemon.start(t.dir, 'simrelayd', {
        database: `"${t.db.conninfo()}"`,
        resolvers: `127.0.0.1:${names.port}`,
        allow_private_addresses: 'on',
    });

    const made = await register(http, {
        name: 'Bot', callback_url: `http://bot.example:${receiver.port}/hook`,
    }, from());

    const agent = made.json;
    const as = (method, target, body = null) =>
        http.request(null, method, target, body, bearer(agent.api_key));

    is(made.status, 201, 'an agent registers');

    const id = agent.claim_url.split('/').pop();

    is([(await as('GET', '/api/sims')).status,
        (await as('GET', '/api/agents/status')).json.status],
       [403, 'pending'], 'its key is of no use yet');

    const claim = await http.request('ann', 'POST', `/api/agents/claims/${id}`, {
        verification_code: agent.verification_code.toLowerCase(),
        name: 'Our bot',
    });

    is(claim.status, 200, 'somebody claims it');

    is([(await as('GET', '/api/sims')).status,
        (await as('GET', '/api/agents/status')).json.organization],
       [200, { id: 1, name: 'Acme' }], 'its key is the organization\'s');

    is((await http.submit(1)).status, 202, 'an SMS comes');
    await until(() => receiver.got.length > 0, 60000);

    const got = receiver.got[0] || { headers: {}, json: {}, body: '' };

    is([got.json.event, got.json.data && got.json.data.body, got.url],
       ['message.inbound', 'text 1', '/hook'], 'the agent is called back');
    is(got.headers['x-simrelay-signature'],
       crypto.createHmac('sha256', agent.webhook_secret).update(got.body)
           .digest('hex'), 'with the secret that it was given');

    is((await http.request('ann', 'DELETE',
                           `/api/api-keys/${claim.json.api_key.id}`)).status,
       204, 'its key is deleted');
    is([(await as('GET', '/api/agents/status')).status,
        await t.db.sql('select is_active from webhook_integrations')],
       [401, 'f'], 'and it is called no more');

    const secrets = [agent.api_key, agent.verification_code,
                     agent.webhook_secret];

    ok(!secrets.some((s) => nginx.log().includes(s) || daemon.log.includes(s)),
       'no secret of it is in the logs');

    await daemon.stop();
    receiver.stop();
    names.stop();
}


// Runs the rounds on all lanes, each with a connection to each worker.
async function race(name, round) {
    const faults = [];
    let n = 0;

    await Promise.all(lanes.map(async ([a, b]) => {
        for (let i = n++; i < ROUNDS; i = n++) {
            const fault = await round(...(i % 2 ? [a, b] : [b, a]), i);

            if (fault) {
                faults.push(`round ${i}: ${fault}`);
            }
        }
    }));

    is(faults.slice(0, 5), [], `${ROUNDS} rounds: ${name}`);
}

const show = (...answers) => answers.map((a) => `${a.status} ${a.body}`)
                                    .join(' and ');


async function registrations() {
    await race('one name from one address is registered once',
               async (a, b) => {
        const client = from();
        const [x, y] = await Promise.all([
            register(a, { name: 'Twin' }, client),
            register(b, { name: 'TWIN' }, client),
        ]);

        return statuses([x, y]) === '201 409'
               && x.json.claim_url === y.json.claim_url ? '' : show(x, y);
    });

    is(await t.db.sql(`
        select (select count(*) from agents where lower(name) = 'twin'),
               (select count(*) from credentials where lower(name) = 'twin'),
               (select max(hits) from throttles)`),
       `${ROUNDS}|${ROUNDS}|1`, 'with one key, counted once');

    const client = from();
    const [a, b] = lanes[0];
    const many = await Promise.all(Array.from({ length: 10 }, (_, i) =>
        register(i % 2 ? a : b, { name: `n${i}` }, client)));

    is(statuses(many), '201 201 201 201 201 429 429 429 429 429',
       'five of ten that come at once');
}


// So many agents, each with its own id and key, and all with one code.
async function agents(first, many = ROUNDS) {
    await t.db.sql(`
        select test.agent(n, 'agent ' || n, 'key-' || n)
          from generate_series(${first}, ${first + many - 1}) n`);
}

const claim = (http, who, n, name, code = CODE) =>
    http.request(who, 'POST', `/api/agents/claims/${uuid(n)}`,
                 { verification_code: code, name });


async function claims() {
    await agents(1000);

    await race('one of two of an organization claims it', async (a, b, i) => {
        const [x, y] = await Promise.all([
            claim(a, 'ann', 1000 + i, `ann ${i}`),
            claim(b, 'ada', 1000 + i, `ada ${i}`),
        ]);

        return statuses([x, y]) === '200 409' ? '' : show(x, y);
    });

    await agents(1100);

    await race('one of two organizations has it', async (a, b, i) => {
        const [x, y] = await Promise.all([
            claim(a, 'ann', 1100 + i, `one ${i}`),
            claim(b, 'bob', 1100 + i, `two ${i}`),
        ]);

        return statuses([x, y]) === '200 404' ? '' : show(x, y);
    });

    await agents(1200, 2 * ROUNDS);

    await race('one of two agents gets a name', async (a, b, i) => {
        const [x, y] = await Promise.all([
            claim(a, 'ann', 1200 + 2 * i, `name ${i}`),
            claim(b, 'ada', 1201 + 2 * i, `name ${i}`),
        ]);

        return statuses([x, y]) === '200 422' ? '' : show(x, y);
    });

    is(await t.db.sql(`
        select count(*), count(distinct c.organization_id || c.name),
               count(*) filter (where c.user_id = a.claimed_by),
               count(*) filter (where c.expires_at is null), max(a.tries)
          from agents a join credentials c on c.id = a.credential_id
         where a.claimed_at is not null and a.name like 'agent%'`),
       Array(4).fill(3 * ROUNDS).join('|') + '|0', 'whole, each');
}


async function guesses() {
    await agents(2000, 1);

    const [a, b] = lanes[0];
    const many = await Promise.all(Array.from({ length: 12 }, (_, i) =>
        claim(i % 2 ? a : b, ['ann', 'ada', 'bob'][i % 3], 2000, `g${i}`,
              `ABCD23${i + 10}`)));

    is(statuses(many), `${'422 '.repeat(5)}${'429 '.repeat(7)}`.trim(),
       'five of twelve guesses at once are tried');
    is((await claim(a, 'ann', 2000, 'g')).status, 429,
       'then the right code comes too late');
    is(await t.db.sql(`select tries from agents where id = '${uuid(2000)}'`),
       '5', 'and no try was lost');
}


main(async () => {
    fs.writeFileSync(path.join(t.dir, 'keys'), `1 ${'42'.repeat(32)}\n`,
                     { mode: 0o600 });

    // nobody is to give up on a slow machine
    nginx = await Nginx.start('nginx', {
        http: `simrelay_database_timeouts lock=30s statement=60s;
            simrelay_key_file ${t.dir}/keys;
            set_real_ip_from 127.0.0.1;
            real_ip_header X-Real-IP;`,
    });

    const [left, right] = await each(nginx, LANES);

    lanes = left.map((http, i) => [http, right[i]]);

    await way();
    await registrations();
    await claims();
    await guesses();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('agents');
});
