-- The tenancy that every block of the tests begins with.  test.reset() brings
-- it back; ids are fixed, and what the tests make has ids from 1000.

create schema test;


-- The digest of a credential by its name; the plain text is SimRelay::token().
create function test.digest(name text, kind int4) returns bytea
language sql immutable
as $$
    select sha256(convert_to(case when kind = 4
                  then 'sk_live_' || rpad(replace(name, '-', ''), 32, '0')
                  else rpad(replace(name, '-', ''), 48, '0') end, 'UTF8'))
$$;


create function test.credential(id int8, name text, kind int4,
                                abilities int4, user_id int8,
                                organization_id int8 default null)
returns void
language sql
as $$
    insert into credentials (id, digest, kind, abilities, user_id,
                             organization_id, oauth_client_id, name,
                             key_prefix, expires_at)
    overriding system value
    values ($1, test.digest($2, $3), $3, $4, $5, $6,
            case when $3 = 2
                 then '00000000-0000-4000-8000-000000000009'::uuid end,
            $2,
            case when $3 = 4 then rpad('sk_live_' || replace($2, '-', ''),
                                       12, '0')::varchar(12) end,
            case when $3 = 2 then now() + interval '15 days' end)
$$;


create function test.sim(id int8, number text, provider text, type text,
                         max_orgs int4 default null)
returns void
language sql
as $$
    insert into hosted_sims (id, number, country, provider, type,
                             shared_max_orgs, created_at, updated_at)
    overriding system value
    values ($1, $2, 'US', $3, $4, $5, '2026-01-02 03:04:05Z',
            '2026-01-02 03:04:05Z')
$$;


create function test.device(id int8, user_id int8, organization_id int8,
                            status text)
returns void
language sql
as $$
    insert into devices (id, user_id, organization_id, android_id,
                         device_name, device_model, app_version, status)
    overriding system value
    values ($1, $2, $3, lpad($1::text, 16, '0'), 'Phone ' || $1, 'Pixel 8',
            '1.2.3', $4)
$$;


create function test.card(id int8, device_id int8, slot int4, sim int8,
                          status text default 'active')
returns void
language sql
as $$
    insert into sim_cards (id, device_id, sim_slot, hosted_sim_id,
                           phone_number, number_verified, status)
    overriding system value
    values ($1, $2, $3, $4, (select number from hosted_sims where id = $4),
            $4 is not null, $5)
$$;


-- A hold of a SIM that began and ends so many seconds from now.
create function test.hold(sim int8, user_id int8, organization_id int8,
                          team_id int8, api_key_id int8, began int4,
                          ends int4)
returns void
language sql
as $$
    insert into locks (id, hosted_sim_id, organization_id, team_id, user_id,
                       api_key_id, started_at, expires_at)
    values (nextval('lock_ids'), $1, $3, $4, $2, $5,
            now() + make_interval(secs => $6),
            now() + make_interval(secs => $7));

    insert into sim_locks
    select hosted_sim_id, id, organization_id, team_id, user_id, api_key_id,
           started_at, expires_at
      from locks
     where id = (select max(id) from locks)
        on conflict (hosted_sim_id) do update
       set (lock_id, organization_id, team_id, user_id, api_key_id,
            started_at, expires_at)
         = (excluded.lock_id, excluded.organization_id, excluded.team_id,
            excluded.user_id, excluded.api_key_id, excluded.started_at,
            excluded.expires_at)
$$;


-- An SMS for one organization; the same sms for another makes it two rows.
create function test.message(sms int8, organization_id int8, team_id int8,
                             sim int8, body text, at timestamptz)
returns void
language sql
as $$
    select message_add($2, $4, $3, null, null, $1, 'inbound', '+15557654321',
                       (select number from hosted_sims where id = $4), $5,
                       'received', $6);

    update messages
       set created_at = $6
     where organization_id = $2
       and id = (select max(id) from messages
                  where organization_id = $2 and hosted_sim_id = $4)
$$;


