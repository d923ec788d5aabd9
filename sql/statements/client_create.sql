-- Makes an OAuth2 client.
--
-- for simrelay
--
-- $1 name text
-- $2 redirect_uris text[]
-- $3 scopes text[]
--
-- > id uuid

insert into oauth_clients (name, redirect_uris, scopes)
values ($1, $2, $3)
returning id
