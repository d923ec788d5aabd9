-- made by t/schema.t --update

CREATE FUNCTION public.access_ended(user_id bigint, organization_id bigint, object_id bigint) RETURNS void
    LANGUAGE sql
    AS $_$
    insert into events (organization_id, user_id, type, object_id)
    select coalesce($2, u.current_organization_id, 0), u.id, 'access.ended',
           $3
      from users u
     where u.id = $1
$_$;

CREATE FUNCTION public.address_block(address text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $_$
    select host(network(set_masklen($1::inet,
                                    case family($1::inet) when 6 then 64
                                                          else 32 end)))
$_$;

CREATE FUNCTION public.card_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    has_card bool;
begin
    if old.status is distinct from 'active'
       and new.status is distinct from 'active'
       or (old.status, old.phone_number, old.sim_slot, old.hosted_sim_id)
          is not distinct from
          (new.status, new.phone_number, new.sim_slot, new.hosted_sim_id)
    then
        return null;
    end if;

    if old.status = 'active' then
        update hosted_sims h
           set status = 'inactive', updated_at = now()
         where h.id = old.hosted_sim_id
           and h.status = 'active'
           and not exists (select
                             from sim_cards c
                            where c.hosted_sim_id = h.id
                              and c.status = 'active');

        if found then
            perform lock_end(old.hosted_sim_id, null);
        end if;
    end if;

    has_card := exists (select
                          from sim_cards c
                         where c.device_id = coalesce(new.device_id,
                                                      old.device_id)
                           and c.status = 'active');

    update devices d
       set status = case when has_card and d.status = 'pending_verification'
                         then 'active'
                         when not has_card and d.status = 'active'
                         then 'pending_verification'
                         else d.status end,
           config_version = d.config_version + 1,
           updated_at = now()
     where d.id = coalesce(new.device_id, old.device_id);

    return null;
end
$$;

CREATE FUNCTION public.credential_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.device_changing() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.status <> old.status
       and (old.status, new.status) not in (
           ('pending_verification', 'active'),      -- its first card is
           ('active', 'pending_verification'),      -- its last card is gone
           ('active', 'disabled'),
           ('disabled', 'active'),
           ('disabled', 'pending_verification'),    -- without an active card
           ('pending_verification', 'revoked'),
           ('active', 'revoked'),
           ('disabled', 'revoked'))
    then
        raise exception 'a phone does not go from % to %', old.status,
                        new.status
              using errcode = 'check_violation',
                    constraint = 'devices_status';
    end if;

    if new.config_version = old.config_version then
        new.config_version := old.config_version + 1;
    end if;

    return new;
end
$$;

CREATE FUNCTION public.device_counted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'DELETE' then
        update device_counts c
           set devices = c.devices - g.n
          from (select organization_id, count(*) as n
                  from gone
                 where deleted_at is null
                 group by organization_id) g
         where c.organization_id = g.organization_id;

    elsif tg_op = 'INSERT' then
        insert into device_counts as c (organization_id, devices)
        select organization_id, count(*)
          from come
         where deleted_at is null
         group by organization_id
         order by organization_id
            on conflict (organization_id) do update
           set devices = c.devices + excluded.devices;

    else
        insert into device_counts as c (organization_id, devices)
        select organization_id, sum(n)
          from (select organization_id, 1 as n
                  from come
                 where deleted_at is null
                union all
                select organization_id, -1
                  from gone
                 where deleted_at is null) d
         group by organization_id
        having sum(n) <> 0
         order by organization_id
            on conflict (organization_id) do update
           set devices = c.devices + excluded.devices;
    end if;

    return null;
end
$$;

CREATE FUNCTION public.device_delete(device_id bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
declare
    ended int8;
begin
    with card as (
        delete from sim_cards c
         where c.device_id = $1
        returning c.hosted_sim_id
    ), sim as materialized (
        select distinct c.hosted_sim_id
          from card c
         where c.hosted_sim_id is not null
           and not exists (select
                             from sim_cards o
                            where o.hosted_sim_id = c.hosted_sim_id
                              and o.status = 'active'
                              and o.device_id <> $1)
         order by c.hosted_sim_id
    )
    select count(sim_retire(hosted_sim_id)) into ended
      from sim;

    with send as (
        update sends s
           set state = 'ended', error = 'the SIM is retired', lease_id = null,
               lease_until = null, updated_at = now()
         where s.device_id = $1
           and s.provider = 'byos'
           and s.state in ('queued', 'leased')
        returning s.organization_id, s.message_id
    )
    select count(message_progress(organization_id, message_id, 'failed',
                                  'sim_retired')) into ended
      from send;

    delete from device_presence p
     where p.device_id = $1;

    update devices d
       set deleted_at = now(), updated_at = now()
     where d.id = $1
       and d.deleted_at is null;

    return found;
end
$_$;

CREATE FUNCTION public.device_mail(kind text, device_id bigint, silent_since timestamp with time zone, battery_level integer) RETURNS void
    LANGUAGE sql
    AS $_$
    insert into mails (kind, recipient, user_id, params, expires_at)
    select $1, u.email, u.id,
           jsonb_build_object(
               'name', u.name,
               'device', coalesce(nullif(d.device_name, ''), d.device_model)
                         || coalesce(' (' || c.numbers || ')', ''),
               'last_seen', to_char($3 at time zone 'utc',
                                    'YYYY-MM-DD HH24:MI:SS "UTC"'),
               'back', to_char(now() at time zone 'utc',
                               'YYYY-MM-DD HH24:MI:SS "UTC"'),
               'battery', coalesce($4 || ' %', 'unknown')),
           now() + interval '1 day'
      from devices d
      join users u on u.id = d.user_id
     cross join lateral (
        select string_agg(c.phone_number, ', ' order by c.sim_slot) as numbers
          from sim_cards c
         where c.device_id = d.id
           and c.status = 'active') c
     where d.id = $2
$_$;

CREATE FUNCTION public.device_may(status text, action text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select case when action in ('show', 'delete')
                then true
                when action in ('update', 'heartbeat', 'config', 'report')
                then status <> 'revoked'
                when action = 'enable'
                then status in ('active', 'disabled')
                when action = 'cards'
                then status in ('pending_verification', 'active')
                when action in ('disable', 'submit', 'outbox')
                then status = 'active'
                else false end
$$;

CREATE FUNCTION public.device_patience(is_in_doze_mode boolean) RETURNS interval
    LANGUAGE sql IMMUTABLE
    AS $$
    select case when is_in_doze_mode then interval '960 seconds'
                else interval '360 seconds' end
$$;

CREATE FUNCTION public.lock_end(hosted_sim_id bigint, lock_id bigint) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
declare
    gone int8;
    at timestamptz;
begin
    update sim_locks l
       set expires_at = clock_timestamp()
     where l.hosted_sim_id = $1
       and l.lock_id = coalesce($2, l.lock_id)
       and l.expires_at > clock_timestamp()
    returning l.lock_id, l.expires_at into gone, at;

    update locks k
       set released_at = at, ended_at = at
     where k.id = gone
       and k.ended_at is null;

    return gone;
end
$_$;

CREATE FUNCTION public.lock_told() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into events (created_at, organization_id, team_id, type, object_id)
    select clock_timestamp(), a.organization_id, a.team_id,
           case tg_op when 'INSERT' then 'number.locked'
                      else 'number.unlocked' end, new.id
      from sim_attachments a
     where a.hosted_sim_id = new.hosted_sim_id
     order by a.organization_id;

    return null;
end
$$;

CREATE FUNCTION public.member_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform access_ended(old.user_id, old.organization_id, old.user_id);
    return null;
end
$$;

CREATE FUNCTION public.message_add(organization_id bigint, hosted_sim_id bigint, team_id bigint, lock_id bigint, device_id bigint, sms_id bigint, direction text, sender text, recipient text, body text, status text, received_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION public.message_progress(organization_id bigint, message_id bigint, status text, error_code text) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION public.message_split(organization_id bigint, hosted_sim_id bigint, starts_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION public.oauth_client_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.oauth_grant_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update credentials
       set revoked_at = new.revoked_at, updated_at = now()
     where oauth_grant_id = new.id
       and revoked_at is null;

    return null;
end
$$;

CREATE FUNCTION public.organization_plan_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update devices d
       set config_version = d.config_version + 1
     where d.organization_id = new.id
       and d.deleted_at is null;

    return null;
end
$$;

CREATE FUNCTION public.plan_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update devices d
       set config_version = d.config_version + 1
      from organizations o
     where o.plan_id = new.id
       and d.organization_id = o.id
       and d.deleted_at is null;

    return null;
end
$$;

CREATE FUNCTION public.principal(digest bytea, kinds integer, ability integer) RETURNS TABLE(credential_id bigint, kind integer, abilities integer, user_id bigint, organization_id bigint, role text)
    LANGUAGE sql STABLE
    AS $_$
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
$_$;

CREATE FUNCTION public.principal_sims(digest bytea, kinds integer, ability integer) RETURNS TABLE(hosted_sim_id bigint, organization_id bigint, team_id bigint, alias text, sees_all boolean, user_id bigint, api_key_id bigint, current_organization_id bigint)
    LANGUAGE sql STABLE
    AS $_$
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
$_$;

CREATE FUNCTION public.provider_message_lock(provider text, account text, provider_message_id text) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
begin
    perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', $1, $2, $3),
                                                   6));
    return true;
end
$_$;

CREATE FUNCTION public.send_settle(organization_id bigint, message_id bigint, provider_message_id text, status text, error_code text) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
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
$_$;

CREATE FUNCTION public.sim_attached() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into events (organization_id, team_id, type, object_id)
    values (new.organization_id, new.team_id, 'number.claimed',
            new.hosted_sim_id);

    return null;
end
$$;

CREATE FUNCTION public.sim_attaching() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    most int4;
begin
    select h.shared_max_orgs into most
      from hosted_sims h
     where h.id = new.hosted_sim_id
       for no key update;

    if most <= (select count(*)
                  from sim_attachments a
                 where a.hosted_sim_id = new.hosted_sim_id
                   and a.organization_id <> new.organization_id)
    then
        raise exception 'the SIM has as many organizations as it may have'
              using errcode = 'check_violation',
                    constraint = 'sim_attachments_most';
    end if;

    return new;
end
$$;

CREATE FUNCTION public.sim_detached() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform lock_end(l.hosted_sim_id, l.lock_id)
       from sim_locks l
      where l.hosted_sim_id = old.hosted_sim_id
        and l.organization_id = old.organization_id;

    insert into events (created_at, organization_id, team_id, type, object_id)
    values (clock_timestamp(), old.organization_id, old.team_id,
            'number.released', old.hosted_sim_id);

    return old;
end
$$;

CREATE FUNCTION public.sim_retire(hosted_sim_id bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
begin
    update hosted_sims h
       set status = 'inactive', deleted_at = now(), updated_at = now()
     where h.id = $1
       and h.deleted_at is null;

    if not found then
        return false;
    end if;

    perform
       from sim_attachments a
      where a.hosted_sim_id = $1
      order by a.organization_id
        for update;

    perform lock_end($1, null);

    delete from sim_attachments a
     where a.hosted_sim_id = $1;

    update sends s
       set state = 'ended', error = 'the SIM is retired', updated_at = now()
     where s.hosted_sim_id = $1
       and s.state = 'queued';

    perform message_progress(s.organization_id, s.message_id, 'failed',
                             'sim_retired')
       from sends s
      where s.hosted_sim_id = $1
        and s.state = 'ended'
        and s.error = 'the SIM is retired';

    return true;
end
$_$;

CREATE FUNCTION public.sim_shrinking() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.shared_max_orgs < (select count(*)
                                from sim_attachments a
                               where a.hosted_sim_id = new.id)
    then
        raise exception 'the SIM has more organizations than that'
              using errcode = 'check_violation',
                    constraint = 'hosted_sims_most';
    end if;

    return new;
end
$$;

CREATE FUNCTION public.sms_receive(hosted_sim_id bigint, device_id bigint, sender text, recipient text, body text, received_at timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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

    if not found
       and exists (select
                     from hosted_sims h
                    where h.id = $1
                      and h.deleted_at is not null)
    then
        raise exception 'SIM % was retired meanwhile', $1
              using errcode = 'serialization_failure';
    end if;
end
$_$;

CREATE FUNCTION public.throttle(kind text, subject text, most integer, period interval) RETURNS integer
    LANGUAGE sql
    AS $_$
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
$_$;

CREATE FUNCTION public.throttle_refund(kind text, subject text) RETURNS void
    LANGUAGE sql
    AS $_$
    update throttles
       set hits = greatest(hits - 1, 0)
     where kind = $1
       and digest = sha256(convert_to($2, 'UTF8'))
$_$;

CREATE FUNCTION public.user_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform access_ended(old.id, null, old.id);
    return null;
end
$$;

CREATE TABLE public.agents (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    credential_id bigint NOT NULL,
    name text NOT NULL,
    description text,
    callback_url text,
    metadata jsonb,
    address text NOT NULL,
    code_digest bytea NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    webhook_secret bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone,
    claimed_by bigint,
    webhook_integration_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agents_callback_url_check CHECK ((char_length(callback_url) <= 2048)),
    CONSTRAINT agents_code_digest_check CHECK ((octet_length(code_digest) = 32)),
    CONSTRAINT agents_description_check CHECK ((char_length(description) <= 1000)),
    CONSTRAINT agents_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

CREATE UNLOGGED TABLE public.channel_caches (
    channel text NOT NULL,
    frame text NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE UNLOGGED TABLE public.cluster_messages (
    id bigint NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.cluster_messages ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cluster_messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 32
);

CREATE TABLE public.credentials (
    id bigint NOT NULL,
    digest bytea NOT NULL,
    kind integer NOT NULL,
    abilities integer NOT NULL,
    user_id bigint,
    organization_id bigint,
    oauth_client_id uuid,
    name text,
    key_prefix text,
    scope text,
    last_used_at timestamp with time zone,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    oauth_grant_id bigint,
    CONSTRAINT credentials_abilities_check CHECK (((abilities >= 0) AND (abilities <= 63))),
    CONSTRAINT credentials_api_key_check CHECK (((kind <> 4) OR ((name IS NOT NULL) AND (key_prefix IS NOT NULL) AND ((user_id IS NULL) = (organization_id IS NULL))))),
    CONSTRAINT credentials_check1 CHECK (((kind <> 2) OR ((oauth_client_id IS NOT NULL) AND (expires_at IS NOT NULL)))),
    CONSTRAINT credentials_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT credentials_key_prefix_check CHECK ((char_length(key_prefix) = 12)),
    CONSTRAINT credentials_kind_check CHECK ((kind = ANY (ARRAY[1, 2, 4, 8]))),
    CONSTRAINT credentials_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT credentials_owner_check CHECK (((kind = 4) OR (user_id IS NOT NULL)))
);

ALTER TABLE public.credentials ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.credentials_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.delivery_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 50;

CREATE TABLE public.device_counts (
    organization_id bigint NOT NULL,
    devices integer NOT NULL
);

CREATE TABLE public.device_messages (
    device_id bigint NOT NULL,
    month date NOT NULL,
    messages integer NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.device_presence (
    device_id bigint NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    battery_level integer,
    is_in_doze_mode boolean DEFAULT false NOT NULL,
    is_online boolean DEFAULT true NOT NULL,
    due_at timestamp with time zone,
    alerted_at timestamp with time zone,
    CONSTRAINT device_presence_battery_level_check CHECK (((battery_level >= 0) AND (battery_level <= 100)))
)
WITH (fillfactor='50');

CREATE TABLE public.device_submits (
    device_id bigint NOT NULL,
    message_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.devices (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    user_id bigint NOT NULL,
    android_id text NOT NULL,
    device_name text,
    device_model text NOT NULL,
    app_version text NOT NULL,
    status text DEFAULT 'pending_verification'::text NOT NULL,
    config_version integer DEFAULT 1 NOT NULL,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT devices_android_id_check CHECK ((android_id ~ '^[0-9a-f]{16}$'::text)),
    CONSTRAINT devices_app_version_check CHECK ((char_length(app_version) <= 50)),
    CONSTRAINT devices_device_model_check CHECK ((char_length(device_model) <= 100)),
    CONSTRAINT devices_device_name_check CHECK ((char_length(device_name) <= 255)),
    CONSTRAINT devices_status_check CHECK ((status = ANY (ARRAY['pending_verification'::text, 'active'::text, 'disabled'::text, 'revoked'::text])))
);

ALTER TABLE public.devices ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.devices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE public.event_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 50;

CREATE TABLE public.events (
    id bigint DEFAULT nextval('public.event_ids'::regclass) NOT NULL,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    organization_id bigint NOT NULL,
    team_id bigint,
    holder_user_id bigint,
    user_id bigint,
    type text NOT NULL,
    object_id bigint NOT NULL,
    planned_at timestamp with time zone
)
PARTITION BY RANGE (created_at);

CREATE TABLE public.hosted_sims (
    id bigint NOT NULL,
    number text,
    country text,
    provider text NOT NULL,
    provider_account text,
    type text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    shared_max_orgs integer,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    send_interval_ms integer,
    contested_at timestamp with time zone,
    CONSTRAINT hosted_sims_check CHECK (((deleted_at IS NULL) OR (status = 'inactive'::text))),
    CONSTRAINT hosted_sims_country_check CHECK ((country ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT hosted_sims_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT hosted_sims_provider_check CHECK ((provider = ANY (ARRAY['seven'::text, 'twilio'::text, 'byos'::text]))),
    CONSTRAINT hosted_sims_send_interval_ms_check CHECK ((send_interval_ms >= 0)),
    CONSTRAINT hosted_sims_shared_max_orgs_check CHECK ((shared_max_orgs >= 1)),
    CONSTRAINT hosted_sims_status_check CHECK ((status = ANY (ARRAY['active'::text, 'inactive'::text]))),
    CONSTRAINT hosted_sims_type_check CHECK ((type = ANY (ARRAY['shared'::text, 'dedicated'::text, 'byos'::text])))
);

ALTER TABLE public.hosted_sims ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.hosted_sims_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.idempotency_keys (
    organization_id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    digest bytea NOT NULL,
    request bytea NOT NULL,
    message_id bigint NOT NULL,
    expires_at timestamp with time zone DEFAULT (now() + '24:00:00'::interval) NOT NULL,
    CONSTRAINT idempotency_keys_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT idempotency_keys_request_check CHECK ((octet_length(request) = 32))
);

CREATE SEQUENCE public.lock_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 20;

CREATE TABLE public.locks (
    id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    team_id bigint,
    user_id bigint NOT NULL,
    api_key_id bigint,
    started_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    released_at timestamp with time zone,
    ended_at timestamp with time zone
);

CREATE TABLE public.login_challenges (
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    is_session boolean NOT NULL,
    name text,
    tries integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT login_challenges_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT login_challenges_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

CREATE TABLE public.mails (
    id bigint NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    user_id bigint,
    params jsonb DEFAULT '{}'::jsonb NOT NULL,
    secret bytea,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    lease_id uuid,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT mails_error_check CHECK ((char_length(error) <= 1000)),
    CONSTRAINT mails_recipient_check CHECK (((char_length(recipient) >= 3) AND (char_length(recipient) <= 255))),
    CONSTRAINT mails_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text])))
);

ALTER TABLE public.mails ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.mails_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.members (
    user_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])))
);

CREATE TABLE public.message_blocks (
    organization_id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    team_id bigint NOT NULL,
    total integer NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.message_counts (
    organization_id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    team_id bigint NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    received bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.messages (
    organization_id bigint NOT NULL,
    id bigint NOT NULL,
    sms_id bigint NOT NULL,
    team_id bigint,
    hosted_sim_id bigint NOT NULL,
    lock_id bigint,
    device_id bigint,
    direction text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    body text NOT NULL,
    status text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    error_code text,
    CONSTRAINT messages_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
    CONSTRAINT messages_error_code_check CHECK ((char_length(error_code) <= 64)),
    CONSTRAINT messages_status_check CHECK ((status = ANY (ARRAY['received'::text, 'queued'::text, 'sent'::text, 'delivered'::text, 'failed'::text])))
);

ALTER TABLE public.messages ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.oauth_clients (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    redirect_uris text[] NOT NULL,
    scopes text[] DEFAULT '{mobile:device}'::text[] NOT NULL,
    revoked_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT oauth_clients_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

CREATE TABLE public.oauth_codes (
    digest bytea NOT NULL,
    oauth_client_id uuid NOT NULL,
    user_id bigint NOT NULL,
    redirect_uri text NOT NULL,
    scope text NOT NULL,
    abilities integer NOT NULL,
    challenge bytea NOT NULL,
    oauth_grant_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT oauth_codes_abilities_check CHECK (((abilities >= 0) AND (abilities <= 63))),
    CONSTRAINT oauth_codes_challenge_check CHECK ((octet_length(challenge) = 32)),
    CONSTRAINT oauth_codes_digest_check CHECK ((octet_length(digest) = 32))
);

CREATE TABLE public.oauth_grants (
    id bigint NOT NULL,
    oauth_client_id uuid NOT NULL,
    user_id bigint NOT NULL,
    scope text NOT NULL,
    abilities integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT oauth_grants_abilities_check CHECK (((abilities >= 0) AND (abilities <= 63)))
);

ALTER TABLE public.oauth_grants ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.oauth_grants_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.oauth_refresh_tokens (
    digest bytea NOT NULL,
    oauth_grant_id bigint NOT NULL,
    credential_id bigint,
    successor bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT oauth_refresh_tokens_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT oauth_refresh_tokens_successor_check CHECK ((octet_length(successor) = 32))
);

CREATE TABLE public.organization_months (
    organization_id bigint NOT NULL,
    month date NOT NULL,
    slot integer NOT NULL,
    messages integer NOT NULL,
    CONSTRAINT organization_months_slot_check CHECK (((slot >= 0) AND (slot <= 15)))
)
WITH (fillfactor='70');

CREATE TABLE public.organizations (
    id bigint NOT NULL,
    name text NOT NULL,
    plan_id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organizations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

ALTER TABLE public.organizations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.organizations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.password_resets (
    digest bytea NOT NULL,
    user_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT password_resets_digest_check CHECK ((octet_length(digest) = 32))
);

CREATE TABLE public.plans (
    id bigint NOT NULL,
    name text NOT NULL,
    max_devices integer NOT NULL,
    monthly_messages integer NOT NULL,
    compression boolean DEFAULT false NOT NULL,
    priority_support boolean DEFAULT false NOT NULL,
    debug_mode boolean DEFAULT false NOT NULL,
    CONSTRAINT plans_max_devices_check CHECK ((max_devices >= 0)),
    CONSTRAINT plans_monthly_messages_check CHECK ((monthly_messages >= 0)),
    CONSTRAINT plans_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

ALTER TABLE public.plans ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.plans_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE public.presence_members (
    sidecar_id uuid NOT NULL,
    channel text NOT NULL,
    user_id text NOT NULL,
    user_info text NOT NULL,
    version integer NOT NULL
);

CREATE TABLE public.provider_accounts (
    id bigint NOT NULL,
    provider text NOT NULL,
    name text NOT NULL,
    api_key bytea NOT NULL,
    signing_secret bytea,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_accounts_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 64))),
    CONSTRAINT provider_accounts_provider_check CHECK ((provider = ANY (ARRAY['seven'::text, 'twilio'::text])))
);

ALTER TABLE public.provider_accounts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.provider_accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.provider_messages (
    provider text NOT NULL,
    account text NOT NULL,
    provider_message_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_messages_provider_message_id_check CHECK ((char_length(provider_message_id) <= 64))
);

CREATE TABLE public.provider_reports (
    provider text NOT NULL,
    account text NOT NULL,
    provider_message_id text NOT NULL,
    status text NOT NULL,
    error_code text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT provider_reports_error_code_check CHECK ((char_length(error_code) <= 64)),
    CONSTRAINT provider_reports_provider_message_id_check CHECK ((char_length(provider_message_id) <= 64)),
    CONSTRAINT provider_reports_status_check CHECK ((status = ANY (ARRAY['sent'::text, 'delivered'::text, 'failed'::text])))
);

CREATE TABLE public.recovery_codes (
    user_id bigint NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT recovery_codes_digest_check CHECK ((octet_length(digest) = 32))
);

CREATE TABLE public.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.sends (
    organization_id bigint NOT NULL,
    message_id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    provider text NOT NULL,
    account text DEFAULT ''::text NOT NULL,
    device_id bigint,
    segments integer NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_id uuid,
    lease_until timestamp with time zone,
    provider_message_id text,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sends_error_check CHECK ((char_length(error) <= 1000)),
    CONSTRAINT sends_provider_check CHECK ((provider = ANY (ARRAY['seven'::text, 'twilio'::text, 'byos'::text]))),
    CONSTRAINT sends_provider_message_id_check CHECK ((char_length(provider_message_id) <= 64)),
    CONSTRAINT sends_segments_check CHECK ((segments >= 1)),
    CONSTRAINT sends_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'leased'::text, 'accepted'::text, 'unconfirmed'::text, 'ended'::text])))
)
WITH (fillfactor='70');

CREATE UNLOGGED TABLE public.sidecars (
    id uuid NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    sockets integer DEFAULT 0 NOT NULL,
    deliveries_running integer DEFAULT 0 NOT NULL,
    sends_running integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.sim_attachments (
    organization_id bigint NOT NULL,
    hosted_sim_id bigint NOT NULL,
    team_id bigint,
    alias text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sim_attachments_alias_check CHECK (((char_length(alias) >= 1) AND (char_length(alias) <= 255)))
);

CREATE TABLE public.sim_cards (
    id bigint NOT NULL,
    device_id bigint NOT NULL,
    sim_slot integer,
    phone_number text,
    number_verified boolean DEFAULT false NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    signal_strength integer,
    hosted_sim_id bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sim_cards_check CHECK (((status <> 'active'::text) OR (hosted_sim_id IS NOT NULL))),
    CONSTRAINT sim_cards_phone_number_check CHECK ((phone_number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT sim_cards_signal_strength_check CHECK (((signal_strength >= 0) AND (signal_strength <= 100))),
    CONSTRAINT sim_cards_sim_slot_check CHECK (((sim_slot >= 1) AND (sim_slot <= 10))),
    CONSTRAINT sim_cards_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'inactive'::text])))
);

ALTER TABLE public.sim_cards ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sim_cards_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sim_locks (
    hosted_sim_id bigint NOT NULL,
    lock_id bigint NOT NULL,
    organization_id bigint NOT NULL,
    team_id bigint,
    user_id bigint NOT NULL,
    api_key_id bigint,
    started_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.sim_paces (
    hosted_sim_id bigint NOT NULL,
    next_send_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

CREATE SEQUENCE public.sms_ids
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 50;

CREATE TABLE public.team_members (
    team_id bigint NOT NULL,
    user_id bigint NOT NULL,
    organization_id bigint NOT NULL
);

CREATE TABLE public.teams (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT teams_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

ALTER TABLE public.teams ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.teams_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.throttles (
    kind text NOT NULL,
    digest bytea NOT NULL,
    hits integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT throttles_digest_check CHECK ((octet_length(digest) = 32))
);

CREATE TABLE public.twilio_calls (
    message_sid text NOT NULL,
    sender text NOT NULL,
    missed boolean NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT twilio_calls_message_sid_check CHECK ((char_length(message_sid) <= 64))
);

CREATE TABLE public.two_factors (
    user_id bigint NOT NULL,
    secret bytea NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.users (
    id bigint NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    email_verified_at timestamp with time zone,
    password_hash text,
    current_organization_id bigint,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    password_changed_at timestamp with time zone,
    CONSTRAINT users_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 255))),
    CONSTRAINT users_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255)))
);

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.verification_codes (
    code text NOT NULL,
    sim_card_id bigint NOT NULL,
    expires_at timestamp with time zone DEFAULT (now() + '00:05:00'::interval) NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT verification_codes_code_check CHECK ((code ~ '^SR-[A-HJ-NP-Z2-9]{4}$'::text))
);

