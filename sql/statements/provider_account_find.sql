-- The provider of an account.
--
-- for simrelay
--
-- $1 id int8
--
-- > provider text

select provider
  from provider_accounts
 where id = $1
