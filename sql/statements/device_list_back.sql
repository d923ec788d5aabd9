-- As device_list.sql, but those after one of that time and id, the nearest
-- first.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 status text
-- $5 at timestamptz
-- $6 after_id int8
-- $7 limit int4
--
-- > id int8
-- > android_id text
-- > device_name text
-- > status text
-- > is_online bool
-- > battery_level int4
-- > last_seen_at timestamptz
-- > created_at timestamptz
-- > card_id int8
-- > card_phone_number text
-- > card_sim_slot int4
-- > card_status text
-- > card_signal_strength int4
-- > card_is_active bool
-- > card_hosted_sim_id int8
-- > card_created_at timestamptz
-- > card_updated_at timestamptz

select d.id, d.android_id, d.device_name, d.status,
       coalesce(p.is_online
                and p.last_seen_at + device_patience(p.is_in_doze_mode)
                    >= now(), false) as is_online,
       p.battery_level, p.last_seen_at, d.created_at,
       c.id as card_id, c.phone_number as card_phone_number,
       c.sim_slot as card_sim_slot, c.status as card_status,
       c.signal_strength as card_signal_strength,
       c.status = 'active' as card_is_active,
       c.hosted_sim_id as card_hosted_sim_id, c.created_at as card_created_at,
       c.updated_at as card_updated_at
  from principal($1, $2, $3) me
 cross join lateral (
    select d.*
      from devices d
     where d.user_id = me.user_id
       and d.deleted_at is null
       and ($4 is null or d.status = $4)
       and d.created_at >= $5
       and (d.created_at, d.id) > ($5, $6)
       and exists (select
                     from members b
                    where b.user_id = d.user_id
                      and b.organization_id = d.organization_id)
     order by d.created_at, d.id
     limit $7
 ) d
  left join device_presence p on p.device_id = d.id
  left join sim_cards c on c.device_id = d.id
 order by d.created_at, d.id, c.sim_slot, c.id
