-- The second step of a sign-in with a code that is right: takes the time step,
-- which no code of it or before it has been taken of, or the recovery code, and
-- makes the credential that the challenge stands for.  No row: the challenge is
-- gone, or the second factor is off or another one by now.
--
-- for module
--
-- $1 digest bytea
-- $2 user_id int8
-- $3 secret bytea
-- $4 step int8
-- $5 recovery_digest bytea
-- $6 credential_digest bytea
-- $7 abilities int4
-- $8 session_seconds int4
--
-- > is_taken bool

with challenge as materialized (
    select c.*
      from login_challenges c
      join users u on u.id = c.user_id
      join two_factors t on t.user_id = c.user_id
     where c.digest = $1
       and c.user_id = $2
       and c.expires_at > now()
       and t.secret = $3
       and t.confirmed_at is not null
       and u.disabled_at is null
), step as (
    update two_factors t
       set last_step = $4
      from challenge c
     where t.user_id = c.user_id
       and t.last_step < $4
    returning t.user_id
), code as (
    delete from recovery_codes r
     using challenge c
     where r.user_id = c.user_id
       and r.digest = $5
    returning r.user_id
), taken as materialized (
    select user_id from step
    union
    select user_id from code
), used as (
    delete from login_challenges
     where digest = $1
       and exists (select from taken)
    returning digest
), refund as (
    -- after that one, as they are counted
    update throttles
       set hits = greatest(hits - 1, 0)
     where kind = 'two_factor'
       and digest = sha256(convert_to($2::text, 'UTF8'))
       and exists (select from taken)
       and (select count(*) from used) >= 0
), credential as (
    insert into credentials (digest, kind, abilities, user_id, name,
                             expires_at)
    select $6, case when c.is_session then 8 else 1 end, $7, c.user_id, c.name,
           case when c.is_session then now() + make_interval(secs => $8) end
      from challenge c
      join taken t on t.user_id = c.user_id
)
select exists (select from taken) as is_taken
  from challenge
