-- Waits for whoever is given something by an OAuth2 client: what the next
-- statement ends holds that, too.
--
-- for simrelay
--
-- $1 id uuid
--
-- > id uuid

select id
  from oauth_clients
 where id = $1
   and revoked_at is null
   for no key update
