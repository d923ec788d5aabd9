-- How people sign in, what they connect, and what happens when it ends.

-- A key that an agent registered for itself has no owner until it is claimed.
alter table credentials
    alter column user_id drop not null,
    drop constraint credentials_check,
    add constraint credentials_api_key_check
        check (kind <> 4 or (name is not null and key_prefix is not null
                             and (user_id is null) = (organization_id is null))),
    add constraint credentials_owner_check
        check (kind = 4 or user_id is not null);

create index credentials_expiring on credentials (expires_at)
 where revoked_at is null and expires_at is not null;

create index credentials_organization on credentials (organization_id, kind)
 where organization_id is not null;

create index credentials_client on credentials (oauth_client_id)
 where oauth_client_id is not null;

create index credentials_revoked_at on credentials (revoked_at)
 where revoked_at is not null;

alter table users add column password_changed_at timestamptz;


-- How often something was tried, in a window that begins with the first try:
-- here, so that it holds over several nginx machines and survives them.
create table throttles (
    kind        text not null,
    digest      bytea not null check (octet_length(digest) = 32),
    hits        int4 not null,
    expires_at  timestamptz not null,
    primary key (kind, digest)
);

create index throttles_expires_at on throttles (expires_at);


-- Counts a try; 0 where it is one of the "most" of its period, else the seconds
-- until the next period.
create function throttle(kind text, subject text, most int4, period interval)
returns int4
language sql volatile
as $$
    insert into throttles as t (kind, digest, hits, expires_at)
    values ($1, sha256(convert_to($2, 'UTF8')), 1, now() + $4)
    on conflict (kind, digest) do update
       set hits = case when t.expires_at <= now() then 1
                       else least(t.hits, 1000000) + 1 end,
           expires_at = case when t.expires_at <= now() then now() + $4
                             else t.expires_at end
    returning case when hits <= $3 then 0
                   else greatest(1, ceil(extract(epoch from
                                                 expires_at - now())))::int4
              end
$$;


-- Takes a try back: it was a right one.
create function throttle_refund(kind text, subject text)
returns void
language sql volatile
as $$
    update throttles
       set hits = greatest(hits - 1, 0)
     where kind = $1
       and digest = sha256(convert_to($2, 'UTF8'))
$$;


-- Whom an address stands for: itself, or the /64 that a host of IPv6 moves in.
create function address_block(address text)
returns text
language sql immutable
as $$
    select host(network(set_masklen($1::inet,
                                    case family($1::inet) when 6 then 64
                                                          else 32 end)))
$$;


-- The second step of a sign-in, behind a password that was right.
create table login_challenges (
    digest      bytea primary key check (octet_length(digest) = 32),
    user_id     int8 not null references users on delete cascade,
    is_session  bool not null,
    name        text check (char_length(name) between 1 and 255),
    tries       int4 not null default 0,
    expires_at  timestamptz not null
);

create index login_challenges_expires_at on login_challenges (expires_at);
create index login_challenges_user on login_challenges (user_id);


-- TOTP (RFC 6238); the secret is sealed.  last_step is the time step of the
-- last code that was taken: none before it or of it is taken again.
create table two_factors (
    user_id       int8 primary key references users on delete cascade,
    secret        bytea not null,
    confirmed_at  timestamptz,
    last_step     int8 not null default 0,
    created_at    timestamptz not null default now()
);

create table recovery_codes (
    user_id  int8 not null references two_factors on delete cascade,
    digest   bytea not null check (octet_length(digest) = 32),
    primary key (user_id, digest)
);


-- Links to a new password.
create table password_resets (
    digest      bytea primary key check (octet_length(digest) = 32),
    user_id     int8 not null references users on delete cascade,
    expires_at  timestamptz not null
);

create index password_resets_user on password_resets (user_id);
create index password_resets_expires_at on password_resets (expires_at);


-- Mails to be sent.  What they say stands in simrelayd, by kind; "secret" is
-- sealed (context `mail`), for links that only the recipient may see, and goes
-- once the mail is sent or given up.
create table mails (
    id               int8 generated always as identity primary key,
    kind             text not null,
    recipient        text not null
                     check (char_length(recipient) between 3 and 255),
    user_id          int8 references users on delete cascade,
    params           jsonb not null default '{}',
    secret           bytea,
    state            text not null default 'pending'
                     check (state in ('pending', 'sent', 'failed')),
    attempts         int4 not null default 0,
    error            text check (char_length(error) <= 1000),
    next_attempt_at  timestamptz not null default now(),
    expires_at       timestamptz not null,
    lease_id         uuid,
    created_at       timestamptz not null default now(),
    ended_at         timestamptz
);

create index mails_due on mails (next_attempt_at) where state = 'pending';
create index mails_ended_at on mails (ended_at) where state <> 'pending';
create index mails_user on mails (user_id);


-- OAuth2.  A grant is what a person once consented to, and the family of all
-- the tokens that came of it.
create table oauth_grants (
    id               int8 generated always as identity primary key,
    oauth_client_id  uuid not null references oauth_clients on delete cascade,
    user_id          int8 not null references users on delete cascade,
    scope            text not null,
    abilities        int4 not null check (abilities between 0 and 63),
    created_at       timestamptz not null default now(),
    revoked_at       timestamptz
);

create index oauth_grants_user on oauth_grants (user_id, oauth_client_id);
create index oauth_grants_client on oauth_grants (oauth_client_id);

alter table credentials
    add column oauth_grant_id int8 references oauth_grants on delete cascade;

create index credentials_grant on credentials (oauth_grant_id)
 where oauth_grant_id is not null;


