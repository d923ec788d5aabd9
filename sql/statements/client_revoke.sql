-- Ends an OAuth2 client; triggers end its grants and tokens.
--
-- for simrelay
--
-- $1 id uuid
--
-- > id uuid

update oauth_clients
   set revoked_at = now()
 where id = $1
   and revoked_at is null
returning id
