-- Keeps the secret of a second factor until its first code confirms it.  No
-- row: there is one already that is confirmed.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 secret bytea
--
-- > email text

with enrolled as (
    insert into two_factors as t (user_id, secret)
    select me.user_id, $4
      from principal($1, $2, $3) me
        on conflict (user_id) do update
       set secret = excluded.secret, created_at = now(), last_step = 0
     where t.confirmed_at is null
    returning t.user_id
)
select u.email
  from enrolled e
  join users u on u.id = e.user_id
