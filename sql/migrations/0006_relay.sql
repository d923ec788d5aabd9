-- The whole way of an SMS: by which account it goes out, what became of it,
-- and what others hear of it, of locks and of numbers.

-- An id is drawn under a lock of the SIM (message_add), and from no cache, so
-- that of a SIM's messages ids rise in the order in which they become visible:
-- "newer than this id" misses none.
alter table messages
    alter column id set cache 1,
    add column error_code text check (char_length(error_code) <= 64);

create index messages_newer on messages (organization_id, hosted_sim_id, id);

-- Made anew, to be the newest: as long as there are no statistics, the planner
-- takes the newest of the indexes that seem to cost alike, and what is cached
-- then would look for a key in all of an organization's messages.
alter table messages
    drop constraint messages_pkey,
    add primary key (organization_id, id);


-- The messages of an organization's SIM in blocks of a thousand or so, by received_at, so that a page far back is found without reading what
-- lies before it.  A block begins at starts_at and ends where the next one
-- begins; it has a row for each team that has messages in it, with the ids of
-- the first and the last of them.  team_id 0 stands for no team.
create table message_blocks (
    organization_id  int8 not null,
    hosted_sim_id    int8 not null,
    starts_at        timestamptz not null,
    team_id          int8 not null,
    total            int4 not null,
    first_id         int8 not null,
    last_id          int8 not null,
    primary key (organization_id, hosted_sim_id, starts_at, team_id)
) with (fillfactor = 70);

insert into message_blocks
       (organization_id, hosted_sim_id, starts_at, team_id, total, first_id,
        last_id)
select m.organization_id, m.hosted_sim_id,
       case when m.block = 0 then '-infinity'
            else min(min(m.received_at))
                 over (partition by m.organization_id, m.hosted_sim_id,
                                    m.block) end,
       coalesce(m.team_id, 0), count(*), min(m.id), max(m.id)
  from (select *, (rank() over (partition by organization_id, hosted_sim_id
                                order by received_at) - 1) / 1000 as block
          from messages) m
 group by m.organization_id, m.hosted_sim_id, m.block, m.team_id;


-- Parts a block that has become too large: its newest 200 messages and those
-- before them, as far as they were not received in the same instant.
create function message_split(organization_id int8, hosted_sim_id int8,
                              starts_at timestamptz)
returns void
language plpgsql
as $$
declare
    ends_at timestamptz;
    middle timestamptz;
begin
    if (select sum(b.total) < 1200
          from message_blocks b
         where b.organization_id = $1
           and b.hosted_sim_id = $2
           and b.starts_at = $3)
    then
        return;
    end if;

    select coalesce(min(b.starts_at), 'infinity')
      into ends_at
      from message_blocks b
     where b.organization_id = $1
       and b.hosted_sim_id = $2
       and b.starts_at > $3;

    select m.received_at
      into middle
      from messages m
     where m.organization_id = $1
       and m.hosted_sim_id = $2
       and m.received_at >= $3
       and m.received_at < ends_at
     order by m.received_at desc, m.id desc
     limit 1 offset 199;

    if middle <= $3 then
        return;
    end if;

    delete from message_blocks b
     where b.organization_id = $1
       and b.hosted_sim_id = $2
       and b.starts_at = $3;

    insert into message_blocks
           (organization_id, hosted_sim_id, starts_at, team_id, total,
            first_id, last_id)
    select $1, $2, case when m.received_at < middle then $3 else middle end,
           coalesce(m.team_id, 0), count(*), min(m.id), max(m.id)
      from messages m
     where m.organization_id = $1
       and m.hosted_sim_id = $2
       and m.received_at >= $3
       and m.received_at < ends_at
     group by 3, 4;
end
$$;


-- Adds one organization's row of an SMS, and counts it.  Whoever adds several
-- does so in the order of organizations.
create function message_add(organization_id int8, hosted_sim_id int8,
                            team_id int8, lock_id int8, device_id int8,
                            sms_id int8, direction text, sender text,
                            recipient text, body text, status text,
                            received_at timestamptz)
