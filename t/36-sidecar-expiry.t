#!/usr/bin/env node

// Whatever ends somebody's access closes their sockets within about a second,
// on every instance, and nobody else's; and what has ended long ago is removed.

'use strict';

const fs = require('fs');
const { Client, Daemon, Database, bail, directory, done, is, ok, until }
    = require('./lib/sidecar.js');

const BOUND = 5000;             // ms; about 1000 on an idle machine

const people = `
    insert into organizations (name, plan_id) values ('one', 1);
    insert into users (name, email, current_organization_id)
    select 'user ' || n, n || '@example.com', 1
      from generate_series(1, 9) n;
    insert into members (user_id, organization_id, role)
    select id, 1, 'member' from users;
    insert into oauth_clients (id, name, redirect_uris)
    values ('00000000-0000-0000-0000-000000000001', 'app', '{}');
    insert into oauth_grants (oauth_client_id, user_id, scope, abilities)
    select c.id, 4, '', 0 from oauth_clients c;
    insert into credentials (digest, kind, abilities, user_id)
    select sha256(u.name::bytea), 1, 31, u.id from users u where id < 4;
    insert into credentials (digest, kind, abilities, user_id,
                             oauth_client_id, oauth_grant_id, expires_at)
    select sha256('oauth'), 2, 31, 4, g.oauth_client_id, g.id,
           now() + interval '1 hour'
      from oauth_grants g;
    insert into credentials (digest, kind, abilities, user_id,
                             organization_id, name, key_prefix)
    values (sha256('key'), 4, 31, 5, 1, 'key', 'sk_live_0123');
    insert into credentials (digest, kind, abilities, user_id, expires_at)
    values (sha256('session'), 8, 31, 6, now() + interval '1 hour');
`;

// the name of what happens, who loses access by it, and how it is done
const ends = [
    ['a token that expires', 1, `
        update credentials set expires_at = now() + interval '1 second'
         where user_id = 1`],
    ['a person who is disabled', 2, `
        update users set disabled_at = now() where id = 2`],
    ['a member who is removed', 3, 'delete from members where user_id = 3'],
    ['an OAuth client that is revoked', 4, `
        update oauth_clients set revoked_at = now()`],
    ['a key that is regenerated', 5, `
        update credentials set digest = sha256('new')
         where kind = 4 and user_id = 5`],
    ['a session that expires', 6, `
        update credentials set expires_at = now() where user_id = 6`],
];

// what is there of each kind and stays ("on") or goes ("off")
const remains = `
    insert into throttles (kind, digest, hits, expires_at)
    values ('on', sha256('1'), 1, now() + interval '1 hour'),
           ('off', sha256('2'), 1, now() - interval '1 second');

    insert into login_challenges (digest, user_id, is_session, expires_at)
    values (sha256('on'), 9, false, now() + interval '1 hour'),
           (sha256('off'), 9, false, now() - interval '1 second');

    insert into password_resets (digest, user_id, expires_at)
    values (sha256('on'), 9, now() + interval '1 hour'),
           (sha256('off'), 9, now() - interval '1 second');

    insert into oauth_clients (id, name, redirect_uris)
    values ('00000000-0000-0000-0000-000000000002', 'app', '{}');
    insert into oauth_grants (oauth_client_id, user_id, scope, abilities,
                              created_at)
    select '00000000-0000-0000-0000-000000000002', 9, scope, 0,
           now() - age::interval
      from (values ('young', '1 day'), ('token', '100 days'),
                   ('refresh', '100 days'), ('code', '100 days'),
                   ('off', '100 days')) g(scope, age);

    insert into credentials (digest, kind, abilities, user_id, name,
                             oauth_client_id, oauth_grant_id, expires_at,
                             revoked_at)
    select sha256('of a grant'), 2, 31, 9, 'on', g.oauth_client_id, g.id,
           now() + interval '1 hour', null
      from oauth_grants g
     where scope = 'token';
    insert into credentials (digest, kind, abilities, user_id, name,
                             revoked_at)
    values (sha256('valid'), 1, 31, 9, 'on', null),
           (sha256('late'), 1, 31, 9, 'on', now() - interval '89 days'),
           (sha256('gone'), 1, 31, 9, 'off', now() - interval '91 days');

    insert into oauth_refresh_tokens (digest, oauth_grant_id, credential_id,
                                      expires_at, used_at)
    select sha256(v.name::bytea), g.id, c.id, now() - v.age::interval, v.used
      from (values ('on', '29 days', now() - interval '40 days'),
                   ('off', '31 days', null)) v(name, age, used)
      join oauth_grants g on g.scope = 'refresh'
      join credentials c on c.digest = sha256('gone');

    insert into oauth_codes (digest, oauth_client_id, user_id, redirect_uri,
                             scope, abilities, challenge, oauth_grant_id,
                             expires_at)
    select sha256(v.name::bytea), g.oauth_client_id, 9, 'x', '', 0,
           sha256(''), g.id, now() - v.age::interval
      from (values ('on', '23 hours'), ('off', '25 hours')) v(name, age)
      join oauth_grants g on g.scope = 'code';

    insert into credentials (digest, kind, abilities, user_id,
                             organization_id, name, key_prefix, expires_at)
    values (sha256('waits'), 4, 31, null, null, 'on', 'sk_live_0124',
            now() + interval '1 hour'),
           (sha256('left'), 4, 31, null, null, 'off', 'sk_live_0125',
            now() - interval '1 second'),
           (sha256('claimed'), 4, 31, 9, 1, 'on', 'sk_live_0126', null);
    insert into agents (credential_id, name, address, code_digest,
                        webhook_secret, expires_at, claimed_at)
    select c.id, c.name, '192.0.2.' || c.id, sha256(''), '\\x00',
           coalesce(c.expires_at, now() - interval '1 day'),
           case when c.user_id is not null then now() end
      from credentials c
     where c.key_prefix in ('sk_live_0124', 'sk_live_0125', 'sk_live_0126');

    insert into mails (kind, recipient, user_id, secret, state, error,
                       next_attempt_at, expires_at, lease_id, ended_at)
    select k, 'a@example.com', 9, '\\x01', s, null,
           now() + n::interval, now() + x::interval,
           case when k = 'leased' then gen_random_uuid() end,
           now() - e::interval
      from (values ('on', 'sent', '0', '0', '29 days'),
                   ('off', 'sent', '0', '0', '31 days'),
                   ('off', 'failed', '0', '0', '31 days'),
                   ('waits', 'pending', '0', '1 hour', null),
                   ('leased', 'pending', '1 minute', '-1 minute', null),
                   ('expired', 'pending', '-1 minute', '-1 minute', null))
           m(k, s, n, x, e);
`;