CREATE TABLE public.webhook_deliveries (
    id bigint DEFAULT nextval('public.delivery_ids'::regclass) NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    organization_id bigint NOT NULL,
    webhook_integration_id bigint NOT NULL,
    event_id bigint NOT NULL,
    event_created_at timestamp with time zone NOT NULL,
    event text NOT NULL,
    object_id bigint NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now(),
    lease_id uuid,
    lease_until timestamp with time zone,
    http_status integer,
    response_body text,
    error text,
    response_time_ms integer,
    finished_at timestamp with time zone,
    CONSTRAINT webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])))
)
PARTITION BY RANGE (created_at);

CREATE TABLE public.webhook_integrations (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    name text NOT NULL,
    url text NOT NULL,
    secret bytea NOT NULL,
    headers jsonb DEFAULT '{}'::jsonb NOT NULL,
    timeout_seconds integer DEFAULT 30 NOT NULL,
    retry_count integer DEFAULT 3 NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    previous_secret bytea,
    previous_secret_until timestamp with time zone,
    failing_since timestamp with time zone,
    CONSTRAINT webhook_integrations_headers_check CHECK ((jsonb_typeof(headers) = 'object'::text)),
    CONSTRAINT webhook_integrations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT webhook_integrations_retry_count_check CHECK (((retry_count >= 0) AND (retry_count <= 10))),
    CONSTRAINT webhook_integrations_timeout_seconds_check CHECK (((timeout_seconds >= 1) AND (timeout_seconds <= 120))),
    CONSTRAINT webhook_integrations_url_check CHECK ((char_length(url) <= 2048))
);

