-- What was received and sent, and what is to be told of it.

create sequence sms_ids cache 50;

-- A row for each organization that may see a message, with the team that it
-- is limited to, if there is one.  The rows of one SMS share sms_id and
-- received_at.  hosted_sim_id has no foreign key: a SIM that is gone leaves
-- its messages.
create table messages (
    organization_id  int8 not null,
    id               int8 generated always as identity (cache 50),
    sms_id           int8 not null,
    team_id          int8,
    hosted_sim_id    int8 not null,
    lock_id          int8,          -- the hold that it was received under
    device_id        int8,
    direction        text not null
                     check (direction in ('inbound', 'outbound')),
    sender           text not null,
    recipient        text not null,
    body             text not null,
    status           text not null
                     check (status in ('received', 'queued', 'sent',
                                       'delivered', 'failed')),
    received_at      timestamptz not null,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (organization_id, id)
);

create index messages_list
    on messages (organization_id, hosted_sim_id, received_at desc, id desc);


-- What the API shows as counts.  team_id 0 stands for no team.
create table message_counts (
    organization_id  int8 not null,
    hosted_sim_id    int8 not null,
    team_id          int8 not null,
    total            int8 not null default 0,
    received         int8 not null default 0,
    primary key (organization_id, hosted_sim_id, team_id)
) with (fillfactor = 70);


create sequence event_ids cache 50;

-- What others have to hear of: broadcasts and webhooks, written in the
-- transaction that caused it, with its audience as it was then.
--   txid            lets a listener find what became visible since it looked
--   object_id       a message's, lock's or device's id, as type says
--   holder_user_id  who alone hears of it at once, while a lock lasts
--   planned_at      when its webhook deliveries were made
create table events (
    id               int8 not null default nextval('event_ids'),
    txid             xid8 not null default pg_current_xact_id(),
    created_at       timestamptz not null default now(),
    organization_id  int8 not null,
    team_id          int8,
    holder_user_id   int8,
    user_id          int8,          -- for what concerns one person alone
    type             text not null,
    object_id        int8 not null,
    planned_at       timestamptz
) partition by range (created_at);

create index events_txid on events (txid);
create index events_unplanned on events (id) where planned_at is null;


create sequence delivery_ids cache 50;

-- headers is a JSON object of strings; secret is sealed (sr_seal.h).
create table webhook_integrations (
    id               int8 generated always as identity primary key,
    organization_id  int8 not null references organizations on delete cascade,
    name             text not null
                     check (char_length(name) between 1 and 255),
    url              text not null check (char_length(url) <= 2048),
    secret           bytea not null,
    headers          jsonb not null default '{}'
                     check (jsonb_typeof(headers) = 'object'),
    timeout_seconds  int4 not null default 30
                     check (timeout_seconds between 1 and 120),
    retry_count      int4 not null default 3
                     check (retry_count between 0 and 10),
    is_active        bool not null default true,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    unique (organization_id, id)
);


create table webhook_mappings (
    id                      int8 generated always as identity primary key,
    organization_id         int8 not null,
    webhook_integration_id  int8 not null,
    team_id                 int8 not null,
    forwarding_mode         text not null
                            check (forwarding_mode in ('always',
                                                       'lock_required')),
    is_active               bool not null default true,
    created_at              timestamptz not null default now(),
    updated_at              timestamptz not null default now(),
    foreign key (organization_id, webhook_integration_id)
        references webhook_integrations (organization_id, id)
        on delete cascade,
    foreign key (organization_id, team_id)
        references teams (organization_id, id) on delete cascade,
    unique (webhook_integration_id, team_id)
);


-- An event on its way to an integration.  Claimed by lease_id until
-- lease_until; a result counts only under the lease that it was sent under.
create table webhook_deliveries (
    id                      int8 not null default nextval('delivery_ids'),
    created_at              timestamptz not null default now(),
    organization_id         int8 not null,
    webhook_integration_id  int8 not null,
    event_id                int8 not null,
    event_created_at        timestamptz not null,
    event                   text not null,
    object_id               int8 not null,
    state                   text not null default 'pending'
                            check (state in ('pending', 'delivered',
                                             'failed')),
    attempts                int4 not null default 0,
    next_attempt_at         timestamptz default now(),
    lease_id                uuid,
    lease_until             timestamptz,
    http_status             int4,
    response_body           text,
    error                   text,
    response_time_ms        int4,
    finished_at             timestamptz
) partition by range (created_at);

create index webhook_deliveries_due
    on webhook_deliveries (webhook_integration_id, next_attempt_at)
 where state = 'pending';

create index webhook_deliveries_failed
    on webhook_deliveries (webhook_integration_id, id)
 where state = 'failed';

create index webhook_deliveries_log
    on webhook_deliveries (webhook_integration_id, id desc);


-- Days come and go by pg_partman; simrelayd runs its maintenance.
select partman.create_parent('public.events', 'created_at', 'native',
                             'daily', p_premake := 7);
select partman.create_parent('public.webhook_deliveries', 'created_at',
                             'native', 'daily', p_premake := 7);

update partman.part_config
   set retention = '30 days', retention_keep_table = false,
       infinite_time_partitions = true
 where parent_table in ('public.events', 'public.webhook_deliveries');


-- A simrelayd's sign of life, and what it knows of its queues.
create unlogged table sidecars (
    id                  uuid primary key,
    host                text not null,
    pid                 int4 not null,
    started_at          timestamptz not null default now(),
    seen_at             timestamptz not null default now(),
    sockets             int4 not null default 0,
    deliveries_running  int4 not null default 0
);