returns int8
language plpgsql
as $$
declare
    added int8;
    block timestamptz;
    counted int4;
begin
    perform pg_advisory_xact_lock(3602, ($2 & 2147483647)::int4);

    insert into message_counts as c
           (organization_id, hosted_sim_id, team_id, total, received)
    values ($1, $2, coalesce($3, 0), 1, ($7 = 'inbound')::int4)
        on conflict on constraint message_counts_pkey do update
       set total = c.total + 1, received = c.received + excluded.received;

    insert into messages as m
           (organization_id, sms_id, team_id, hosted_sim_id, lock_id,
            device_id, direction, sender, recipient, body, status, received_at)
    values ($1, $6, $3, $2, $4, $5, $7, $8, $9, $10, $11, $12)
    returning m.id into added;

    insert into message_blocks as b
           (organization_id, hosted_sim_id, starts_at, team_id, total,
            first_id, last_id)
    values ($1, $2,
            coalesce((select e.starts_at
                        from message_blocks e
                       where e.organization_id = $1
                         and e.hosted_sim_id = $2
                         and e.starts_at <= $12
                       order by e.starts_at desc
                       limit 1), '-infinity'),
            coalesce($3, 0), 1, added, added)
        on conflict on constraint message_blocks_pkey do update
       set total = b.total + 1, last_id = excluded.last_id
    returning b.starts_at, b.total into block, counted;

    if counted % 200 = 0 then
        perform message_split($1, $2, block);
    end if;

    return added;
end
$$;


-- Stores an SMS that a SIM has received: a row for each organization that may
-- see it, with its event.  Who that is was fixed by who held the SIM's lock
-- at received_at; pushes go to who holds it now alone.
create function sms_receive(hosted_sim_id int8, device_id int8, sender text,
                            recipient text, body text,
                            received_at timestamptz)
returns void
language plpgsql
as $$
begin
    with held as materialized (
        select k.id, k.organization_id, k.team_id
          from locks k
         where k.hosted_sim_id = $1
           and k.started_at <= $6
           and k.expires_at > $6
           and (k.released_at is null or k.released_at > $6)
         order by k.started_at desc
         limit 1
    ), audience as (
        select k.organization_id, k.team_id, k.id as lock_id
          from held k
        union all
        select a.organization_id, a.team_id, null
          from sim_attachments a
         where a.hosted_sim_id = $1
           and not exists (select from held)
    ), sms as materialized (
        select nextval('sms_ids') as id
    )
    insert into events (organization_id, team_id, holder_user_id, type,
                        object_id)
    select a.organization_id, a.team_id, l.user_id, 'message.inbound',
           message_add(a.organization_id, $1, a.team_id, a.lock_id, $2,
                       a.sms_id, 'inbound', $3, $4, $5, 'received', $6)
      from (select u.*, s.id as sms_id
              from audience u
             cross join sms s
             order by u.organization_id
            offset 0) a
      left join sim_locks l
        on l.hosted_sim_id = $1 and l.expires_at > now();
end
$$;


-- What became of an SMS that was sent: only forward, from queued over sent to
-- delivered or failed.  True where that was news, of which an event tells.
-- One whose outcome is not known is sent with error_code `unconfirmed`, until
-- a report says more.
create function message_progress(organization_id int8, message_id int8,
                                 status text, error_code text)
returns bool
language plpgsql
as $$
begin
    with moved as (
        update messages m
           set status = $3, error_code = $4, updated_at = now()
         where m.organization_id = $1
           and m.id = $2
           and m.direction = 'outbound'
           and (case m.status when 'queued' then 0 when 'sent' then 1
                              else 2 end
                < case $3 when 'queued' then 0 when 'sent' then 1 else 2 end
                or m.status = 'sent' and $3 = 'sent'
                   and m.error_code is not null and $4 is null)
        returning m.organization_id, m.id, m.team_id, m.hosted_sim_id
    )
    insert into events (organization_id, team_id, holder_user_id, type,
                        object_id)
    select m.organization_id, m.team_id, l.user_id, 'message.delivery', m.id
      from moved m
      left join sim_locks l
        on l.hosted_sim_id = m.hosted_sim_id and l.expires_at > now();

    return found;
