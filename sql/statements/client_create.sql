-- Makes an OAuth2 client.
--
-- for simrelay
--
-- $1 name text
-- $2 redirect_uris text[]
--
-- > id uuid

insert into oauth_clients (name, redirect_uris)
values ($1, $2)
returning id
