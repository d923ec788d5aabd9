-- Every sealed key of an account at a provider.
--
-- for simrelay
--
-- > id int8
-- > secret bytea

select id, api_key as secret
  from provider_accounts
 order by id