ALTER TABLE public.webhook_integrations ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_integrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.webhook_mappings (
    id bigint NOT NULL,
    organization_id bigint NOT NULL,
    webhook_integration_id bigint NOT NULL,
    team_id bigint NOT NULL,
    forwarding_mode text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_mappings_forwarding_mode_check CHECK ((forwarding_mode = ANY (ARRAY['always'::text, 'lock_required'::text])))
);

ALTER TABLE public.webhook_mappings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.webhook_mappings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_credential_id_key UNIQUE (credential_id);

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.channel_caches
    ADD CONSTRAINT channel_caches_pkey PRIMARY KEY (channel);

ALTER TABLE ONLY public.cluster_messages
    ADD CONSTRAINT cluster_messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_digest_key UNIQUE (digest);

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.device_counts
    ADD CONSTRAINT device_counts_pkey PRIMARY KEY (organization_id);

ALTER TABLE ONLY public.device_messages
    ADD CONSTRAINT device_messages_pkey PRIMARY KEY (device_id, month);

ALTER TABLE ONLY public.device_presence
    ADD CONSTRAINT device_presence_pkey PRIMARY KEY (device_id);

ALTER TABLE ONLY public.device_submits
    ADD CONSTRAINT device_submits_pkey PRIMARY KEY (device_id, message_id);

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.hosted_sims
    ADD CONSTRAINT hosted_sims_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (organization_id, hosted_sim_id, digest);

ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.login_challenges
    ADD CONSTRAINT login_challenges_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (user_id, organization_id);

