-- Holds a client as it is until the transaction ends: what is given to it now
-- is seen by the statement that revokes it.
--
-- for module
--
-- $1 client_id uuid
--
-- > id uuid

select id
  from oauth_clients
 where id = $1
   for share