-- An agent that nobody has claimed; its id is {{uuid<n>}}, its code ABCD2345.
create function test.agent(n int4, name text, key text,
                           callback_url text default null)
returns void
language sql
as $$
    select test.credential(590 + $1, $3, 4, 15, null);

    update credentials
       set name = $2, expires_at = now() + interval '72 hours'
     where id = 590 + $1;

    insert into agents (id, credential_id, name, callback_url, address,
                        code_digest, webhook_secret, expires_at)
    select id, 590 + $1, $2, $4, '192.0.2.1',
           sha256(uuid_send(id) || 'ABCD2345'), '\x01', now() + interval '72 hours'
      from (values (('00000000-0000-4000-8000-'
                     || lpad($1::text, 12, '0'))::uuid)) t(id)
$$;


-- Waits until a query's one column is true, as long as a slow machine takes.
create function test.until(query text) returns void
language plpgsql
as $$
declare
    done bool;
begin
    for i in 1 .. 600 loop
        execute $1 into done;

        if done then
            return;
        end if;

        perform pg_sleep(0.05);
    end loop;

    raise exception 'never: %', $1;
end
$$;


create function test.clear() returns void
language plpgsql
as $$
begin
    delete from credentials;
    delete from verification_codes;
    delete from sim_cards;
    delete from device_presence;
    delete from devices;
    delete from device_submits;
    delete from organization_months;
    delete from device_messages;
    delete from twilio_calls;
    delete from messages;
    delete from message_counts;
    delete from message_blocks;
    delete from sends;
    delete from sim_paces;
    delete from provider_messages;
    delete from provider_reports;
    delete from provider_accounts;
    delete from idempotency_keys;
    delete from webhook_deliveries;
    delete from webhook_mappings;
    delete from webhook_integrations;
    delete from sidecars;
    delete from sim_locks;
    delete from locks;
    delete from sim_attachments;
    delete from hosted_sims;
    delete from team_members;
    delete from teams;
    delete from members;
    delete from users;
    delete from organizations;
    delete from oauth_clients;
    delete from plans where id > 1;
    delete from throttles;
    delete from mails;
    delete from events;
end
$$;


-- Everybody's password is "correct horse battery", hashed with parameters that
-- take a hundredth of the time.
create function test.password() returns text
language sql immutable
as $$
    select '$scrypt$ln=10,r=8,p=1$c2ltcmVsYXktZml4dHVyZQ$'
           || 'Q/JWYuVZQTFeL7k7tJA5bO1J6nR8ZHrViNvKrCD9RKY'
$$;


-- OAuth2 clients beside that of the phones' tokens: 1 goes back to addresses of
-- every kind, 2 asks for two permissions, 3 is revoked, 4 goes nowhere.
create function test.clients() returns void
language sql
as $$
    insert into oauth_clients (id, name, redirect_uris, scopes, revoked_at)
    select ('00000000-0000-4000-8000-00000000000' || id)::uuid, name, uris,
           scopes, case when id = 3 then now() end
      from (values
           (1, 'Phone', '{https://app.example/cb,https://app.example/q?x=1,
                          https://app.example:8443/cb,
                          https://my_app.example/cb,
                          http://127.0.0.1/callback,http://[::1]/callback,
                          https://abcdefghijklmnop.chromiumapp.org/,
                          com.example.app:/cb}'::text[],
            '{mobile:device,numbers.read}'::text[]),
           (2, 'Script', '{https://script.example/cb}',
            '{numbers.read,messages.read}'),
           (3, 'Gone', '{https://gone.example/cb}', '{mobile:device}'),
           (4, 'Nowhere', '{}', '{mobile:device}')) t(id, name, uris, scopes)
$$;


-- A code of Ann's for client 1; its verifier is v repeated 43 times.
create function test.code(code text, redirect_uri text, expires int4)
returns void
language sql
as $$
    insert into oauth_codes (digest, oauth_client_id, user_id, redirect_uri,
                             scope, abilities, challenge, expires_at)
    values (sha256($1::bytea), '00000000-0000-4000-8000-000000000001', 1, $2,
            'mobile:device', 55, sha256(repeat('v', 43)::bytea),
            now() + make_interval(secs => $3))