ALTER TABLE ONLY public.message_blocks
    ADD CONSTRAINT message_blocks_pkey PRIMARY KEY (organization_id, hosted_sim_id, starts_at, team_id);

ALTER TABLE ONLY public.message_counts
    ADD CONSTRAINT message_counts_pkey PRIMARY KEY (organization_id, hosted_sim_id, team_id);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (organization_id, id);

ALTER TABLE ONLY public.oauth_clients
    ADD CONSTRAINT oauth_clients_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.oauth_refresh_tokens
    ADD CONSTRAINT oauth_refresh_tokens_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.organization_months
    ADD CONSTRAINT organization_months_pkey PRIMARY KEY (organization_id, month, slot);

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_pkey PRIMARY KEY (digest);

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_name_key UNIQUE (name);

ALTER TABLE ONLY public.plans
    ADD CONSTRAINT plans_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.presence_members
    ADD CONSTRAINT presence_members_pkey PRIMARY KEY (sidecar_id, channel, user_id);

ALTER TABLE ONLY public.provider_accounts
    ADD CONSTRAINT provider_accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.provider_accounts
    ADD CONSTRAINT provider_accounts_provider_name_key UNIQUE (provider, name);

ALTER TABLE ONLY public.provider_messages
    ADD CONSTRAINT provider_messages_pkey PRIMARY KEY (provider, account, provider_message_id);

