#!/usr/bin/env node

// A code of OAuth2 whose person gets a new password, or whose client loses
// scopes, while it is being made or used: nothing lives on that has ended.

'use strict';

const crypto = require('crypto');
const { spawn } = require('child_process');
const { is, until } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, token, uuid } = require('./lib/nginx.js');

const URI = 'https://app.example/cb';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

let one;
let two;


const form = (fields) => new URLSearchParams(fields).toString();

const use = (code, client = 1) =>
    one.request(null, 'POST', '/oauth/token', form({
        grant_type: 'authorization_code', client_id: uuid(client), code,
        redirect_uri: URI, code_verifier: 'v'.repeat(43),
    }), FORM);

const consent = () =>
    one.request('ann-session', 'POST', '/oauth/authorize', form({
        client_id: uuid(1), redirect_uri: URI, response_type: 'code',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256', decision: 'allow',
        csrf_token: crypto.createHmac('sha256', token('ann-session'))
                          .update('csrf').digest('hex'),
    }), FORM);

const waits = () => until(() => t.db.sql(
    'select count(*) > 0 from pg_locks where not granted')
    .then((is) => is === 't'), 60000);

const simrelay = (...args) => new Promise((resolve) => {
    spawn(process.env.SIMRELAY_BIN, ['-d', t.db.conninfo(), ...args],
          { stdio: 'ignore' }).on('close', resolve);
});


// Somebody consents in the session of another while that is ended.
async function passwords() {
    const session = t.db.session();

    await t.db.sql(`
        insert into password_resets (digest, user_id, expires_at)
        values (sha256(repeat('r', 48)::bytea), 1, now() + interval '1 hour')`);

    // the reset has begun, and waits
    await session.say('begin; select from users where id = 1 for update');

    const reset = two.request(null, 'POST', '/api/auth/reset-password',
                              { token: 'r'.repeat(48),
                                password: 'correct horse battery' });

    await waits();

    const consented = consent();

    await until(() => t.db.sql(`
        select (select count(*) from pg_locks where not granted) > 1
               or exists (select from oauth_codes where used_at is null)`)
        .then((is) => is === 't'), 60000);
    await session.say('commit');
    await session.end();

    is([(await reset).status, (await consented).status], [200, 303],
       'a password is reset while somebody consents');
    is(await t.db.sql(`select count(*) from oauth_codes where used_at is null`),
       '0', 'no code outlives the reset');
}


// A client's scopes are taken away between its code and its token.
async function scopes() {
    await t.db.sql(`select test.code(repeat('a', 48), '${URI}', 3600)`);

    is(await simrelay('client', 'update', uuid(1), '--scopes', 'numbers.read'),
       0, 'a client loses scopes');

    const { status, json } = await use('a'.repeat(48));

    is([status, json.error], [400, 'invalid_grant'],
       'a code for those is worth nothing');
    is(await t.db.sql('select count(*) from oauth_grants'), '0',
       'nor has it become a grant');

    await t.db.sql(`update oauth_clients
                       set scopes = '{mobile:device,numbers.read}'
                     where id = '${uuid(1)}'`);
}


// Ditto, while the code is in use.
async function using() {
    await t.db.sql(`
        select test.code(repeat('b', 48), '${URI}', 3600);

        create function test.wait() returns trigger
        language plpgsql
        as $$
        begin
            perform pg_advisory_xact_lock(70);
            perform test.until(
                'select exists (select from pg_locks where not granted)');
            return new;
        end
        $$;

        create trigger wait
        before insert on oauth_grants
           for each row
        execute function test.wait()`);

    const used = use('b'.repeat(48));

    await until(() => t.db.sql("select count(*) from pg_locks"
                               + " where locktype = 'advisory'")
                          .then((n) => n === '1'), 60000);

    is([await simrelay('client', 'update', uuid(1), '--scopes',
                       'numbers.read'), (await used).status], [0, 200],
       'a client loses scopes while it uses a code');
    is(await t.db.sql(`
        select count(*) from oauth_grants g
          join credentials c on c.oauth_grant_id = g.id
         where g.revoked_at is null or c.revoked_at is null`), '0',
       'what came of it has ended');
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_timeouts lock=60s statement=60s;'
              + ' simrelay_database_connections reads=2 writes=4;',
        server: 'location /oauth/ { simrelay; }',
    });

    one = new Http(nginx.port);
    two = new Http(nginx.port);

    await t.db.sql('select test.clients()');
    await scopes();
    await using();
    await t.db.sql(`drop trigger wait on oauth_grants;
                    update oauth_clients
                       set scopes = '{mobile:device,numbers.read}'
                     where id = '${uuid(1)}'`);
    await passwords();

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('the changes');
});
