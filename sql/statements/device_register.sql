-- Registers a phone, or the caller's own pending one again, for the
-- organization that the caller acts in, after device_limit.  No row: the
-- android id is another phone's.  A row with id null: the plan allows no more.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 android_id text
-- $5 device_name text
-- $6 device_model text
-- $7 app_version text
--
-- > id int8
-- > android_id text
-- > device_name text
-- > device_model text
-- > app_version text
-- > status text
-- > created_at timestamptz
-- > is_new bool

with me as (
    select p.user_id, p.organization_id,
           case when d.organization_id = p.organization_id
                then true
                else coalesce(n.devices, 0) < l.max_devices end as is_allowed
      from principal($1, $2, $3) p
      join organizations o on o.id = p.organization_id
      join plans l on l.id = o.plan_id
      left join device_counts n on n.organization_id = o.id
      left join devices d on d.android_id = $4 and d.deleted_at is null
     where d.id is null
        or d.user_id = p.user_id and d.status = 'pending_verification'
), device as (
    insert into devices (organization_id, user_id, android_id, device_name,
                         device_model, app_version)
    select organization_id, user_id, $4, $5, $6, $7
      from me
     where is_allowed
        on conflict (android_id) where deleted_at is null do update
       set organization_id = excluded.organization_id,
           device_name = excluded.device_name,
           device_model = excluded.device_model,
           app_version = excluded.app_version,
           updated_at = now()
     where devices.user_id = excluded.user_id
       and devices.status = 'pending_verification'
    returning id, android_id, device_name, device_model, app_version, status,
              created_at, created_at = now() as is_new
)
select id, android_id, device_name, device_model, app_version, status,
       created_at, is_new
  from device
union all
select null, null, null, null, null, null, null, null
  from me
 where not is_allowed
