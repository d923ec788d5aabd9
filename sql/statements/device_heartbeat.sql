-- A phone's sign of life.  A row with is_allowed false: in its state it gives
-- none, and nothing was kept.  What other numbers than its cards' are given for
-- signal strength is skipped, and the strength that is known writes nothing.
--
-- A phone that is online is updated without a look at what stood there.  One
-- that comes online is locked first, and its presence after it, so that of
-- several signs at once, and of the watch that finds it silent just then, each
-- goes by what the one before has left: it comes online once, and is told then,
-- not when this transaction began; and not at all where it is deleted or
-- revoked just then.  Whose owner was written to gets a mail that it is back.
-- is_told: an event was made.
--
-- A card that somebody else is changing keeps the strength that it has until
-- the next sign: who deletes a phone has its cards, and then wants the row that
-- is locked here.
--
-- A sign that a crash loses is followed by the next one, so its commit does not
-- wait for the disk; one that tells something does.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 battery_level int4
-- $6 signal_strength int4
-- $7 is_in_doze_mode bool
-- $8 phone_numbers text[]
-- $9 signal_strengths int4[]
--
-- > is_allowed bool
-- > server_time timestamptz
-- > is_told bool

with device as materialized (
    select d.*, device_may(d.status, 'heartbeat') as is_allowed
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), kept as (
    update device_presence p
       set last_seen_at = greatest(p.last_seen_at, now()),
           battery_level = coalesce($5, p.battery_level),
           is_in_doze_mode = $7,
           due_at = least(p.due_at, now() + device_patience($7))
     where p.device_id = (select id from device where is_allowed)
       and p.is_online
    returning p.device_id
), still as materialized (
    select d.id
      from devices d
     where d.id = (select id
                     from device
                    where is_allowed
                      and not exists (select from kept))
       and d.deleted_at is null
       and device_may(d.status, 'heartbeat')
       for share
), was as materialized (
    select p.*
      from device_presence p
     where p.device_id = (select id from still)
       for update
), back as (
    update device_presence p
       set last_seen_at = greatest(p.last_seen_at, now()),
           battery_level = coalesce($5, p.battery_level),
           is_in_doze_mode = $7,
           is_online = true,
           due_at = least(p.due_at, now() + device_patience($7)),
           alerted_at = null
     where p.device_id = (select device_id from was)
), first as (
    insert into device_presence (device_id, last_seen_at, battery_level,
                                 is_in_doze_mode, due_at)
    select id, now(), $5, $7, now() + device_patience($7)
      from still
     where not exists (select from was)
        on conflict do nothing
    returning device_id
), online as materialized (
    select d.*
      from device d
     where exists (select from first)
        or exists (select from was where not is_online)
), told as (
    insert into events (created_at, organization_id, user_id, type, object_id)
    select clock_timestamp(), organization_id, user_id, 'device.online', id
      from online
), mailed as materialized (
    select device_mail('device_recovered', w.device_id, w.last_seen_at,
                       coalesce($5, w.battery_level))
      from online
     cross join was w
     where w.alerted_at is not null
), strength as (
    select c.id,
           coalesce((select min(s.strength)
                       from unnest($8, $9) s(number, strength)
                      where s.number = c.phone_number),
                    case when row_number() over (order by c.sim_slot, c.id) = 1
                         then $6 end) as strength
      from sim_cards c
     where c.device_id = (select id from device where is_allowed)
       and c.status <> 'inactive'
       and ($6 is not null or cardinality($8) > 0)
), free as materialized (
    select c.id, s.strength
      from strength s
      join sim_cards c on c.id = s.id
     where c.signal_strength is distinct from s.strength
       and s.strength is not null
       for no key update of c skip locked
), signal as (
    update sim_cards c
       set signal_strength = f.strength
      from free f
     where c.id = f.id
)
select d.is_allowed, now() as server_time, n.is_told
  from device d
 cross join lateral (
       select exists (select from online)
              and (select count(*) from mailed) >= 0 as is_told) n
 where n.is_told
    or set_config('synchronous_commit', 'off', true) is not null
