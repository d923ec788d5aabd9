-- A phone's sign of life.  A row with is_allowed false: the phone is revoked,
-- and nothing was kept.  What other numbers than its cards' are given for
-- signal strength is skipped.  is_told: an event was made.
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

with device as (
    select d.id, d.organization_id, d.user_id, d.status <> 'revoked' as allowed,
           coalesce(p.is_online, false) as was_online
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      left join device_presence p on p.device_id = d.id
     where d.id = $4
       and d.deleted_at is null
), seen as (
    insert into device_presence as p
           (device_id, last_seen_at, battery_level, is_in_doze_mode)
    select id, now(), $5, $7
      from device
     where allowed
        on conflict (device_id) do update
       set last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at),
           battery_level = coalesce(excluded.battery_level, p.battery_level),
           is_in_doze_mode = excluded.is_in_doze_mode,
           is_online = true
), strength as (
    select c.id,
           coalesce((select min(s.strength)
                       from unnest($8, $9) s(number, strength)
                      where s.number = c.phone_number),
                    case when row_number() over (order by c.sim_slot, c.id) = 1
                         then $6 end) as strength
      from device d
      join sim_cards c on c.device_id = d.id
     where d.allowed
       and c.status <> 'inactive'
), signal as (
    update sim_cards c
       set signal_strength = s.strength
      from strength s
     where c.id = s.id
       and c.signal_strength is distinct from s.strength
       and s.strength is not null
), told as (
    insert into events (organization_id, user_id, type, object_id)
    select organization_id, user_id, 'device.online', id
      from device
     where allowed and not was_online
)
select allowed as is_allowed, now() as server_time,
       allowed and not was_online as is_told
  from device
