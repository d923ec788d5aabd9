-- The sealed key of an account, which its provider signs by.
--
-- for module
--
-- $1 provider text
-- $2 name text
--
-- > api_key bytea

select api_key
  from provider_accounts
 where provider = $1
   and name = $2
   and disabled_at is null
