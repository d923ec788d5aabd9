-- Turns two-factor authentication off; secret and recovery codes go, and
-- sign-ins that wait for a code.
--
-- for simrelay
--
-- $1 user_id int8
--
-- > user_id int8

with person as (
    delete from two_factors
     where user_id = $1
    returning user_id
), challenges as (
    delete from login_challenges c
     using person p
     where c.user_id = p.user_id
)
select user_id
  from person
