-- Counts a try at the second step of a sign-in before its code is looked at: of
-- the challenge, and of the person over all challenges.  Tells what the code is
-- checked against.  No row: the challenge is unknown, expired or used up, or
-- there is no second factor any more.
--
-- for module
--
-- $1 digest bytea
-- $2 most_tries int4
-- $3 most_hourly int4
--
-- > wait int4
-- > user_id int8
-- > is_session bool
-- > secret bytea
-- > last_step int8

with challenge as (
    update login_challenges c
       set tries = c.tries + 1
     where c.digest = $1
       and c.tries < $2
       and c.expires_at > now()
       and exists (select from two_factors t
                     join users u on u.id = t.user_id
                    where t.user_id = c.user_id
                      and t.confirmed_at is not null
                      and u.disabled_at is null)
    returning c.user_id, c.is_session
), counted as materialized (
    select c.*, throttle('two_factor', c.user_id::text, $3,
                         interval '1 hour') as wait
      from challenge c
)
select c.wait, c.user_id, c.is_session, t.secret, t.last_step
  from counted c
  join two_factors t on t.user_id = c.user_id
