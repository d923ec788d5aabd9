-- The sealed signing secrets of a provider's accounts: whichever signed a
-- request says whose it is.
--
-- for module
--
-- $1 provider text
-- $2 most int4
--
-- > name text
-- > signing_secret bytea

select name, signing_secret
  from provider_accounts
 where provider = $1
   and disabled_at is null
   and signing_secret is not null
 order by id
 limit $2
