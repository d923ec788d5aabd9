-- An OAuth2 client that is not revoked: a row for each of its redirect URIs.
--
-- for module
--
-- $1 client_id uuid
--
-- > name text
-- > scopes text
-- > redirect_uri text

select c.name, array_to_string(c.scopes, ' ') as scopes, u.redirect_uri
  from oauth_clients c, unnest(c.redirect_uris) u (redirect_uri)
 where c.id = $1
   and c.revoked_at is null
