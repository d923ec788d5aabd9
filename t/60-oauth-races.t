#!/usr/bin/env node

// Two at the same instant, by two workers: a code used twice, a refresh token
// used twice, used and given back, used while its client is revoked.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t, uuid } = require('./lib/nginx.js');

const LANES = 4;
const URI = 'https://app.example/cb';
const VERIFIER = 'v'.repeat(43);

let lanes;
let strict;
let turn = 0;


// Runs the rounds on all lanes at once, each lane with a connection to each of
// two workers, of which now one, now the other is asked first.  A round
// returns its fault, if any, and its outcome, of which there are to be so many.
async function race(name, rounds, round, { to = lanes, outcomes = 1 } = {}) {
    const faults = [];
    const seen = {};
    let n = 0;

    await Promise.all(to.map(async ([a, b]) => {
        for (let i = n++; i < rounds; i = n++) {
            const { fault = '', outcome = '' }
                = await round(...(i % 4 < 2 ? [a, b] : [b, a]), ++turn);

            seen[outcome] = (seen[outcome] || 0) + 1;

            if (fault !== '') {
                faults.push(`round ${i}: ${fault}`);
            }
        }
    }));

    is(faults.slice(0, 5), [], `${rounds} rounds: ${name}`);

    if (outcomes > 1) {
        console.log(`# ${JSON.stringify(seen)}`);
        ok(Object.keys(seen).length >= outcomes,
           'now one is first, now the other');
    }
}


const form = (fields) => new URLSearchParams(fields).toString();

const post = (http, path, fields) =>
    http.request(null, 'POST', path, form(fields),
                 { 'Content-Type': 'application/x-www-form-urlencoded' });

const exchange = (http, code, client = uuid(1)) =>
    post(http, '/oauth/token', { grant_type: 'authorization_code', code,
                                 client_id: client, redirect_uri: URI,
                                 code_verifier: VERIFIER });

const refresh = (http, token) =>
    post(http, '/oauth/token', { grant_type: 'refresh_token',
                                 client_id: uuid(1), refresh_token: token });

const revoke = (http, token) =>
    post(http, '/oauth/revoke', { client_id: uuid(1), token });

const lives = async (http, answer) =>
    (await http.request(null, 'GET', '/api/user', null, {
        Authorization: `Bearer ${answer.json.access_token}`,
    })).status === 200;

const show = (...answers) => answers.map((a) => `${a.status} ${a.body}`)
                                    .join(' and ');

// so many codes of Ann's, c<turn>
const codes = (n) =>
    t.db.sql(`select count(test.code('c' || i, '${URI}', 3600))
                from generate_series(${turn + 1}, ${turn + n}) i`);

// a grant of its own
const grant = async (http, i) => (await exchange(http, `c${i}`)).json;


async function codesTwice() {
    await codes(200);

    await race('a code that is used twice is used once, and ends', 200,
               async (a, b, i) => {
        const [x, y] = await Promise.all([exchange(a, `c${i}`),
                                          exchange(b, `c${i}`)]);
        const [won, lost] = x.status === 200 ? [x, y] : [y, x];

        const right = won.status === 200 && lost.status === 400
                      && lost.json.error === 'invalid_grant'
                      && !await lives(a, won)
                      && (await refresh(b, won.json.refresh_token)).status
                         === 401;

        return { fault: right ? '' : show(x, y),
                 outcome: won === x ? 'first' : 'second' };
    }, { outcomes: 2 });

    is(await t.db.sql(`select count(*), count(revoked_at) from oauth_grants`),
       '200|200', 'each code was one grant');
}


async function refreshesTwice() {
    await codes(200);

    await race('a refresh token that is used twice has one successor', 200,
               async (a, b, i) => {
        const first = await grant(a, i);
        const [x, y] = await Promise.all([refresh(a, first.refresh_token),
                                          refresh(b, first.refresh_token)]);

        if (x.status !== 200 || y.status !== 200) {
            return { fault: show(x, y) };
        }

        const living = [await lives(a, x), await lives(b, y)];
        const last = living[0] ? x : y;
        const next = await refresh(a, last.json.refresh_token);

        const right = living[0] !== living[1] && next.status === 200
                      && await lives(b, next);

        return { fault: right ? '' : `${living} ${show(x, y, next)}`,
                 outcome: living[0] ? 'second' : 'first' };
    }, { outcomes: 2 });

    is(await t.db.sql(`
        select count(*)
          from (select g.id
                  from oauth_grants g
                  join oauth_refresh_tokens t on t.oauth_grant_id = g.id
                  join credentials c on c.id = t.credential_id
                 where g.revoked_at is null and t.used_at is null
                   and t.revoked_at is null and c.revoked_at is null
                 group by g.id having count(*) = 1) one`), '200',
       'each family has one pair that lives');
}


