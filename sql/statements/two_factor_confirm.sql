-- A code has confirmed the caller's second factor: from now on it is asked for.
-- The code's time step is taken, so that nobody signs in with it.  No row: it
-- is confirmed by now, or another one.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 secret bytea
-- $5 step int8
-- $6 recovery_digests bytea[]
--
-- > user_id int8

with confirmed as (
    update two_factors t
       set confirmed_at = now(), last_step = $5
      from principal($1, $2, $3) me
     where t.user_id = me.user_id
       and t.secret = $4
       and t.confirmed_at is null
    returning t.user_id
), codes as (
    insert into recovery_codes (user_id, digest)
    select c.user_id, d.digest
      from confirmed c
     cross join unnest($6) d(digest)
), refund as materialized (
    select c.user_id,
           throttle_refund('two_factor_confirm', c.user_id::text)
      from confirmed c
), mail as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select 'two_factor_enabled', u.email, u.id,
           jsonb_build_object('name', u.name), now() + interval '1 day'
      from confirmed c
      join users u on u.id = c.user_id
)
select user_id
  from refund