// name, what is left of it, and what must be
const left = [
    ['counts of tries', 'select kind from throttles', 'on'],
    ['sign-ins', `select digest = sha256('on') from login_challenges`, 't'],
    ['links to passwords', `select digest = sha256('on') from password_resets`,
     't'],
    ['codes', `select digest = sha256('on') from oauth_codes`, 't'],
    ['refresh tokens, those used among them, as long as they would last',
     `select digest = sha256('on'), credential_id is null
        from oauth_refresh_tokens`, 't|t'],
    ['grants, as long as something is left of them',
     `select string_agg(scope, ' ' order by scope) from oauth_grants
       where user_id = 9`, 'code refresh token young'],
    ['credentials, 90 days after their end',
     `select string_agg(distinct name, ' ') || ' ' || count(*)
        from credentials where user_id = 9`, 'on 4'],
    ['agents that nobody claimed, with their keys',
     `select (select string_agg(name, ' ') from agents), count(*)
        from credentials
       where key_prefix in ('sk_live_0124', 'sk_live_0125', 'sk_live_0126')`,
     'on on|2'],
    ['mails, 30 days after their end',
     `select string_agg(kind, ' ' order by kind) from mails`,
     'expired leased on waits'],
    ['the secrets of mails that expired, when nobody sends them any more',
     `select string_agg(concat_ws(',', kind, state, error, secret,
                                  ended_at is not null), ' ' order by kind)
        from mails where kind <> 'on'`,
     'expired,failed,it expired before it was sent,t'
     + ' leased,pending,\\x01,f waits,pending,\\x01,f'],
];


async function sockets(db, daemons) {
    const mine = (user) =>
        Promise.all(daemons.map((d) => Client.connect(d.port, user)));
    const others = await mine(8);

    for (const [name, user, sql] of ends) {
        const clients = await mine(user);

        await db.sql(sql);

        await until(() => clients.every((c) => c.closed !== null), BOUND);

        is(clients.map((c) => c.closed), [4200, 4200],
           `${name}: the sockets are closed, on each instance`);
    }

    is(others.map((c) => c.closed), [null, null], 'and nobody else\'s are');

    is(await db.sql(`select count(*) from events where type = 'access.ended'`),
       String(ends.length), 'what ended has been said once of each');

    others.forEach((c) => c.close());
}


async function main() {
    const daemons = [];
    const dir = directory();
    const db = new Database();

    Client.module();
    Daemon.binary();

    const start = async (name) => {
        const daemon = await Daemon.start(dir, name, {
            database: `"${db.conninfo()}"`,
        });

        daemons.push(daemon);
        ok(await daemon.said('event=database_connected connection=1'),
           'it starts', daemon.log);
    };

    try {
        await db.start(dir);
        await db.sql(people);
        await start('one');
        await start('two');
        await sockets(db, daemons);

        await db.sql(remains);
        await start('three');       // each job runs when one starts

        for (const [name, sql, expected] of left) {
            let got;

            await until(async () => (got = await db.sql(sql)) === expected,
                        20000);

            is(got, expected, `it forgets ${name}`);
        }

        for (const daemon of daemons) {
            daemon.kill('SIGTERM');
            is(await daemon.end, 0, 'it ends');
        }

        const log = daemons.map((d) => d.log).join('');

        ok(!/housekeeping_failed|level=error/.test(log), 'nothing failed', log);
        ok(!/runtime error|AddressSanitizer|LeakSanitizer/.test(log),
           'no complaint of a sanitizer', log);

    } catch (error) {
        ok(false, 'the test runs to its end',
           `${error.stack}\n${daemons.map((d) => d.log).join('')}`);

    } finally {
        for (const daemon of daemons) {
            await daemon.stop('SIGKILL');
        }

        await db.control('stop', '-m', 'immediate').catch(() => {});
        fs.rmSync(dir, { recursive: true, force: true });
    }

    done();
}


main().catch((error) => bail(error.stack));
