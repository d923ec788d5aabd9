-- Ends a credential, with the next request that shows it; a trigger tells its
-- owner's sockets.
--
-- for simrelay
--
-- $1 id int8
--
-- > id int8

update credentials
   set revoked_at = now(), updated_at = now()
 where id = $1
   and revoked_at is null
returning id
