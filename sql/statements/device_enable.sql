-- Takes a disabled phone of the caller's into use again, after device_lock: it
-- is active, or pending where no card is.  An active one stays as it is.  No
-- row: it is not the caller's phone; is_allowed false: nothing has changed.
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
    select d.id, d.status, device_may(d.status, 'enable') as is_allowed
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), enabled as (
    update devices d
       set status = case when exists (select
                                        from sim_cards c
                                       where c.device_id = d.id
                                         and c.status = 'active')
                         then 'active'
                         else 'pending_verification' end,
           updated_at = now()
      from device x
     where d.id = x.id
       and x.is_allowed
       and x.status = 'disabled'
)
select is_allowed
  from device
