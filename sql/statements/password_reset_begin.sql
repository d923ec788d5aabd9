-- Counts, by where it comes from, that somebody tries a link to a new password.
-- Tells whose it is: null where it is used, expired or none.
--
-- for module
--
-- $1 digest bytea
-- $2 address text
-- $3 most int4
--
-- > wait int4
-- > user_id int8

with counted as materialized (
    select throttle('reset', address_block($2), $3, interval '1 hour') as wait
)
select c.wait, u.id as user_id
  from counted c
  left join password_resets r
    on r.digest = $1
   and r.expires_at > now()
  left join users u
    on u.id = r.user_id
   and u.disabled_at is null