ALTER TABLE ONLY public.provider_reports
    ADD CONSTRAINT provider_reports_pkey PRIMARY KEY (provider, account, provider_message_id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, digest);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_pkey PRIMARY KEY (organization_id, message_id);

ALTER TABLE ONLY public.sidecars
    ADD CONSTRAINT sidecars_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sim_attachments
    ADD CONSTRAINT sim_attachments_pkey PRIMARY KEY (organization_id, hosted_sim_id);

ALTER TABLE ONLY public.sim_cards
    ADD CONSTRAINT sim_cards_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sim_locks
    ADD CONSTRAINT sim_locks_pkey PRIMARY KEY (hosted_sim_id);

ALTER TABLE ONLY public.sim_paces
    ADD CONSTRAINT sim_paces_pkey PRIMARY KEY (hosted_sim_id);

ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_pkey PRIMARY KEY (team_id, user_id);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_organization_id_id_key UNIQUE (organization_id, id);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_organization_id_name_key UNIQUE (organization_id, name);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.throttles
    ADD CONSTRAINT throttles_pkey PRIMARY KEY (kind, digest);

ALTER TABLE ONLY public.twilio_calls
    ADD CONSTRAINT twilio_calls_pkey PRIMARY KEY (message_sid);

ALTER TABLE ONLY public.two_factors
    ADD CONSTRAINT two_factors_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.verification_codes
    ADD CONSTRAINT verification_codes_pkey PRIMARY KEY (code);

