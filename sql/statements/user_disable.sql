-- Shuts a person out: no credential of theirs is valid, and a trigger tells
-- their sockets.  Sign-ins that are under way end, and links to a new
-- password.
--
-- for simrelay
--
-- $1 user_id int8
--
-- > id int8

with person as (
    update users
       set disabled_at = now(), updated_at = now()
     where id = $1
       and disabled_at is null
    returning id
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
