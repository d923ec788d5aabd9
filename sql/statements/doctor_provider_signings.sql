-- Every sealed signing secret of an account at a provider.
--
-- for simrelay
--
-- > id int8
-- > secret bytea

select id, signing_secret as secret
  from provider_accounts
 where signing_secret is not null
 order by id
