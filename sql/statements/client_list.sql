-- All OAuth2 clients.
--
-- for simrelay
--
-- > id uuid
-- > name text
-- > redirect_uris text
-- > scopes text
-- > revoked bool

select id, name, array_to_string(redirect_uris, ' ') as redirect_uris,
       array_to_string(scopes, ',') as scopes,
       revoked_at is not null as revoked
  from oauth_clients
 order by created_at, id
