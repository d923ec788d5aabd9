-- What is measured on: organizations with a member, a team, a key, five SIMs
-- and five phones each, and messages spread over the SIMs.
--
--   psql -v organizations=1000 -v messages=1000000 -f seed.sql
--
-- Everything is numbered from 1: organization o has user o, team o, and SIMs
-- and phones 5 * o - 4 to 5 * o.  Its API key is "sk_live_" and 1e18 + o in 40
-- digits, its user's OAuth2 token "bench" and 1e18 + o in 43 digits: with a
-- number of a fixed length pgbench has no padding to do.

begin;

insert into plans (name, max_devices, monthly_messages)
values ('bench', 100, 2000000000);

insert into organizations (name, plan_id)
select 'Organization ' || o, (select id from plans where name = 'bench')
  from generate_series(1, :organizations) o
 order by o;

insert into users (name, email, current_organization_id)
select 'User ' || o, 'user' || o || '@bench.test', o
  from generate_series(1, :organizations) o
 order by o;

insert into members (user_id, organization_id, role)
select o, o, 'owner'
  from generate_series(1, :organizations) o;

insert into teams (organization_id, name)
select o, 'Team ' || o
  from generate_series(1, :organizations) o
 order by o;

insert into team_members (team_id, user_id, organization_id)
select o, o, o
  from generate_series(1, :organizations) o;

insert into oauth_clients (id, name, redirect_uris)
values ('00000000-0000-4000-8000-000000000001', 'bench', '{}');

insert into credentials (digest, kind, abilities, user_id, organization_id,
                         name, key_prefix)
select sha256(convert_to('sk_live_' || lpad((1e18 + o)::text, 40, '0'),
                         'UTF8')),
       4, 15, o, o, 'bench', 'sk_live_0000'
  from generate_series(1, :organizations) o;

insert into credentials (digest, kind, abilities, user_id, oauth_client_id,
                         expires_at)
select sha256(convert_to('bench' || lpad((1e18 + o)::text, 43, '0'), 'UTF8')),
       2, 55, o, '00000000-0000-4000-8000-000000000001',
       now() + interval '15 days'
  from generate_series(1, :organizations) o;

insert into hosted_sims (number, country, provider, type)
select '+1555' || lpad(s::text, 7, '0'), 'US', 'byos', 'byos'
  from generate_series(1, :organizations * 5) s
 order by s;

insert into sim_attachments (organization_id, hosted_sim_id, team_id, alias)
select (s + 4) / 5, s, case when s % 5 = 0 then s / 5 end, 'SIM ' || s
  from generate_series(1, :organizations * 5) s;

insert into devices (organization_id, user_id, android_id, device_model,
                     app_version, status)
select (d + 4) / 5, (d + 4) / 5, lpad(to_hex(d), 16, '0'), 'Bench', '1.0',
       'active'
  from generate_series(1, :organizations * 5) d
 order by d;

insert into sim_cards (device_id, sim_slot, phone_number, number_verified,
                       status, hosted_sim_id)
select d, 1, '+1555' || lpad(d::text, 7, '0'), true, 'active', d
  from generate_series(1, :organizations * 5) d;

-- newest last, as they would have come
insert into messages (organization_id, sms_id, team_id, hosted_sim_id,
                      device_id, direction, sender, recipient, body, status,
                      received_at, created_at, updated_at)
select (m.sim + 4) / 5, nextval('sms_ids'),
       case when m.sim % 5 = 0 then m.sim / 5 end, m.sim, m.sim, 'inbound',
       '+4915' || lpad((m.n % 100000000)::text, 9, '0'),
       '+1555' || lpad(m.sim::text, 7, '0'),
       'Your verification code is '
       || lpad((m.n * 7919 % 1000000)::text, 6, '0')
       || '. It is valid for ten minutes; do not share it.',
       'received', m.at, m.at, m.at
  from (select n, n % (:organizations * 5) + 1 as sim,
               now() - (:messages - n) * interval '1 second' as at
          from generate_series(1::int8, :messages) n
         order by n) m;

-- each came from a phone, under a key that keeps it from coming twice
insert into device_submits (device_id, message_id, created_at)
select n % (:organizations * 5) + 1, md5(n::text)::uuid,
       now() - (:messages - n) * interval '1 second'
  from generate_series(1::int8, :messages) n;

insert into organization_months (organization_id, month, slot, messages)
select organization_id, date_trunc('month', now() at time zone 'utc')::date,
       device_id & 15, count(*)
  from messages
 group by 1, 3;

insert into device_messages (device_id, month, messages)
select device_id, date_trunc('month', now() at time zone 'utc')::date, count(*)
  from messages
 group by 1;

-- each SIM was held once, for five minutes, and that was told
insert into locks (id, hosted_sim_id, organization_id, user_id, started_at,
                   expires_at, ended_at)
select nextval('lock_ids'), s, (s + 4) / 5, (s + 4) / 5,
       now() - s * interval '1 minute' - interval '1 hour',
       now() - s * interval '1 minute' - interval '55 minutes', now()
  from generate_series(1, :organizations * 5) s;

insert into sim_locks (hosted_sim_id, lock_id, organization_id, user_id,
                       started_at, expires_at)
select hosted_sim_id, id, organization_id, user_id, started_at, expires_at
  from locks;

insert into message_counts (organization_id, hosted_sim_id, team_id, total,
                            received)
select organization_id, hosted_sim_id, coalesce(team_id, 0), count(*), count(*)
  from messages
 group by 1, 2, 3;

insert into message_blocks (organization_id, hosted_sim_id, starts_at, team_id,
                            total, first_id, last_id)
select organization_id, hosted_sim_id,
       case when block = 0 then '-infinity'
            else min(min(received_at))
                 over (partition by organization_id, hosted_sim_id, block) end,
       coalesce(team_id, 0), count(*), min(id), max(id)
  from (select *, (rank() over (partition by organization_id, hosted_sim_id
                                order by received_at) - 1) / 1000 as block
          from messages) m
 group by organization_id, hosted_sim_id, block, team_id;

commit;

vacuum analyze;
