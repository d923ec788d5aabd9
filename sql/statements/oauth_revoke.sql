-- A client gives a token back: a refresh token ends its grant, an access token
-- itself alone.  Whatever else it shows changes nothing.
--
-- for module
--
-- $1 token bytea
-- $2 client_id uuid
--
-- > is_client bool

with client as (
    select id
      from oauth_clients
     where id = $2
       and revoked_at is null
), ended as (
    update oauth_grants g
       set revoked_at = now()
      from oauth_refresh_tokens t, client
     where t.digest = $1
       and g.id = t.oauth_grant_id
       and g.oauth_client_id = client.id
       and g.revoked_at is null
), access as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from client
     where c.digest = $1
       and c.kind = 2
       and c.oauth_client_id = client.id
       and c.revoked_at is null
)
select exists (select from client) as is_client