end
$$;


-- Accounts at providers.  name is Twilio's AccountSid, or a name of ours for
-- one at seven.io.  api_key (Twilio: the auth token) and signing_secret
-- (seven.io's; Twilio signs by its auth token) are sealed with the contexts
-- `provider_key` and `provider_signing`.
create table provider_accounts (
    id              int8 generated always as identity primary key,
    provider        text not null check (provider in ('seven', 'twilio')),
    name            text not null check (char_length(name) between 1 and 64),
    api_key         bytea not null,
    signing_secret  bytea,
    disabled_at     timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    unique (provider, name)
);


-- SMS on their way out, each beside its row of messages.
--   queued       to be handed over, at next_attempt_at
--   leased       being handed over, under lease_id until lease_until; one of
--                a provider's that runs out is unconfirmed, one of a phone's
--                is offered to that phone again
--   accepted     handed over; reports may follow
--   unconfirmed  nobody knows whether it was; not sent again unasked
--   ended        delivered or failed for good
create table sends (
    organization_id      int8 not null,
    message_id           int8 not null,
    hosted_sim_id        int8 not null,
    provider             text not null
                         check (provider in ('seven', 'twilio', 'byos')),
    account              text not null default '',
    device_id            int8,
    segments             int4 not null check (segments >= 1),
    state                text not null default 'queued'
                         check (state in ('queued', 'leased', 'accepted',
                                          'unconfirmed', 'ended')),
    attempts             int4 not null default 0,
    next_attempt_at      timestamptz not null default now(),
    lease_id             uuid,
    lease_until          timestamptz,
    provider_message_id  text check (char_length(provider_message_id) <= 64),
    error                text check (char_length(error) <= 1000),
    created_at           timestamptz not null default now(),
    updated_at           timestamptz not null default now(),
    primary key (organization_id, message_id)
) with (fillfactor = 70);

create index sends_due
    on sends (provider, account, next_attempt_at, message_id)
 where state = 'queued' and provider <> 'byos';

create index sends_leased on sends (lease_until) where state = 'leased';

create index sends_outbox on sends (device_id, message_id)
 where provider = 'byos' and state in ('queued', 'leased');

create index sends_unsent on sends (created_at)
 where provider = 'byos' and state in ('queued', 'leased');

create index sends_device on sends (device_id, message_id)
 where device_id is not null;

create index sends_open on sends (hosted_sim_id, organization_id)
 where state in ('queued', 'leased');

create unique index sends_provider_message
    on sends (provider, account, provider_message_id)
 where provider_message_id is not null;

create index sends_unconfirmed on sends (updated_at)
 where state = 'unconfirmed';


-- When a SIM may send next, over all instances of simrelayd.
create table sim_paces (
    hosted_sim_id  int8 primary key references hosted_sims on delete cascade,
    next_send_at   timestamptz not null
) with (fillfactor = 70);

-- NULL: as simrelayd is configured
alter table hosted_sims
    add column send_interval_ms int4 check (send_interval_ms >= 0);

alter table sidecars add column sends_running int4 not null default 0;


-- What makes an SMS that a provider tells of idempotent; kept 30 days.
create table provider_messages (
    provider             text not null,
    account              text not null,
    provider_message_id  text not null
                         check (char_length(provider_message_id) <= 64),
    created_at           timestamptz not null default now(),
    primary key (provider, account, provider_message_id)
);

create index provider_messages_age on provider_messages
 using brin (created_at);


-- Reports about an SMS whose id at the provider is not known yet, since they
-- were quicker than the answer to the request that made it; kept a day.
create table provider_reports (
    provider             text not null,
    account              text not null,
    provider_message_id  text not null
                         check (char_length(provider_message_id) <= 64),
    status               text not null
                         check (status in ('sent', 'delivered', 'failed')),
    error_code           text check (char_length(error_code) <= 64),
    created_at           timestamptz not null default now(),
    primary key (provider, account, provider_message_id)
);

create index provider_reports_created_at on provider_reports (created_at);


-- Who learns an id at a provider and who is told what became of it take turns
-- until their transactions end, so that no report falls between the two: the
-- first statement of both, so that the next one sees what the other has done.
create function provider_message_lock(provider text, account text,
                                      provider_message_id text)
returns bool
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1, $2, $3),
                                                   6));
    return true;
