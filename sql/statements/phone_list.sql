-- The phones of an organization; null for all.  number is that of the lowest
-- active slot.
--
-- for simrelay
--
-- $1 organization_id int8
--
-- > id int8
-- > organization int8
-- > user_id int8
-- > email text
-- > name text
-- > status text
-- > online bool
-- > last_seen_at timestamptz
-- > number text

select d.id, d.organization_id as organization, d.user_id, u.email,
       d.device_name as name, d.status,
       coalesce(p.is_online
                and p.last_seen_at + device_patience(p.is_in_doze_mode)
                    >= now(), false) as online,
       p.last_seen_at, c.phone_number as number
  from devices d
  join users u on u.id = d.user_id
  left join device_presence p on p.device_id = d.id
  left join lateral (
    select k.phone_number
      from sim_cards k
     where k.device_id = d.id
       and k.status = 'active'
     order by k.sim_slot nulls last, k.id
     limit 1
  ) c on true
 where ($1 is null or d.organization_id = $1)
   and d.deleted_at is null
 order by d.id
