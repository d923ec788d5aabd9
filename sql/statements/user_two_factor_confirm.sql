-- Turns two-factor authentication on: the code of a time step was right.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 step int8
-- $3 digests bytea[]
--
-- > user_id int8

with person as (
    update two_factors
       set confirmed_at = now(), last_step = $2
     where user_id = $1
       and confirmed_at is null
    returning user_id
), codes as (
    insert into recovery_codes (user_id, digest)
    select p.user_id, d.digest
      from person p, unnest($3) d (digest)
)
select user_id
  from person
