-- Changes what is given of a live OAuth2 client; null stays as it is.  What it
-- was granted beyond its scopes ends.
--
-- for simrelay
--
-- $1 id uuid
-- $2 name text
-- $3 redirect_uris text[]
-- $4 scopes text[]
--
-- > id uuid

with client as (
    update oauth_clients
       set name = coalesce($2, name),
           redirect_uris = coalesce($3, redirect_uris),
           scopes = coalesce($4, scopes)
     where id = $1
       and revoked_at is null
    returning id, scopes
), grants as (
    update oauth_grants g
       set revoked_at = now()
      from client c
     where g.oauth_client_id = c.id
       and g.revoked_at is null
       and not string_to_array(g.scope, ' ') <@ c.scopes
), tokens as (
    update credentials t
       set revoked_at = now(), updated_at = now()
      from client c
     where t.oauth_client_id = c.id
       and t.revoked_at is null
       and not string_to_array(t.scope, ' ') <@ c.scopes
)
select id
  from client
