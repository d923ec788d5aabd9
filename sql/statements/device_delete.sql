-- Deletes the caller's phone, after device_lock.  No row: it is not the
-- caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > is_deleted bool

select device_delete(d.id) as is_deleted
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
 where d.id = $4
   and d.deleted_at is null