end
$$;


-- What a provider's report says of an SMS, to the row of sends and to the
-- message.  It settles one whose outcome was not known, too.  True where that
-- was news.
create function send_settle(organization_id int8, message_id int8,
                            provider_message_id text, status text,
                            error_code text)
returns bool
language plpgsql
as $$
begin
    update sends s
       set state = case $4 when 'sent' then 'accepted' else 'ended' end,
           provider_message_id = coalesce(s.provider_message_id, $3),
           lease_id = null,
           lease_until = null,
           error = case $4 when 'failed' then $5 end,
           updated_at = now()
     where s.organization_id = $1
       and s.message_id = $2
       and s.state <> 'ended'
       and (s.state <> 'accepted' or $4 <> 'sent');

    return message_progress($1, $2, $4, $5);
end
$$;


-- Idempotency-Key of requests to send, for an organization and SIM; kept a
-- day.  digest is that of the key, request that of what was asked for.
create table idempotency_keys (
    organization_id  int8 not null,
    hosted_sim_id    int8 not null,
    digest           bytea not null check (octet_length(digest) = 32),
    request          bytea not null check (octet_length(request) = 32),
    message_id       int8 not null,
    expires_at       timestamptz not null
                     default now() + interval '24 hours',
    primary key (organization_id, hosted_sim_id, digest)
);

create index idempotency_keys_expires_at on idempotency_keys (expires_at);


-- Of locks, when they were told to be over (number.unlocked): when they were
-- given back or taken away, or soon after they had expired.
alter table locks add column ended_at timestamptz;

update locks set ended_at = now();

create index locks_open on locks (expires_at) where ended_at is null;
create index locks_open_sim on locks (hosted_sim_id) where ended_at is null;

-- those that are over 9 days go
create index locks_over on locks ((least(expires_at, released_at)));


-- A secret that was replaced signs too until then, where the caller asked for
-- that; failing_since is that of the outage that the admins were told of.
alter table webhook_integrations
    add column previous_secret bytea,
    add column previous_secret_until timestamptz,
    add column failing_since timestamptz;


-- The Pusher protocol over several instances of simrelayd.  None of it needs
-- to outlast a crash of the database: each instance writes its part anew.

-- Who is in a presence channel by sockets of which instance: a row for each
-- person there.  It counts as long as the instance shows signs of life.  Rows
-- of an older version than the instance's newest are left over.
create unlogged table presence_members (
    sidecar_id  uuid not null,
    channel     text not null,
    user_id     text not null,
    user_info   text not null,
    version     int4 not null,
    primary key (sidecar_id, channel, user_id)
);

create index presence_members_channel on presence_members (channel);


-- What the instances tell each other, where it is too long for a notification;
-- kept a minute.
create unlogged table cluster_messages (
    id          int8 generated always as identity (cache 32) primary key,
    body        text not null,
    created_at  timestamptz not null default now()
);

create index cluster_messages_created_at on cluster_messages (created_at);


-- The last event of each cache channel, as its frame; kept half an hour.
create unlogged table channel_caches (
    channel    text primary key,
    frame      text not null,
    stored_at  timestamptz not null default now()
);

create index channel_caches_stored_at on channel_caches (stored_at);


-- The log of an integration's deliveries, newest first.  Ids do not come in
-- order, since each session that makes them has a cache of its own.
drop index webhook_deliveries_log;
drop index webhook_deliveries_failed;

create index webhook_deliveries_log
    on webhook_deliveries (webhook_integration_id, created_at desc, id desc);

create index webhook_deliveries_failed
    on webhook_deliveries (webhook_integration_id, created_at desc, id desc)
 where state = 'failed';
