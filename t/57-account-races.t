#!/usr/bin/env node

// What one person does twice at the same instant, by two workers: API keys of
// one name, a key's secrets, first codes, recovery codes, sign-ins that end.

'use strict';

const crypto = require('crypto');
const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, t } = require('./lib/nginx.js');
const { totp } = require('./lib/totp.js');

const PASSWORD = 'correct horse battery';
const ROUNDS = 20;

let a;
let b;


const show = (...answers) => answers.map((r) => `${r.status} ${r.body}`)
                                    .join(' and ');

const sha256 = (text) => crypto.createHash('sha256').update(text)
                               .digest('hex');

// Two requests at once, of which now one, now the other is sent first.
async function twice(i, one, other = one) {
    if (i % 2) {
        return Promise.all([a.request(...one), b.request(...other)]);
    }

    return (await Promise.all([b.request(...other), a.request(...one)]))
        .reverse();
}

async function rounds(name, round, many = ROUNDS) {
    const faults = [];

    for (let i = 0; i < many; i++) {
        const fault = await round(i);

        if (fault) {
            faults.push(`round ${i}: ${fault}`);
        }
    }

    is(faults.slice(0, 5), [], `${many} rounds: ${name}`);
}

const statuses = (x, y) => [x.status, y.status].sort().join(' ');

// With an API key's own text.
const sims = (key) => a.request(null, 'GET', '/api/sims', null,
                                { Authorization: `Bearer ${key}` });


async function life() {
    const made = (await a.request('ann', 'POST', '/api/api-keys',
                                  { name: 'life',
                                    permissions: ['numbers.read'] })).json;
    const { id, key_prefix: prefix } = made.api_key;
    const first = made.plain_text_key;

    ok(/^sk_live_[A-Za-z0-9]{32,}$/.test(first) && first.startsWith(prefix),
       'a key is told as it is to be shown', JSON.stringify(made));
    is((await sims(first)).status, 200, 'and works');
    is(await t.db.sql(`select encode(digest, 'hex') from credentials
                        where id = ${id}`), sha256(first),
       'its digest is kept');

    const { api_key: key, plain_text_key: second }
        = (await b.request('ada-session', 'POST',
                           `/api/api-keys/${id}/regenerate`)).json;

    is([key.id, second.startsWith(key.key_prefix), second === first],
       [id, true, false], 'regenerated, it is another');
    is([(await sims(first)).status, (await sims(second)).status], [401, 200],
       'which works in its place');

    await a.request('ann', 'DELETE', `/api/api-keys/${id}`);
    is((await sims(second)).status, 401, 'until it is ended');

    for (const path_ of ['/api/api-keys', '/api/user/tokens']) {
        const { body } = await a.request('ann-session', 'GET', path_);

        ok(!/sk_live_[A-Za-z0-9]{5}|digest|[0-9a-f]{64}/.test(body),
           `${path_} tells no secret`, body);
    }
}


async function keys() {
    await rounds('of two keys with one name one is made', async (i) => {
        const body = { name: `name ${i}`, permissions: ['numbers.read'] };
        const [x, y] = await twice(i, ['ann', 'POST', '/api/api-keys', body],
                                   ['ada', 'POST', '/api/api-keys', body]);
        const lost = x.status === 422 ? x : y;

        return statuses(x, y) === '201 422'
               && lost.json.errors.name[0]
                  === 'The name has already been taken.' ? '' : show(x, y);
    });

    await rounds('of two that are to have one name one gets it', async (i) => {
        const body = { name: `other ${i}`, permissions: ['numbers.lock'] };
        const [x, y] = await twice(i, ['ann', 'PUT', '/api/api-keys/550', body],
                                   ['ada', 'PUT', '/api/api-keys/551', body]);

        return statuses(x, y) === '200 422' ? '' : show(x, y);
    });

    await rounds('of a key that is regenerated twice one text works',
                 async (i) => {
        const at = '/api/api-keys/553/regenerate';
        const [x, y] = await twice(i, ['ann', 'POST', at], ['ada', 'POST', at]);
        const work = [await sims(x.json.plain_text_key),
                      await sims(y.json.plain_text_key)];

        return statuses(x, y) === '200 200' && statuses(...work) === '200 401'
               ? '' : show(x, y, ...work);
    });

    await rounds('a key is ended once', async (i) => {
        const id = await t.db.sql(`select min(id) from credentials
                                    where kind = 4 and revoked_at is null
                                      and id > 1000`);
        const at = `/api/api-keys/${id}`;
        const [x, y] = await twice(i, ['ann', 'DELETE', at],
                                   ['ada', 'DELETE', at]);
        const told = await t.db.sql(`select count(*) from events
                                      where object_id = ${id}`);

        return statuses(x, y) === '204 404' && told === '1'
               ? '' : `${show(x, y)}, told ${told} times`;
    }, ROUNDS / 2);
}


