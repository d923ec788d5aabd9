-- Gives a person a TOTP secret that is yet to be confirmed, in the place of
-- another such.  No row where one is confirmed.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 secret bytea
--
-- > email text

with person as (
    insert into two_factors as f (user_id, secret)
    values ($1, $2)
        on conflict (user_id) do update
       set secret = excluded.secret, last_step = 0, created_at = now()
     where f.confirmed_at is null
    returning f.user_id
)
select u.email
  from person p
  join users u
    on u.id = p.user_id
