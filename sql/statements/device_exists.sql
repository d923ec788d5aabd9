-- Is this the caller's device?  A row if so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > status text

select d.status
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
 where d.id = $4
   and d.deleted_at is null
