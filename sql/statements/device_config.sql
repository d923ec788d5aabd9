-- What the caller's phone is told of itself and of its organization's plan.
-- No row: it is not the caller's phone.  A row with is_allowed false: the phone
-- is revoked.  phone_number is that of the lowest active slot.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > is_allowed bool
-- > id int8
-- > phone_number text
-- > status text
-- > max_devices int4
-- > current_devices int4
-- > monthly_messages int4
-- > current_month_messages int8
-- > remaining_messages int8
-- > compression bool
-- > priority_support bool
-- > debug_mode bool
-- > config_version int4
-- > server_time timestamptz
-- > plan_name text

select device_may(d.status, 'config') as is_allowed,
       d.id, c.phone_number, d.status,
       l.max_devices,
       coalesce(n.devices, 0) as current_devices,
       l.monthly_messages,
       m.messages as current_month_messages,
       greatest(l.monthly_messages - m.messages, 0) as remaining_messages,
       l.compression, l.priority_support, l.debug_mode,
       d.config_version,
       now() as server_time,
       l.name as plan_name
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
  join organizations o on o.id = d.organization_id
  join plans l on l.id = o.plan_id
  left join device_counts n on n.organization_id = d.organization_id
 cross join lateral (
    select coalesce(sum(u.messages), 0) as messages
      from organization_months u
     where u.organization_id = d.organization_id
       and u.month = date_trunc('month', now() at time zone 'utc')::date
 ) m
  left join lateral (
    select k.phone_number
      from sim_cards k
     where k.device_id = d.id
       and k.status = 'active'
     order by k.sim_slot nulls last, k.id
     limit 1
 ) c on true
 where d.id = $4
   and d.deleted_at is null
