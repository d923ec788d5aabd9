#!/usr/bin/env node

// A code of OAuth2 that is used while its person gets a new password: whatever
// comes of it ends with the old one.

'use strict';

const { is, until } = require('./lib/sidecar.js');
const { Http, Nginx, main, t, uuid } = require('./lib/nginx.js');


async function reset(http, other) {
    await t.db.sql(`
        select test.clients();
        select test.code(repeat('c', 48), 'https://app.example/cb', 600);
        insert into password_resets (digest, user_id, expires_at)
        values (sha256(repeat('r', 48)::bytea), 1, now() + interval '1 hour')`);

    // a grant stays in the making until the new password waits, or is there
    await t.db.sql(`
        create function test.wait() returns trigger
        language plpgsql
        as $$
        begin
            perform pg_advisory_xact_lock(69);
            perform test.until(
                'select exists (select from pg_locks where not granted)
                        or exists (select from users
                                    where id = 1
                                      and password_changed_at is not null)');
            return new;
        end
        $$;

        create trigger wait
        before insert on oauth_grants
           for each row
        execute function test.wait()`);

    const form = new URLSearchParams({
        grant_type: 'authorization_code', client_id: uuid(1),
        code: 'c'.repeat(48), code_verifier: 'v'.repeat(43),
        redirect_uri: 'https://app.example/cb',
    }).toString();

    const used = http.request(null, 'POST', '/oauth/token', form, {
        'Content-Type': 'application/x-www-form-urlencoded',
    });

    await until(() => t.db.sql("select count(*) from pg_locks"
                               + " where locktype = 'advisory'")
                          .then((n) => n === '1'), 60000);

    const made = other.request(null, 'POST', '/api/auth/reset-password',
                               { token: 'r'.repeat(48),
                                 password: 'correct horse battery' });

    const [tokens, changed] = await Promise.all([used, made]);

    is([tokens.status, changed.status], [200, 200],
       'a code is used, and a password is reset meanwhile');

    const user = await http.request(null, 'GET', '/api/user', null,
        { Authorization: `Bearer ${tokens.json.access_token}` });

    is(user.status, 401, 'what came of the code has ended');
    is(await t.db.sql('select count(*) from oauth_grants'
                      + ' where revoked_at is null'), '0', 'so has its grant');
}


main(async () => {
    const nginx = await Nginx.start('nginx', {
        http: 'simrelay_database_timeouts lock=60s statement=60s;',
        server: 'location /oauth/ { simrelay; }',
    });

    await reset(new Http(nginx.port), new Http(nginx.port));

    is(nginx.lines('error'), [], 'nothing of it is an error');
    nginx.sound('the reset');
});