ALTER TABLE ONLY public.webhook_integrations
    ADD CONSTRAINT webhook_integrations_organization_id_id_key UNIQUE (organization_id, id);

ALTER TABLE ONLY public.webhook_integrations
    ADD CONSTRAINT webhook_integrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_mappings
    ADD CONSTRAINT webhook_mappings_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhook_mappings
    ADD CONSTRAINT webhook_mappings_webhook_integration_id_team_id_key UNIQUE (webhook_integration_id, team_id);

CREATE UNIQUE INDEX agents_address_name ON public.agents USING btree (address, lower(name)) WHERE (claimed_at IS NULL);

CREATE INDEX agents_claimed_by ON public.agents USING btree (claimed_by);

CREATE INDEX agents_expires_at ON public.agents USING btree (expires_at) WHERE (claimed_at IS NULL);

CREATE INDEX agents_webhook ON public.agents USING btree (webhook_integration_id);

CREATE INDEX channel_caches_stored_at ON public.channel_caches USING btree (stored_at);

CREATE INDEX cluster_messages_created_at ON public.cluster_messages USING btree (created_at);

CREATE UNIQUE INDEX credentials_api_key_name ON public.credentials USING btree (organization_id, name) WHERE ((kind = 4) AND (revoked_at IS NULL));

CREATE INDEX credentials_client ON public.credentials USING btree (oauth_client_id) WHERE (oauth_client_id IS NOT NULL);

CREATE INDEX credentials_expiring ON public.credentials USING btree (expires_at) WHERE ((revoked_at IS NULL) AND (expires_at IS NOT NULL));

CREATE INDEX credentials_grant ON public.credentials USING btree (oauth_grant_id) WHERE (oauth_grant_id IS NOT NULL);

CREATE INDEX credentials_organization ON public.credentials USING btree (organization_id, kind) WHERE (organization_id IS NOT NULL);

CREATE INDEX credentials_revoked_at ON public.credentials USING btree (revoked_at) WHERE (revoked_at IS NOT NULL);

CREATE INDEX credentials_user ON public.credentials USING btree (user_id, kind);

CREATE INDEX device_presence_due ON public.device_presence USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX device_submits_age ON public.device_submits USING btree (created_at);

CREATE UNIQUE INDEX devices_android_id_key ON public.devices USING btree (android_id) WHERE (deleted_at IS NULL);

CREATE INDEX devices_organization ON public.devices USING btree (organization_id) WHERE (deleted_at IS NULL);

CREATE INDEX devices_user ON public.devices USING btree (user_id, created_at, id) WHERE (deleted_at IS NULL);

CREATE INDEX events_txid ON ONLY public.events USING btree (txid);

CREATE INDEX events_unplanned ON ONLY public.events USING btree (id) WHERE (planned_at IS NULL);

CREATE UNIQUE INDEX hosted_sims_number_key ON public.hosted_sims USING btree (number) WHERE ((deleted_at IS NULL) AND (status = 'active'::text));

CREATE INDEX idempotency_keys_expires_at ON public.idempotency_keys USING btree (expires_at);

CREATE INDEX locks_open ON public.locks USING btree (expires_at) WHERE (ended_at IS NULL);

CREATE INDEX locks_open_sim ON public.locks USING btree (hosted_sim_id) WHERE (ended_at IS NULL);

CREATE INDEX locks_over ON public.locks USING btree (LEAST(expires_at, released_at));

CREATE INDEX locks_sim ON public.locks USING btree (hosted_sim_id, started_at DESC);

CREATE INDEX login_challenges_expires_at ON public.login_challenges USING btree (expires_at);

CREATE INDEX login_challenges_user ON public.login_challenges USING btree (user_id);

