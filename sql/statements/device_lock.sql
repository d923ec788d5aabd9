-- Locks the caller's phone for the rest of the transaction, so that those who
-- change it or its cards take turns.  No row: it is not the caller's phone, or
-- the caller has left its organization.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > device_id int8

select d.id as device_id
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
 where d.id = $4
   and d.deleted_at is null
   for no key update of d
