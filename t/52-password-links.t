#!/usr/bin/env node

// The mailed link to a new password, from the request to the next sign-in, and
// two that use it at the same instant.

'use strict';

const { is, ok } = require('./lib/sidecar.js');
const { Nginx, each, main, sleep, t, unseal } = require('./lib/nginx.js');

const PASSWORD = 'correct horse battery';
const INVALID = '422 This password reset token is invalid.';

let http;
let other;

const short = ({ status, body }) =>
    status === 200 ? 200 : `${status} ${JSON.parse(body).message}`;

const forgot = (on = http, email = 'ann@example.com') =>
    on.request(null, 'POST', '/api/auth/forgot-password', { email });

const reset = (on, link, password) =>
    on.request(null, 'POST', '/api/auth/reset-password',
               { token: link, password });

const login = (on, password) =>
    on.request(null, 'POST', '/api/auth/login',
               { email: 'ann@example.com', password }).then(short);

const begin = () => t.db.sql(`
    delete from throttles;
    delete from mails;
    delete from password_resets;
    delete from credentials where id > 1000;
    update users set password_hash = test.password()`);


// What the mails that were put down have in them, oldest first.
async function links() {
    const rows = await t.db.sql(`
        select encode(secret, 'hex') from mails
         where kind = 'password_reset' order by id`);

    return rows.split('\n').filter(Boolean)
               .map((hex) => unseal('mail', Buffer.from(hex, 'hex'))
                                 .toString());
}


async function link() {
    await forgot();
    await forgot();

    const [old, live, ...more] = await links();

    ok(more.length === 0 && [old, live].every((l) => /^[A-Za-z0-9]{48}$/.test(l)),
       'each mail has a link of its own, sealed');
    is(await t.db.sql(`
        select count(*) from password_resets
         where digest = sha256('${live}')`), '1',
       'of which a digest is kept');

    is(short(await reset(http, old, 'a new password')), INVALID,
       'the newer ends the older');
    is(short(await reset(http, live, 'a new password')), 200,
       'which sets the password');
    is([await login(http, 'a new password'), await login(http, PASSWORD)],
       [200, '422 These credentials do not match our records.'],
       'that one signs in with');
    ok(/^\$scrypt\$ln=15,r=8,p=3\$/.test(await t.db.sql(
           'select password_hash from users where id = 1')),
       'it is hashed');
}


// Two at the same instant, by two workers.
async function race(name, rounds, round) {
    const faults = [];

    for (let i = 0; i < rounds; i++) {
        await begin();

        const fault = await round(i);

        if (fault) {
            faults.push(fault);
        }
    }

    is(faults.slice(0, 3), [], `${rounds} rounds: ${name}`);
}


async function races() {
    let took = 1000;

    await race('a link is used once', 8, async () => {
        await forgot();

        const [live] = await links();
        const from = Date.now();
        const answers = await Promise.all([
            reset(http, live, 'the first password'),
            reset(other, live, 'the second password'),
        ]);

        took = Date.now() - from;

        const won = answers.findIndex((a) => a.status === 200);
        const right = `${[...answers].map(short).sort()}` === `200,${INVALID}`
            && await login(http, ['the first password',
                                  'the second password'][won]) === 200
            && await t.db.sql(`select count(*) from mails
                                where kind = 'password_changed'`) === '1';

        return right ? '' : answers.map(short).join(' and ');
    });

    await race('of two that ask one link lives', 20, async () => {
        await Promise.all([forgot(http), forgot(other)]);

        const count = await t.db.sql('select count(*) from password_resets');

        return count === '1' ? '' : count;
    });

    await race('a sign-in with the old password does not survive', 8,
               async () => {
        await forgot();

        const [live] = await links();
        const [x, y] = await Promise.all([
            reset(http, live, 'a new password'),
            sleep(took * (0.3 + 0.4 * Math.random()))
                .then(() => login(other, PASSWORD)),
        ]);
        const alive = await t.db.sql(`
            select count(*) from credentials
             where id > 1000 and revoked_at is null`);

        return x.status === 200 && alive === '0' ? ''
               : `${short(x)}, ${y}, ${alive}`;
    });
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_connections reads=1 writes=4;',
    });

    [[http], [other]] = await each(nginx);

    await link();
    await races();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('links');
});
