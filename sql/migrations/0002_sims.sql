-- The phone numbers that are shared, who holds them, and when.

create table hosted_sims (
    id               int8 generated always as identity primary key,
    number           text check (number ~ '^\+[1-9][0-9]{6,14}$'),
    country          text check (country ~ '^[A-Z]{2}$'),
    provider         text not null
                     check (provider in ('seven', 'twilio', 'byos')),
    provider_account text,
    type             text not null
                     check (type in ('shared', 'dedicated', 'byos')),
    status           text not null default 'active'
                     check (status in ('active', 'inactive')),
    shared_max_orgs  int4 check (shared_max_orgs >= 1),
    deleted_at       timestamptz,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    check (deleted_at is null or status = 'inactive')
);

-- a number belongs to one live SIM
create unique index hosted_sims_number_key on hosted_sims (number)
 where deleted_at is null and status = 'active';


create table sim_attachments (
    organization_id  int8 not null references organizations on delete cascade,
    hosted_sim_id    int8 not null references hosted_sims on delete cascade,
    team_id          int8,
    alias            text check (char_length(alias) between 1 and 255),
    created_at       timestamptz not null default now(),
    primary key (organization_id, hosted_sim_id),
    foreign key (organization_id, team_id)
        references teams (organization_id, id)
);

create index sim_attachments_sim on sim_attachments (hosted_sim_id);


-- What a caller sees of the SIMs: a row an attachment.  A person sees those
-- of its organizations that have no team, or a team that it is in, and all of
-- them where it is owner or admin; an API key sees all of its organization's.
-- sees_all: whatever team a row of that organization is limited to.  The limit
-- keeps the digest first in every plan.
create function principal_sims(digest bytea, kinds int4, ability int4)
returns table (hosted_sim_id int8, organization_id int8, team_id int8,
               alias text, sees_all bool, user_id int8, api_key_id int8,
               current_organization_id int8)
language sql stable
as $$
    select a.hosted_sim_id, a.organization_id, a.team_id, a.alias,
           me.kind = 4 or m.role <> 'member', me.user_id,
           case when me.kind = 4 then me.credential_id end,
           me.organization_id
      from (select * from principal($1, $2, $3) limit 1) me
      join members m
        on m.user_id = me.user_id
       and (me.kind <> 4 or m.organization_id = me.organization_id)
      join sim_attachments a on a.organization_id = m.organization_id
     where a.team_id is null
        or me.kind = 4
        or m.role <> 'member'
        or exists (select from team_members t
                    where t.team_id = a.team_id and t.user_id = me.user_id)
$$;


create sequence lock_ids cache 20;

-- Every hold of a SIM, kept as long as a phone may submit late what it
-- received meanwhile.  A hold lasts from started_at to the earlier of
-- expires_at and released_at; two holds of a SIM never overlap, since the row
-- of sim_locks is locked while one begins or ends.
create table locks (
    id               int8 primary key,
    hosted_sim_id    int8 not null references hosted_sims on delete cascade,
    organization_id  int8 not null,
    team_id          int8,
    user_id          int8 not null,
    api_key_id       int8,          -- its holder, where it is not the user
    started_at       timestamptz not null,
    expires_at       timestamptz not null,
    released_at      timestamptz
);

create index locks_sim on locks (hosted_sim_id, started_at desc);


-- The newest hold of each SIM: over when expires_at is not in the future.
create table sim_locks (
    hosted_sim_id    int8 primary key references hosted_sims on delete cascade,
    lock_id          int8 not null,
    organization_id  int8 not null,
    team_id          int8,
    user_id          int8 not null,
    api_key_id       int8,
    started_at       timestamptz not null,
    expires_at       timestamptz not null
) with (fillfactor = 70);
