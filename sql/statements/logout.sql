-- Ends the caller's own credential.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8

update credentials c
   set revoked_at = now(), updated_at = now()
  from principal($1, $2, $3) me
 where c.id = me.credential_id
returning c.id
