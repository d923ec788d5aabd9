-- Switches an account off, or on again.
--
-- for simrelay
--
-- $1 id int8
-- $2 on bool
--
-- > id int8

update provider_accounts
   set disabled_at = case when not $2 then coalesce(disabled_at, now()) end,
       updated_at = now()
 where id = $1
returning id
