-- Gives an account new secrets.  No signing secret leaves the old one.
--
-- for simrelay
--
-- $1 id int8
-- $2 api_key bytea
-- $3 signing_secret bytea
--
-- > id int8

update provider_accounts
   set api_key = $2,
       signing_secret = coalesce($3, signing_secret),
       updated_at = now()
 where id = $1
returning id