CREATE INDEX mails_due ON public.mails USING btree (next_attempt_at) WHERE (state = 'pending'::text);

CREATE INDEX mails_ended_at ON public.mails USING btree (ended_at) WHERE (state <> 'pending'::text);

CREATE INDEX mails_user ON public.mails USING btree (user_id);

CREATE INDEX members_organization ON public.members USING btree (organization_id, user_id);

CREATE INDEX messages_list ON public.messages USING btree (organization_id, hosted_sim_id, received_at DESC, id DESC);

CREATE INDEX messages_newer ON public.messages USING btree (organization_id, hosted_sim_id, id);

CREATE INDEX oauth_codes_client ON public.oauth_codes USING btree (oauth_client_id);

CREATE INDEX oauth_codes_expires_at ON public.oauth_codes USING btree (expires_at);

CREATE INDEX oauth_codes_grant ON public.oauth_codes USING btree (oauth_grant_id);

CREATE INDEX oauth_codes_user ON public.oauth_codes USING btree (user_id);

CREATE INDEX oauth_grants_client ON public.oauth_grants USING btree (oauth_client_id);

CREATE INDEX oauth_grants_user ON public.oauth_grants USING btree (user_id, oauth_client_id);

CREATE INDEX oauth_refresh_tokens_credential ON public.oauth_refresh_tokens USING btree (credential_id);

CREATE INDEX oauth_refresh_tokens_expires_at ON public.oauth_refresh_tokens USING btree (expires_at);

CREATE INDEX oauth_refresh_tokens_grant ON public.oauth_refresh_tokens USING btree (oauth_grant_id);

CREATE INDEX organizations_plan ON public.organizations USING btree (plan_id);

CREATE INDEX password_resets_expires_at ON public.password_resets USING btree (expires_at);

CREATE INDEX password_resets_user ON public.password_resets USING btree (user_id);

CREATE INDEX presence_members_channel ON public.presence_members USING btree (channel);

CREATE INDEX provider_messages_age ON public.provider_messages USING btree (created_at);

CREATE INDEX provider_reports_created_at ON public.provider_reports USING btree (created_at);

CREATE INDEX sends_device ON public.sends USING btree (device_id, message_id) WHERE (device_id IS NOT NULL);

CREATE INDEX sends_due ON public.sends USING btree (provider, account, next_attempt_at, message_id) WHERE ((state = 'queued'::text) AND (provider <> 'byos'::text));

CREATE INDEX sends_leased ON public.sends USING btree (lease_until) WHERE (state = 'leased'::text);

CREATE INDEX sends_open ON public.sends USING btree (hosted_sim_id, organization_id) WHERE (state = ANY (ARRAY['queued'::text, 'leased'::text]));

CREATE INDEX sends_outbox ON public.sends USING btree (device_id, message_id) WHERE ((provider = 'byos'::text) AND (state = ANY (ARRAY['queued'::text, 'leased'::text])));

CREATE INDEX sends_over ON public.sends USING btree (updated_at) WHERE (state = ANY (ARRAY['accepted'::text, 'ended'::text]));

CREATE UNIQUE INDEX sends_provider_message ON public.sends USING btree (provider, account, provider_message_id) WHERE (provider_message_id IS NOT NULL);

CREATE INDEX sends_unconfirmed ON public.sends USING btree (updated_at) WHERE (state = 'unconfirmed'::text);

CREATE INDEX sends_unsent ON public.sends USING btree (created_at) WHERE ((provider = 'byos'::text) AND (state = ANY (ARRAY['queued'::text, 'leased'::text])));

CREATE INDEX sim_attachments_sim ON public.sim_attachments USING btree (hosted_sim_id);

CREATE INDEX sim_cards_device ON public.sim_cards USING btree (device_id);

CREATE UNIQUE INDEX sim_cards_hosted_sim_key ON public.sim_cards USING btree (hosted_sim_id) WHERE (status = 'active'::text);

CREATE UNIQUE INDEX sim_cards_slot_key ON public.sim_cards USING btree (device_id, sim_slot) WHERE (status <> 'inactive'::text);

CREATE INDEX team_members_user ON public.team_members USING btree (user_id, organization_id);

CREATE INDEX throttles_expires_at ON public.throttles USING btree (expires_at);

CREATE INDEX twilio_calls_age ON public.twilio_calls USING btree (created_at);

CREATE INDEX twilio_calls_missed ON public.twilio_calls USING btree (sender, created_at) WHERE missed;

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE INDEX verification_codes_card ON public.verification_codes USING btree (sim_card_id);

CREATE INDEX verification_codes_expires_at ON public.verification_codes USING btree (expires_at);

CREATE INDEX webhook_deliveries_due ON ONLY public.webhook_deliveries USING btree (webhook_integration_id, next_attempt_at) WHERE (state = 'pending'::text);

CREATE INDEX webhook_deliveries_failed ON ONLY public.webhook_deliveries USING btree (webhook_integration_id, created_at DESC, id DESC) WHERE (state = 'failed'::text);

CREATE INDEX webhook_deliveries_log ON ONLY public.webhook_deliveries USING btree (webhook_integration_id, created_at DESC, id DESC);

CREATE TRIGGER card_changed AFTER INSERT OR DELETE OR UPDATE OF status, phone_number, sim_slot, hosted_sim_id ON public.sim_cards FOR EACH ROW EXECUTE FUNCTION public.card_changed();

CREATE TRIGGER credential_ended AFTER UPDATE OF revoked_at, digest, abilities ON public.credentials FOR EACH ROW WHEN (((old.revoked_at IS NULL) AND ((new.revoked_at IS NOT NULL) OR (new.digest <> old.digest) OR ((old.abilities & new.abilities) <> old.abilities)))) EXECUTE FUNCTION public.credential_ended();

CREATE TRIGGER device_changing BEFORE UPDATE OF status, organization_id ON public.devices FOR EACH ROW WHEN (((new.status <> old.status) OR (new.organization_id <> old.organization_id))) EXECUTE FUNCTION public.device_changing();

CREATE TRIGGER device_come AFTER INSERT ON public.devices REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.device_counted();

CREATE TRIGGER device_gone AFTER DELETE ON public.devices REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.device_counted();

CREATE TRIGGER device_moved AFTER UPDATE ON public.devices REFERENCING OLD TABLE AS gone NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION public.device_counted();

