-- Ends an API key; a trigger tells its sockets.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > id int8

update credentials c
   set revoked_at = now(), updated_at = now()
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and c.organization_id = me.organization_id
   and c.kind = 4
   and c.revoked_at is null
   and c.id = $4
returning c.id
