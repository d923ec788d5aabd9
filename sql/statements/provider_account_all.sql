-- Every account at a provider.
--
-- for simrelay
--
-- > id int8
-- > provider text
-- > name text
-- > signing bool
-- > disabled bool
-- > updated_at timestamptz

select id, provider, name, signing_secret is not null as signing,
       disabled_at is not null as disabled, updated_at
  from provider_accounts
 order by id
