-- Counts a sign-in before its password is looked at: for the address and where
-- it comes from, and, unless that is refused, for the address alone.  Tells
-- whose it would be; no more work is done for somebody than for nobody.
--
-- for module
--
-- $1 email text
-- $2 address text
-- $3 minute_most int4
-- $4 hour_most int4
--
-- > minute_wait int4
-- > hour_wait int4
-- > user_id int8
-- > password_hash text

with minute as materialized (
    select throttle('login', lower($1) || ' ' || address_block($2), $3,
                    interval '1 minute') as wait
), hour as materialized (
    select throttle('login_email', lower($1), $4, interval '1 hour') as wait
      from minute
     where wait = 0
)
select m.wait as minute_wait, coalesce(h.wait, 0) as hour_wait,
       u.id as user_id, u.password_hash
  from minute m
  left join hour h on true
  left join users u
    on lower(u.email) = lower($1)
   and u.disabled_at is null
