-- Who there is: plans, organizations, users, teams, and what they prove
-- themselves with.

create table plans (
    id                int8 generated always as identity primary key,
    name              text not null unique
                      check (char_length(name) between 1 and 255),
    max_devices       int4 not null check (max_devices >= 0),
    monthly_messages  int4 not null check (monthly_messages >= 0),
    compression       bool not null default false,
    priority_support  bool not null default false,
    debug_mode        bool not null default false
);

insert into plans (name, max_devices, monthly_messages, compression)
values ('standard', 1000, 1000000, true);


create table organizations (
    id          int8 generated always as identity primary key,
    name        text not null check (char_length(name) between 1 and 255),
    plan_id     int8 not null references plans,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);


create table users (
    id                       int8 generated always as identity primary key,
    name                     text not null
                             check (char_length(name) between 1 and 255),
    email                    text not null
                             check (char_length(email) between 3 and 255),
    email_verified_at        timestamptz,
    password_hash            text,
    current_organization_id  int8 references organizations
                             on delete set null,
    disabled_at              timestamptz,
    created_at               timestamptz not null default now(),
    updated_at               timestamptz not null default now()
);

create unique index users_email_key on users (lower(email));


create table members (
    user_id          int8 not null references users on delete cascade,
    organization_id  int8 not null references organizations on delete cascade,
    role             text not null
                     check (role in ('owner', 'admin', 'member')),
    created_at       timestamptz not null default now(),
    primary key (user_id, organization_id)
);

create index members_organization on members (organization_id, user_id);


create table teams (
    id               int8 generated always as identity primary key,
    organization_id  int8 not null references organizations on delete cascade,
    name             text not null
                     check (char_length(name) between 1 and 255),
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    unique (organization_id, name),
    unique (organization_id, id)
);


-- The organization stands here too, so that a person can be in a team only
-- while a member of its organization.
create table team_members (
    team_id          int8 not null,
    user_id          int8 not null,
    organization_id  int8 not null,
    primary key (team_id, user_id),
    foreign key (organization_id, team_id)
        references teams (organization_id, id) on delete cascade,
    foreign key (user_id, organization_id)
        references members on delete cascade
);

create index team_members_user on team_members (user_id, organization_id);


create table oauth_clients (
    id             uuid primary key default gen_random_uuid(),
    name           text not null check (char_length(name) between 1 and 255),
    redirect_uris  text[] not null,
    scopes         text[] not null default '{mobile:device}',
    revoked_at     timestamptz,
    created_at     timestamptz not null default now()
);


-- Whatever a caller can show in an Authorization header, under one digest:
--   kind       1 personal token, 2 OAuth2 access token, 4 API key, 8 session
--   abilities  1 numbers.read, 2 numbers.lock, 4 messages.read,
--              8 webhooks.receive, 16 broadcasting, 32 BYOS devices
-- The numbers are those of sr_principal.h.
create table credentials (
    id               int8 generated always as identity primary key,
    digest           bytea not null unique check (octet_length(digest) = 32),
    kind             int4 not null check (kind in (1, 2, 4, 8)),
    abilities        int4 not null check (abilities between 0 and 63),
    user_id          int8 not null references users on delete cascade,
    organization_id  int8 references organizations on delete cascade,
    oauth_client_id  uuid references oauth_clients on delete cascade,
    name             text check (char_length(name) between 1 and 255),
    key_prefix       text check (char_length(key_prefix) = 12),
    scope            text,
    last_used_at     timestamptz,
    expires_at       timestamptz,
    revoked_at       timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    check (kind <> 4 or (organization_id is not null and name is not null
                         and key_prefix is not null)),
    check (kind <> 2 or (oauth_client_id is not null
                         and expires_at is not null))
);

create index credentials_user on credentials (user_id, kind);

create unique index credentials_api_key_name
    on credentials (organization_id, name)
 where kind = 4 and revoked_at is null;


-- Who calls: the person behind a valid credential, and the organization that
-- the call acts in.  No row where the digest is unknown, expired or revoked,
-- where the person is disabled or has left the key's organization, or where
-- the credential is of another kind or lacks an ability that is asked for.
-- A plain select, so that the planner merges it into its callers.
create function principal(digest bytea, kinds int4, ability int4)
returns table (credential_id int8, kind int4, abilities int4, user_id int8,
               organization_id int8, role text)
language sql stable
as $$
    select c.id, c.kind, c.abilities, u.id, m.organization_id, m.role
      from credentials c
      join users u on u.id = c.user_id
      left join members m
        on m.user_id = u.id
       and m.organization_id = case when c.kind = 4 then c.organization_id
                                    else u.current_organization_id end
     where c.digest = $1
       and c.kind & $2 <> 0
       and c.abilities & $3 = $3
       and c.revoked_at is null
       and (c.expires_at is null or c.expires_at > now())
       and u.disabled_at is null
       and (c.kind <> 4 or m.organization_id is not null)
$$;
