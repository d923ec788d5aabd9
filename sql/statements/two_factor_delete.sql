-- Ends the caller's second factor, with its recovery codes, and sign-ins that
-- wait for a code.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > is_enabled bool

with gone as (
    delete from two_factors t
     using principal($1, $2, $3) me
     where t.user_id = me.user_id
    returning t.user_id, t.confirmed_at is not null as is_enabled
), challenges as (
    delete from login_challenges c
     using gone g
     where c.user_id = g.user_id
), mail as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select 'two_factor_disabled', u.email, u.id,
           jsonb_build_object('name', u.name), now() + interval '1 day'
      from gone g
      join users u on u.id = g.user_id
     where g.is_enabled
)
select is_enabled
  from gone
