-- A person's TOTP secret, which nobody else changes until the transaction
-- ends.
--
-- for simrelay
--
-- $1 user_id int8
--
-- > secret bytea
-- > confirmed bool

select secret, confirmed_at is not null as confirmed
  from two_factors
 where user_id = $1
   for update
