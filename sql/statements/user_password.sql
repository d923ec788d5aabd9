-- Gives a person a new password.  What the old one may have opened ends, as
-- with a reset: sessions, personal tokens, connected applications, sign-ins
-- that are under way and links to a new password.  API keys stay.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 password_hash text
--
-- > id int8

with person as (
    update users
       set password_hash = $2, password_changed_at = now(),
           updated_at = now()
     where id = $1
    returning id
), grants as (
    update oauth_grants g
       set revoked_at = now()
      from person p
     where g.user_id = p.id
       and g.revoked_at is null
    returning g.id
), tokens as (
    -- behind those, in the order of whoever refreshes a token
    update credentials c
       set revoked_at = now(), updated_at = now()
      from person p
     where c.user_id = p.id
       and c.kind in (1, 2, 8)
       and c.revoked_at is null
       and (select count(*) from grants) >= 0
), challenges as (
    delete from login_challenges c
     using person p
     where c.user_id = p.id
), codes as (
    delete from oauth_codes c
     using person p
     where c.user_id = p.id
       and c.used_at is null
), resets as (
    delete from password_resets r
     using person p
     where r.user_id = p.id
)
select id
  from person