$$;


-- A grant of Ann's to client 1, with an access token and a refresh token.
create function test.grant(id int8, access text, refresh text) returns void
language sql
as $$
    insert into oauth_grants (id, oauth_client_id, user_id, scope, abilities)
    overriding system value
    values ($1, '00000000-0000-4000-8000-000000000001', 1,
            'mobile:device numbers.read', 55);

    insert into credentials (id, digest, kind, abilities, user_id,
                             oauth_client_id, oauth_grant_id, scope,
                             expires_at)
    overriding system value
    select 600 + id, test.digest($2, 2), 2, abilities, user_id,
           oauth_client_id, id, scope, now() + interval '15 days'
      from oauth_grants
     where id = $1;

    insert into oauth_refresh_tokens (digest, oauth_grant_id, credential_id,
                                      expires_at)
    values (sha256($3::bytea), $1, 600 + $1, now() + interval '30 days')
$$;


-- Gives the pair of tokens that was made last plain texts that are known.
create function test.last(access text, refresh text) returns void
language sql
as $$
    update oauth_refresh_tokens
       set successor = sha256($2::bytea)
     where successor = (select digest from oauth_refresh_tokens
                         order by credential_id desc limit 1);

    update credentials
       set digest = test.digest($1, 2)
     where id = (select max(credential_id) from oauth_refresh_tokens);

    update oauth_refresh_tokens
       set digest = sha256($2::bytea)
     where credential_id = (select max(credential_id)
                              from oauth_refresh_tokens)
$$;


-- Who there is: Acme has Ann (owner), Ada (admin), Max (of the team Sales),
-- Mia (of none) and Dua, who is in Bolt too; Bolt has Bob.  Eve is in no
-- organization, Zed is disabled, Tim's plan allows next to nothing.
create function test.people() returns void
language plpgsql
as $$
begin
    insert into plans (id, name, max_devices, monthly_messages)
    overriding system value values (2, 'tiny', 1, 2);

    insert into organizations (id, name, plan_id, created_at, updated_at)
    overriding system value
    select id, name, plan, '2026-01-01Z', '2026-01-01Z'
      from (values (1, 'Acme', 1), (2, 'Bolt', 1), (3, 'Tiny', 2))
           t(id, name, plan);

    insert into users (id, name, email, email_verified_at, password_hash,
                       current_organization_id, disabled_at, created_at,
                       updated_at)
    overriding system value
    select id, name, lower(name) || '@example.com',
           case when id = 1 then timestamptz '2026-01-03Z' end,
           test.password(), org,
           case when name = 'Zed' then now() end,
           '2026-01-02Z', '2026-01-02Z'
      from (values (1, 'Ann', 1), (2, 'Ada', 1), (3, 'Max', 1), (4, 'Mia', 1),
                   (5, 'Bob', 2), (6, 'Dua', 1), (7, 'Eve', null),
                   (8, 'Zed', 1), (9, 'Tim', 3)) t(id, name, org);

    insert into members (user_id, organization_id, role)
    values (1, 1, 'owner'), (2, 1, 'admin'), (3, 1, 'member'),
           (4, 1, 'member'), (5, 2, 'owner'), (6, 1, 'member'),
           (6, 2, 'member'), (8, 1, 'member'), (9, 3, 'owner');

    insert into teams (id, organization_id, name)
    overriding system value
    values (11, 1, 'Sales'), (12, 1, 'Support'), (21, 2, 'Desk');

    insert into team_members (team_id, user_id, organization_id)
    values (11, 3, 1), (12, 6, 1), (21, 6, 2);

    insert into oauth_clients (id, name, redirect_uris)
    values ('00000000-0000-4000-8000-000000000009', 'app', '{}');
end
$$;