async function successors() {
    await codes(200);

    await race('a refresh token and its successor end the family', 200,
               async (a, b, i) => {
        const first = await grant(a, i);
        const second = (await refresh(b, first.refresh_token)).json;
        const [x, y] = await Promise.all([refresh(a, first.refresh_token),
                                          refresh(b, second.refresh_token)]);
        const [won, lost] = x.status === 200 ? [x, y] : [y, x];

        const right = won.status === 200 && lost.status === 401
                      && !await lives(a, won)
                      && (await refresh(b, won.json.refresh_token)).status
                         === 401;

        return { fault: right ? '' : show(x, y),
                 outcome: won === x ? 'old' : 'new' };
    }, { outcomes: 2 });
}


async function withoutGrace() {
    await codes(100);

    await race('without a grace the second use ends the family', 100,
               async (a, b, i) => {
        const first = await grant(a, i);
        const [x, y] = await Promise.all([refresh(a, first.refresh_token),
                                          refresh(b, first.refresh_token)]);
        const [won, lost] = x.status === 200 ? [x, y] : [y, x];

        const right = won.status === 200 && lost.status === 401
                      && !await lives(a, won);

        return { fault: right ? '' : show(x, y) };
    }, { to: strict });
}


async function revocations() {
    await codes(200);

    await race('a refresh token that is used and given back ends', 200,
               async (a, b, i) => {
        const first = await grant(a, i);
        const [x, y] = await Promise.all([refresh(a, first.refresh_token),
                                          revoke(b, first.refresh_token)]);

        const right = y.status === 200
                      && (x.status === 401
                          || (x.status === 200 && !await lives(a, x)
                              && (await refresh(b, x.json.refresh_token))
                                     .status === 401));

        return { fault: right ? '' : show(x, y), outcome: x.status };
    });
}


// A client that is revoked while it gets tokens has none that live.
async function clients() {
    const session = t.db.session();
    const n = 60;

    await t.db.sql(`
        insert into oauth_clients (id, name, redirect_uris)
        select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid,
               'Client ' || i, '{${URI}}'
          from generate_series(${turn + 1}, ${turn + n}) i`);

    await codes(n);
    await t.db.sql(`
        update oauth_codes c set oauth_client_id = k.id
          from oauth_clients k
         where c.digest = sha256(('c' || substr(k.name, 8))::bytea)
           and k.name like 'Client %'`);

    await race('a client that is revoked while it gets a token', n,
               async (a, b, i) => {
        const [x] = await Promise.all([
            exchange(a, `c${i}`, uuid(i)),
            session.say(`update oauth_clients set revoked_at = now()
                          where id = '${uuid(i)}'`),
        ]);

        const right = x.status === 401
                      || (x.status === 200 && !await lives(b, x));

        return { fault: right ? '' : show(x), outcome: x.status };
    }, { to: lanes.slice(0, 1) });

    is(await t.db.sql(`
        select count(*)
          from oauth_clients k
          join oauth_grants g on g.oauth_client_id = k.id
          join credentials c on c.oauth_grant_id = g.id
         where k.revoked_at is not null
           and (g.revoked_at is null or c.revoked_at is null)`), '0',
       'has none that lives');

    await session.end();
}


main(async () => {
    const server = 'location /oauth/ { simrelay; }';

    await t.db.sql('select test.clients()');

    const start = async (name, http) => {
        const nginx = await Nginx.start(name, {
            http: `simrelay_database_connections reads=2 writes=4; ${http}`,
            server,
        });
        const [left, right] = await each(nginx, LANES);

        return [nginx, left.map((one, i) => [one, right[i]])];
    };

    const [nginx, of] = await start('nginx', '');
    const [other, ofOther] = await start('strict',
                                         'simrelay_oauth_refresh_grace 0;');

    lanes = of;
    strict = ofOther;
    turn = 100;

    await codesTwice();
    await refreshesTwice();
    await successors();
    await withoutGrace();
    await revocations();
    await clients();

    for (const one of [nginx, other]) {
        is(one.lines('error'), [], 'nothing of it is an error');
        one.sound('races');
    }
});
