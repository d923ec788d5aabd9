-- Makes the link of a mail that was just put down the one that its person has,
-- or takes the mail away again where there is nobody.
--
-- for module
--
-- $1 secret bytea
-- $2 digest bytea
-- $3 seconds int4
-- $4 email text

with mail as materialized (
    select m.user_id
      from users u
      join mails m on m.user_id = u.id and m.secret = $1
     where lower(u.email) = lower($4)
), old as (
    delete from password_resets r
     using mail m
     where r.user_id = m.user_id
), link as (
    insert into password_resets (digest, user_id, expires_at)
    select $2, user_id, now() + make_interval(secs => $3)
      from mail
)
delete from mails
 where user_id is null
   and kind = 'password_reset'
   and secret = $1