const enrol = () => ['ann', 'POST', '/api/user/two-factor',
                     { password: PASSWORD }];
const confirm = (code) => ['ann', 'POST', '/api/user/two-factor/confirm',
                           { code }];
const renew = () => ['ann', 'POST', '/api/user/two-factor/recovery-codes',
                     { password: PASSWORD }];
const remove = () => ['ann', 'DELETE', '/api/user/two-factor',
                      { password: PASSWORD }];

// Are the codes of this answer those that are kept, and no other?
async function kept(answer) {
    return await t.db.sql(`select string_agg(encode(digest, 'hex'), ' '
                                             order by digest)
                             from recovery_codes where user_id = 1`)
           === answer.json.recovery_codes.map((c) => sha256(c.replace('-', '')))
                     .sort().join(' ');
}


async function factors() {
    await rounds('of two secrets one is kept, one code confirms it once',
                 async (i) => {
        await t.db.sql('delete from throttles; delete from mails');

        const [x, y] = await twice(i, enrol());

        if (statuses(x, y) !== '200 200') {
            return show(x, y);
        }

        const codes = [x, y].map((r) => totp(r.json.secret));
        const [p, q] = await twice(i, confirm(codes[0]), confirm(codes[1]));
        const won = p.status === 200 ? p : q;

        // the lost secret's code is wrong, or comes too late to be asked

        const fault = ['200 409', '200 422'].includes(statuses(p, q))
                      && await kept(won) ? '' : show(p, q);

        await a.request(...remove());

        const mails = await t.db.sql(`select string_agg(kind, ' ' order by id)
                                        from mails`);

        return fault || (mails === 'two_factor_enabled two_factor_disabled'
                         ? '' : mails);
    });

    await rounds('a first code confirms once', async (i) => {
        await t.db.sql('delete from throttles; delete from mails');

        const code = totp((await a.request(...enrol())).json.secret);
        const [x, y] = await twice(i, confirm(code));
        const won = x.status === 200 ? x : y;
        const right = ['200 409', '200 422'].includes(statuses(x, y))
                      && await kept(won)
                      && await t.db.sql('select count(*) from mails') === '1';

        await a.request(...remove());

        return right ? '' : show(x, y);
    });

    const { secret } = (await a.request(...enrol())).json;

    await a.request(...confirm(totp(secret)));

    await rounds('of two sets of recovery codes one is kept', async (i) => {
        await t.db.sql('delete from throttles');

        const [x, y] = await twice(i, renew());

        return statuses(x, y) === '200 200'
               && (await kept(x)) !== (await kept(y)) ? '' : show(x, y);
    });

    await rounds('new codes for what is being ended', async (i) => {
        await t.db.sql(`delete from throttles;
                        insert into two_factors (user_id, secret, confirmed_at)
                        values (1, '', now()) on conflict do nothing`);

        const [x, y] = await twice(i, renew(), remove());
        const left = await t.db.sql('select count(*) from recovery_codes');

        return ['200 204', '204 409'].includes(statuses(x, y)) && left === '0'
               ? '' : `${show(x, y)}, ${left} left`;
    });
}


async function tries() {
    await t.db.sql('delete from throttles');

    const at = '/api/user/two-factor';
    const answers = await Promise.all(Array.from({ length: 16 }, (_, i) =>
        (i % 2 ? a : b).request('ada', 'POST', at, { password: 'wrong' })));
    const count = (n) => answers.filter((r) => r.status === n).length;

    is([count(422), count(429)], [10, 6],
       'of 16 wrong passwords at once 10 are looked at');
}


async function tokens() {
    await rounds('a token is ended once', async (i) => {
        const id = await t.db.sql(`
            insert into credentials (digest, kind, abilities, user_id)
            values (sha256('${i}'), 1, 31, 1) returning id`);
        const at = `/api/user/tokens/${id}`;
        const [x, y] = await twice(i, ['ann', 'DELETE', at]);

        return statuses(x, y) === '204 404' ? '' : show(x, y);
    });

    await rounds('an application is sent away once', async (i) => {
        const client = '00000000-0000-4000-8000-000000000009';

        await t.db.sql(`
            insert into oauth_grants (oauth_client_id, user_id, scope,
                                      abilities)
            values ('${client}', 5, 'numbers.read', 1)`);

        const at = `/api/user/applications/${client}`;
        const [x, y] = await twice(i, ['bob', 'DELETE', at]);

        return statuses(x, y) === '204 404' ? '' : show(x, y);
    });
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=2 writes=4;',
    });

    [[a], [b]] = await each(nginx);

    await life();
    await keys();
    await factors();
    await tries();
    await tokens();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('races');
});