CREATE TRIGGER lock_begun AFTER INSERT ON public.locks FOR EACH ROW WHEN ((new.ended_at IS NULL)) EXECUTE FUNCTION public.lock_told();

CREATE TRIGGER lock_ended AFTER UPDATE OF ended_at ON public.locks FOR EACH ROW WHEN (((old.ended_at IS NULL) AND (new.ended_at IS NOT NULL))) EXECUTE FUNCTION public.lock_told();

CREATE TRIGGER member_ended AFTER DELETE ON public.members FOR EACH ROW EXECUTE FUNCTION public.member_ended();

CREATE TRIGGER oauth_client_ended AFTER UPDATE OF revoked_at ON public.oauth_clients FOR EACH ROW WHEN (((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL))) EXECUTE FUNCTION public.oauth_client_ended();

CREATE TRIGGER oauth_grant_ended AFTER UPDATE OF revoked_at ON public.oauth_grants FOR EACH ROW WHEN (((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL))) EXECUTE FUNCTION public.oauth_grant_ended();

CREATE TRIGGER organization_plan_changed AFTER UPDATE OF plan_id ON public.organizations FOR EACH ROW WHEN ((new.plan_id <> old.plan_id)) EXECUTE FUNCTION public.organization_plan_changed();

CREATE TRIGGER plan_changed AFTER UPDATE ON public.plans FOR EACH ROW WHEN ((new.* IS DISTINCT FROM old.*)) EXECUTE FUNCTION public.plan_changed();

CREATE TRIGGER sim_attached AFTER INSERT ON public.sim_attachments FOR EACH ROW EXECUTE FUNCTION public.sim_attached();

CREATE TRIGGER sim_attaching BEFORE INSERT ON public.sim_attachments FOR EACH ROW EXECUTE FUNCTION public.sim_attaching();

CREATE TRIGGER sim_detached BEFORE DELETE ON public.sim_attachments FOR EACH ROW EXECUTE FUNCTION public.sim_detached();

CREATE TRIGGER sim_shrinking BEFORE UPDATE OF shared_max_orgs ON public.hosted_sims FOR EACH ROW EXECUTE FUNCTION public.sim_shrinking();

CREATE TRIGGER user_ended AFTER UPDATE OF disabled_at ON public.users FOR EACH ROW WHEN (((old.disabled_at IS NULL) AND (new.disabled_at IS NOT NULL))) EXECUTE FUNCTION public.user_ended();

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES public.credentials(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.agents
    ADD CONSTRAINT agents_webhook_integration_id_fkey FOREIGN KEY (webhook_integration_id) REFERENCES public.webhook_integrations(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_oauth_client_id_fkey FOREIGN KEY (oauth_client_id) REFERENCES public.oauth_clients(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_oauth_grant_id_fkey FOREIGN KEY (oauth_grant_id) REFERENCES public.oauth_grants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.device_counts
    ADD CONSTRAINT device_counts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.device_messages
    ADD CONSTRAINT device_messages_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.device_presence
    ADD CONSTRAINT device_presence_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.locks
    ADD CONSTRAINT locks_hosted_sim_id_fkey FOREIGN KEY (hosted_sim_id) REFERENCES public.hosted_sims(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.login_challenges
    ADD CONSTRAINT login_challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mails
    ADD CONSTRAINT mails_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_oauth_client_id_fkey FOREIGN KEY (oauth_client_id) REFERENCES public.oauth_clients(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_oauth_grant_id_fkey FOREIGN KEY (oauth_grant_id) REFERENCES public.oauth_grants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_codes
    ADD CONSTRAINT oauth_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_oauth_client_id_fkey FOREIGN KEY (oauth_client_id) REFERENCES public.oauth_clients(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_grants
    ADD CONSTRAINT oauth_grants_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.oauth_refresh_tokens
    ADD CONSTRAINT oauth_refresh_tokens_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES public.credentials(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.oauth_refresh_tokens
    ADD CONSTRAINT oauth_refresh_tokens_oauth_grant_id_fkey FOREIGN KEY (oauth_grant_id) REFERENCES public.oauth_grants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organization_months
    ADD CONSTRAINT organization_months_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.organizations
    ADD CONSTRAINT organizations_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES public.plans(id);

ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.two_factors(user_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sim_attachments
    ADD CONSTRAINT sim_attachments_hosted_sim_id_fkey FOREIGN KEY (hosted_sim_id) REFERENCES public.hosted_sims(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sim_attachments
    ADD CONSTRAINT sim_attachments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sim_attachments
    ADD CONSTRAINT sim_attachments_organization_id_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES public.teams(organization_id, id);

ALTER TABLE ONLY public.sim_cards
    ADD CONSTRAINT sim_cards_device_id_fkey FOREIGN KEY (device_id) REFERENCES public.devices(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sim_cards
    ADD CONSTRAINT sim_cards_hosted_sim_id_fkey FOREIGN KEY (hosted_sim_id) REFERENCES public.hosted_sims(id);

ALTER TABLE ONLY public.sim_locks
    ADD CONSTRAINT sim_locks_hosted_sim_id_fkey FOREIGN KEY (hosted_sim_id) REFERENCES public.hosted_sims(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sim_paces
    ADD CONSTRAINT sim_paces_hosted_sim_id_fkey FOREIGN KEY (hosted_sim_id) REFERENCES public.hosted_sims(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_organization_id_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES public.teams(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.team_members
    ADD CONSTRAINT team_members_user_id_organization_id_fkey FOREIGN KEY (user_id, organization_id) REFERENCES public.members(user_id, organization_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.two_factors
    ADD CONSTRAINT two_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_current_organization_id_fkey FOREIGN KEY (current_organization_id) REFERENCES public.organizations(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.verification_codes
    ADD CONSTRAINT verification_codes_sim_card_id_fkey FOREIGN KEY (sim_card_id) REFERENCES public.sim_cards(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_integrations
    ADD CONSTRAINT webhook_integrations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES public.organizations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_mappings
    ADD CONSTRAINT webhook_mappings_organization_id_team_id_fkey FOREIGN KEY (organization_id, team_id) REFERENCES public.teams(organization_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_mappings
    ADD CONSTRAINT webhook_mappings_organization_id_webhook_integration_id_fkey FOREIGN KEY (organization_id, webhook_integration_id) REFERENCES public.webhook_integrations(organization_id, id) ON DELETE CASCADE;
