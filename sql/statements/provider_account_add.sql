-- Makes an account at a provider; its secrets are sealed.
--
-- for simrelay
--
-- $1 provider text
-- $2 name text
-- $3 api_key bytea
-- $4 signing_secret bytea
--
-- > id int8

insert into provider_accounts (provider, name, api_key, signing_secret)
values ($1, $2, $3, $4)
returning id
