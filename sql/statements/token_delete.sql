-- Ends a personal token or session of the caller's; a trigger tells its
-- sockets.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > is_current bool

update credentials c
   set revoked_at = now(), updated_at = now()
  from principal($1, $2, $3) me
 where c.user_id = me.user_id
   and c.kind in (1, 8)
   and c.revoked_at is null
   and (c.expires_at is null or c.expires_at > now())
   and c.id = $4
returning c.id = me.credential_id as is_current
