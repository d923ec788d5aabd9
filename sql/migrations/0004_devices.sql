-- Phones that relay what their own SIM cards receive (BYOS).

create table devices (
    id               int8 generated always as identity primary key,
    organization_id  int8 not null references organizations on delete cascade,
    user_id          int8 not null references users on delete cascade,
    android_id       text not null check (android_id ~ '^[0-9a-f]{16}$'),
    device_name      text check (char_length(device_name) <= 255),
    device_model     text not null check (char_length(device_model) <= 100),
    app_version      text not null check (char_length(app_version) <= 50),
    status           text not null default 'pending_verification'
                     check (status in ('pending_verification', 'active',
                                       'disabled', 'revoked')),
    config_version   int4 not null default 1,
    deleted_at       timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now()
);

create unique index devices_android_id_key on devices (android_id)
 where deleted_at is null;

create index devices_user on devices (user_id, id) where deleted_at is null;
create index devices_organization on devices (organization_id)
 where deleted_at is null;


-- What every heartbeat writes, apart from what seldom changes.
create table device_presence (
    device_id        int8 primary key references devices on delete cascade,
    last_seen_at     timestamptz not null,
    battery_level    int4 check (battery_level between 0 and 100),
    is_in_doze_mode  bool not null default false,
    is_online        bool not null default true
) with (fillfactor = 50);


create table sim_cards (
    id               int8 generated always as identity primary key,
    device_id        int8 not null references devices on delete cascade,
    sim_slot         int4 check (sim_slot between 1 and 10),
    phone_number     text check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
    number_verified  bool not null default false,
    status           text not null default 'pending'
                     check (status in ('pending', 'active', 'inactive')),
    signal_strength  int4 check (signal_strength between 0 and 100),
    hosted_sim_id    int8 references hosted_sims,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    check (status <> 'active' or hosted_sim_id is not null)
);

create unique index sim_cards_slot_key on sim_cards (device_id, sim_slot)
 where status <> 'inactive';

create unique index sim_cards_hosted_sim_key on sim_cards (hosted_sim_id)
 where status = 'active';


-- Codes that a phone texts to prove its number.  Expired ones are removed by
-- simrelayd, so that the key keeps the live ones apart.
create table verification_codes (
    code         text primary key check (code ~ '^SR-[A-HJ-NP-Z2-9]{4}$'),
    sim_card_id  int8 not null references sim_cards on delete cascade,
    expires_at   timestamptz not null default now() + interval '5 minutes',
    used_at      timestamptz
);

create index verification_codes_card on verification_codes (sim_card_id);


-- Twilio's calls that were acted on, so that a replay changes nothing, and
-- who guesses codes.
create table twilio_calls (
    message_sid  text primary key check (char_length(message_sid) <= 64),
    sender       text not null,
    missed       bool not null,
    created_at   timestamptz not null default now()
);

create index twilio_calls_missed on twilio_calls (sender, created_at)
 where missed;


-- What makes a phone's submit idempotent; kept 30 days.
create table device_submits (
    device_id   int8 not null,
    message_id  uuid not null,
    created_at  timestamptz not null default now(),
    primary key (device_id, message_id)
);

create index device_submits_age on device_submits using brin (created_at);


-- What a phone has submitted in a month, for the plan's limit.
create table device_months (
    organization_id  int8 not null,
    month            date not null,
    device_id        int8 not null,
    messages         int4 not null,
    primary key (organization_id, month, device_id)
) with (fillfactor = 70);
