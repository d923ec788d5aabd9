-- Takes an active phone of the caller's out of use, after device_lock.  No row:
-- it is not the caller's phone; is_allowed false: nothing has changed.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > is_allowed bool

with device as materialized (
    select d.id, device_may(d.status, 'disable') as is_allowed
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), disabled as (
    update devices d
       set status = 'disabled', updated_at = now()
      from device x
     where d.id = x.id
       and x.is_allowed
)
select is_allowed
  from device