create function test.credentials() returns void
language plpgsql
as $$
begin
    perform test.credential(500 + id, lower(name), 1, 31, id) from users;
    perform test.credential(520 + id, lower(name) || '-phone', 2, 55, id)
       from users;
    perform test.credential(541, 'ann-scoped', 2, 1, 1);
    perform test.credential(570 + id, lower(name) || '-session', 8, 31, id)
       from users;

    perform test.credential(550, 'key', 4, 15, 1, 1);
    perform test.credential(551, 'key-other', 4, 15, 1, 1);
    perform test.credential(552, 'key-none', 4, 0, 1, 1);
    perform test.credential(553, 'key-read', 4, 1, 1, 1);
    perform test.credential(554, 'key-lock', 4, 2, 1, 1);
    perform test.credential(555, 'key-messages', 4, 4, 1, 1);
    perform test.credential(556, 'key-bolt', 4, 15, 5, 2);
    perform test.credential(557, 'key-dua', 4, 15, 6, 1);
    perform test.credential(558, 'key-left', 4, 15, 5, 1);
    perform test.credential(559, 'key-revoked', 4, 15, 1, 1);

    perform test.credential(560, 'revoked', 1, 31, 1);
    perform test.credential(561, 'expired', 1, 31, 1);
    perform test.credential(562, 'expired-phone', 2, 55, 1);

    update credentials set revoked_at = now() where id in (559, 560);
    delete from events;
    update credentials set expires_at = now() - interval '1 second'
     where id in (561, 562);
end
$$;


-- 101 is Acme's, 102 that of its team Sales, 103 shared by Acme and Bolt's
-- Desk, 104 Bolt's, 105 and 106 the BYOS numbers of Ann and Bob, 107 and 108
-- those of Ann's phone with two cards, 109 gone, 110 that of Tim.
create function test.numbers() returns void
language plpgsql
as $$
begin
    perform test.sim(101, '+15551230101', 'seven', 'dedicated');
    perform test.sim(102, '+15551230102', 'twilio', 'dedicated');
    perform test.sim(103, '+15551230103', 'byos', 'shared', 2);
    perform test.sim(104, '+15551230104', 'seven', 'dedicated');
    perform test.sim(id, '+15551230' || id, 'byos', 'byos')
       from generate_series(105, 110) id;

    update hosted_sims set status = 'inactive', deleted_at = now()
     where id = 109;

    insert into sim_attachments (organization_id, hosted_sim_id, team_id,
                                 alias)
    values (1, 101, null, null), (1, 102, 11, 'Sales line'),
           (1, 103, null, null), (2, 103, 21, 'Desk line'),
           (2, 104, null, null), (1, 105, null, null), (2, 106, null, null),
           (1, 107, null, null), (1, 108, null, null), (1, 109, null, null),
           (3, 110, null, null);

    perform test.device(201, 1, 1, 'active');
    perform test.device(202, 1, 1, 'active');
    perform test.device(203, 1, 1, 'active');
    perform test.device(204, 1, 1, 'disabled');
    perform test.device(205, 1, 1, 'revoked');
    perform test.device(206, 1, 1, 'pending_verification');
    perform test.device(211, 5, 2, 'active');
    perform test.device(221, 9, 3, 'active');

    perform test.card(301, 201, 1, 105);
    perform test.card(302, 202, 1, 107);
    perform test.card(303, 202, 2, 108);
    perform test.card(304, 203, 1, 103);
    perform test.card(305, 206, 1, null, 'pending');
    perform test.card(311, 211, 1, 106);
    perform test.card(321, 221, 1, 110);
end
$$;


create function test.reset() returns void
language plpgsql
as $$
begin
    perform test.clear();
    perform test.people();
    perform test.credentials();
    perform test.numbers();

    delete from events;
end
$$;


select setval(pg_get_serial_sequence(name, 'id'), 1000)
  from unnest(array['organizations', 'users', 'teams', 'hosted_sims',
                    'devices', 'sim_cards', 'credentials',
                    'webhook_integrations', 'webhook_mappings']) name;