-- A code that was used stays until it expires and a day more, so that a second
-- use is seen; it then has its grant.
create table oauth_codes (
    digest           bytea primary key check (octet_length(digest) = 32),
    oauth_client_id  uuid not null references oauth_clients on delete cascade,
    user_id          int8 not null references users on delete cascade,
    redirect_uri     text not null,
    scope            text not null,
    abilities        int4 not null check (abilities between 0 and 63),
    challenge        bytea not null check (octet_length(challenge) = 32),
    oauth_grant_id   int8 references oauth_grants on delete cascade,
    created_at       timestamptz not null default now(),
    expires_at       timestamptz not null,
    used_at          timestamptz
);

create index oauth_codes_expires_at on oauth_codes (expires_at);
create index oauth_codes_client on oauth_codes (oauth_client_id);
create index oauth_codes_user on oauth_codes (user_id);
create index oauth_codes_grant on oauth_codes (oauth_grant_id);


-- A refresh token works once: used_at, with the one that took its place.
create table oauth_refresh_tokens (
    digest          bytea primary key check (octet_length(digest) = 32),
    oauth_grant_id  int8 not null references oauth_grants on delete cascade,
    credential_id   int8 references credentials on delete set null,
    successor       bytea check (octet_length(successor) = 32),
    created_at      timestamptz not null default now(),
    expires_at      timestamptz not null,
    used_at         timestamptz,
    revoked_at      timestamptz
);

create index oauth_refresh_tokens_grant on oauth_refresh_tokens
       (oauth_grant_id);
create index oauth_refresh_tokens_credential on oauth_refresh_tokens
       (credential_id);
create index oauth_refresh_tokens_expires_at on oauth_refresh_tokens
       (expires_at);


-- Agents that registered themselves; a person claims their key.  What they may
-- receive at their callback_url is an integration from then on, for as long as
-- the key is good for it.
create table agents (
    id                      uuid primary key default gen_random_uuid(),
    credential_id           int8 not null unique references credentials
                            on delete cascade,
    name                    text not null
                            check (char_length(name) between 1 and 255),
    description             text check (char_length(description) <= 1000),
    callback_url            text check (char_length(callback_url) <= 2048),
    metadata                jsonb,
    address                 text not null,
    code_digest             bytea not null
                            check (octet_length(code_digest) = 32),
    tries                   int4 not null default 0,
    webhook_secret          bytea not null,
    expires_at              timestamptz not null,
    claimed_at              timestamptz,
    claimed_by              int8 references users on delete set null,
    webhook_integration_id  int8 references webhook_integrations
                            on delete set null,
    created_at              timestamptz not null default now()
);

create unique index agents_address_name on agents (address, lower(name))
 where claimed_at is null;
create index agents_expires_at on agents (expires_at)
 where claimed_at is null;
create index agents_claimed_by on agents (claimed_by);
create index agents_webhook on agents (webhook_integration_id);


-- Whatever takes access from a person tells its sockets, whichever statement
-- did it: they are closed, and authorize anew.
create function access_ended(user_id int8, organization_id int8,
                             object_id int8)
returns void
language sql
as $$
    insert into events (organization_id, user_id, type, object_id)
    select coalesce($2, u.current_organization_id, 0), u.id, 'access.ended',
           $3
      from users u
     where u.id = $1
$$;

create function credential_ended()
returns trigger
language plpgsql
as $$
begin
    perform access_ended(old.user_id, old.organization_id, old.id);

    -- 4 and 8: what an agent's integration was made for (agent_claim.sql)
    if old.kind = 4
       and old.user_id is not null
       and (new.revoked_at is not null
            or old.abilities & ~new.abilities & 12 <> 0)
    then
        update webhook_integrations i
           set is_active = false, updated_at = now()
          from agents a
         where a.credential_id = old.id
           and i.id = a.webhook_integration_id
           and i.is_active;
    end if;

    return null;
end
$$;

create trigger credential_ended
 after update of revoked_at, digest, abilities on credentials
   for each row
  when (old.revoked_at is null
        and (new.revoked_at is not null or new.digest <> old.digest
             or old.abilities & new.abilities <> old.abilities))
execute function credential_ended();

create function member_ended()
returns trigger
language plpgsql
as $$
begin
    perform access_ended(old.user_id, old.organization_id, old.user_id);
    return null;
end
$$;

create trigger member_ended
 after delete on members
   for each row
execute function member_ended();

create function user_ended()
returns trigger
language plpgsql
as $$
begin
    perform access_ended(old.id, null, old.id);
    return null;
end
$$;

create trigger user_ended
 after update of disabled_at on users
   for each row
  when (old.disabled_at is null and new.disabled_at is not null)
execute function user_ended();


-- The end of a client ends its grants, the end of a grant its tokens.
create function oauth_client_ended()
returns trigger
language plpgsql
as $$
begin
    update oauth_grants
       set revoked_at = new.revoked_at
     where oauth_client_id = new.id
       and revoked_at is null;

    update credentials
       set revoked_at = new.revoked_at, updated_at = now()
     where oauth_client_id = new.id
       and revoked_at is null;

    return null;
end
$$;

create trigger oauth_client_ended
 after update of revoked_at on oauth_clients
   for each row
  when (old.revoked_at is null and new.revoked_at is not null)
execute function oauth_client_ended();

create function oauth_grant_ended()
returns trigger
language plpgsql
as $$
begin
    update credentials
       set revoked_at = new.revoked_at, updated_at = now()
     where oauth_grant_id = new.id
       and revoked_at is null;

    return null;
end
$$;

create trigger oauth_grant_ended
 after update of revoked_at on oauth_grants
   for each row
  when (old.revoked_at is null and new.revoked_at is not null)
execute function oauth_grant_ended();
