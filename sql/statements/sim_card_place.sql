-- Is this the caller's phone, and the caller still a member of its
-- organization?  A row if so; is_allowed: its cards may be changed.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > is_allowed bool

select device_may(d.status, 'cards') as is_allowed
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
 where d.id = $4
   and d.deleted_at is null
