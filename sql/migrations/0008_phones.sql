-- Phones: what they may do in which state, what their plans allow, and when
-- somebody is told that one is silent.

-- What a phone may do in which state (docs/devices.md has the same table):
--
--                                        pending  active  disabled  revoked
--   show, delete                            x        x        x        x
--   update, heartbeat, config, report       x        x        x
--   enable                                           x        x
--   disable                                          x
--   cards                                   x        x
--   submit, outbox                                   x
--
-- cards: add, change, remove, verify again; outbox: fetch what is to be sent;
-- report: say what became of it.
create function device_may(status text, action text)
returns bool
language sql immutable
as $$
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


-- A phone's state goes no other ways than these, whoever changes it; each is
-- news to the phone, and so is another organization.
create function device_changing()
returns trigger
language plpgsql
as $$
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

create trigger device_changing
 before update of status, organization_id on devices
   for each row
  when (new.status <> old.status
        or new.organization_id <> old.organization_id)
execute function device_changing();


-- With a phone's cards come and go its state, the numbers that it is told, and
-- the SIM that a card stands for, which is inactive without one; its hold ends
-- then.  Whoever changes cards of a phone locks the phone first.
create function card_changed()
returns trigger
language plpgsql
as $$
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

create trigger card_changed
 after insert or delete or update of status, phone_number, sim_slot,
       hosted_sim_id
    on sim_cards
   for each row
execute function card_changed();


-- Codes and calls of Twilio's go by their age.
create index verification_codes_expires_at on verification_codes (expires_at);

create index twilio_calls_age on twilio_calls (created_at);


-- What is kept for 30 days goes by its age.  An index of ranges would lead to
-- ever more of the table: a range keeps the age of what was removed from it.
drop index device_submits_age;
drop index provider_messages_age;

create index device_submits_age on device_submits (created_at);

create index provider_messages_age on provider_messages (created_at);


-- As before, but an SMS that was on its way in when its SIM was retired is not
-- stored for nobody: whoever brings it tries again, and finds no such SIM.
create or replace function sms_receive(hosted_sim_id int8, device_id int8,
                                       sender text, recipient text, body text,
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
$$;


-- When an SMS that was sent is nobody's business any more, but its message's.
create index sends_over on sends (updated_at)
 where state in ('accepted', 'ended');


-- Of a number that somebody else claimed by SMS: when its owner was last told.
alter table hosted_sims add column contested_at timestamptz;


-- How many phones an organization has, for the limit of its plan.
create table device_counts (
    organization_id  int8 primary key references organizations
                     on delete cascade,
    devices          int4 not null
);

insert into device_counts (organization_id, devices)
select organization_id, count(*)
  from devices
 where deleted_at is null
 group by organization_id;

create function device_counted()
returns trigger
language plpgsql
as $$
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

create trigger device_come
 after insert on devices
referencing new table as come
   for each statement
execute function device_counted();

create trigger device_gone
 after delete on devices
referencing old table as gone
   for each statement
execute function device_counted();

create trigger device_moved
 after update on devices
referencing old table as gone new table as come
   for each statement
execute function device_counted();


-- What an organization's phones have submitted in a month, for the limit of
-- its plan: the sum of 16 slots, by the phone's id, so that phones do not wait
-- for each other.
create table organization_months (
    organization_id  int8 not null references organizations
                     on delete cascade,
    month            date not null,
    slot             int4 not null check (slot between 0 and 15),
    messages         int4 not null,
    primary key (organization_id, month, slot)
) with (fillfactor = 70);

insert into organization_months (organization_id, month, slot, messages)
select m.organization_id, m.month, m.device_id & 15, sum(m.messages)
  from device_months m
  join organizations o on o.id = m.organization_id
 group by 1, 2, 3;

-- What a phone has submitted, by months, in whatever organization it was.
create table device_messages (
    device_id  int8 not null references devices on delete cascade,
    month      date not null,
    messages   int4 not null,
    primary key (device_id, month)
) with (fillfactor = 70);

insert into device_messages (device_id, month, messages)
select m.device_id, m.month, sum(m.messages)
  from device_months m
  join devices d on d.id = m.device_id
 group by 1, 2;

drop table device_months;


-- What phones are told of their plan has changed.
create function plan_changed()
returns trigger
language plpgsql
as $$
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

create trigger plan_changed
 after update on plans
   for each row
  when (new.* is distinct from old.*)
execute function plan_changed();

create index organizations_plan on organizations (plan_id);

create function organization_plan_changed()
returns trigger
language plpgsql
as $$
begin
    update devices d
       set config_version = d.config_version + 1
     where d.organization_id = new.id
       and d.deleted_at is null;

    return null;
end
$$;

create trigger organization_plan_changed
 after update of plan_id on organizations
   for each row
  when (new.plan_id <> old.plan_id)
execute function organization_plan_changed();


-- How long after its last sign of life a phone is offline.
create function device_patience(is_in_doze_mode bool)
returns interval
language sql immutable
as $$
    select case when is_in_doze_mode then interval '960 seconds'
                else interval '360 seconds' end
$$;


-- due_at: when to look at a phone that nothing more is heard of.  A sign of
-- life only ever brings it forward, so that its index seldom changes; whoever
-- finds a phone due that is not yet silent for long enough puts it off.  Null:
-- there is nothing left to notice.  alerted_at: when the owner was written to,
-- in the outage under way.
alter table device_presence
    add column due_at timestamptz,
    add column alerted_at timestamptz;

update device_presence
   set due_at = last_seen_at + device_patience(is_in_doze_mode)
 where is_online;

create index device_presence_due on device_presence (due_at)
 where due_at is not null;


-- A person's phones, newest first, and all cards of a phone.
drop index devices_user;

create index devices_user on devices (user_id, created_at, id)
 where deleted_at is null;

create index sim_cards_device on sim_cards (device_id);


-- Deletes a phone, which is locked: its cards and codes are gone, and each
-- card's SIM for good, unless it is another phone's by now.  What it has not
-- sent ends as failed, whether or not it has fetched it; its messages stay.
-- False where there is no such phone.
create function device_delete(device_id int8)
returns bool
language plpgsql
as $$
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
$$;


-- Writes to a phone's owner that nothing is heard of it (device_offline), or
-- that it is back (device_recovered): since when it was silent, and what its
-- battery had.
create function device_mail(kind text, device_id int8, silent_since timestamptz,
                            battery_level int4)
returns void
language sql
as $$
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
$$;
