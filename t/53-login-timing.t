#!/usr/bin/env node

// How long a refused sign-in takes does not tell why it was: whether nobody has
// the address, or the password is wrong.  The kinds take turns, so that what
// else the machine does meets all of them.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Http, Nginx, main, t } = require('./lib/nginx.js');

const ROUNDS = 15;

// a hash at full cost
const HASH = '$scrypt$ln=15,r=8,p=3$c2ltcmVsYXktZml4dHVyZQ$'
             + 'RRbioJr2AI0S9XRkr+xi7/cTDDKgVoSBbHjM0fqHS34';

const kinds = ['wrong', 'unknown', 'disabled', 'without'];


async function ask(http, kind, i) {
    const from = process.hrtime.bigint();
    const answer = await http.request(null, 'POST', '/api/auth/login',
        { email: `${kind}${i}@timing.example`, password: 'a wrong password' });
    const took = Number(process.hrtime.bigint() - from) / 1e6;

    return { took, text: `${answer.status} ${answer.body}` };
}


const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];


main(async () => {
    // of a kind each address has one try
    await t.db.sql(`
        insert into users (name, email, password_hash, disabled_at)
        select k, k || i || '@timing.example',
               case when k <> 'without' then '${HASH}' end,
               case when k = 'disabled' then now() end
          from unnest(array['wrong', 'disabled', 'without']) k,
               generate_series(0, ${ROUNDS}) i`);

    const nginx = await Nginx.start('nginx', { workers: 1 });
    const http = new Http(nginx.port);
    const took = Object.fromEntries(kinds.map((kind) => [kind, []]));
    const texts = new Set();

    for (const kind of kinds) {
        await ask(http, kind, ROUNDS);
    }

    for (let i = 0; i < ROUNDS; i++) {
        for (let k = 0; k < kinds.length; k++) {
            const kind = kinds[(k + i) % kinds.length];
            const one = await ask(http, kind, i);

            took[kind].push(one.took);
            texts.add(one.text);
        }
    }

    is([...texts], ['422 {"message":"These credentials do not match our'
                    + ' records.","errors":{"email":["These credentials do not'
                    + ' match our records."]}}'], 'all are answered alike');

    for (const kind of kinds) {
        console.log(`# ${kind}: ${median(took[kind]).toFixed(1)} ms,`
                    + ` ${Math.min(...took[kind]).toFixed(1)} to`
                    + ` ${Math.max(...took[kind]).toFixed(1)}`);
    }

    const [wrong, ...others] = kinds;

    ok(Math.min(...took[wrong]) > 20, 'a password is hashed at full cost');

    for (const kind of others) {
        const ratio = median(took[kind]) / median(took[wrong]);

        ok(ratio > 0.5 && ratio < 2, `${kind} takes as long`,
           `${ratio} times as long as a wrong password`);

        // by chance once in a hundred million runs
        ok(Math.min(...took[kind]) < Math.max(...took[wrong])
           && Math.min(...took[wrong]) < Math.max(...took[kind]),
           `${kind}: neither is always the slower`,
           `${took[kind]} and ${took[wrong]}`);
    }

    nginx.sound('sign-ins');
});
