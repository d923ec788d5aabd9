-- Somebody has forgotten a password: counts that, by where it comes from and by
-- the address, and puts the mail with the link down.  It does so too where
-- nobody has that address, whose mail the next statement takes away: the time
-- tells nothing.
--
-- for module
--
-- $1 email text
-- $2 address text
-- $3 address_most int4
-- $4 email_most int4
-- $5 secret bytea
-- $6 seconds int4
--
-- > wait int4

with address as materialized (
    select throttle('forgot', address_block($2), $3, interval '1 hour') as wait
), mailbox as materialized (
    select throttle('forgot_email', lower($1), $4, interval '1 hour') as wait
      from address
     where wait = 0
), person as materialized (
    select id, name, email
      from users
     where lower(email) = lower($1)
       and disabled_at is null
       for no key update
), mail as (
    insert into mails (kind, recipient, user_id, params, secret, expires_at)
    select 'password_reset', coalesce(p.email, $1), p.id,
           jsonb_build_object('name', p.name), $5,
           now() + make_interval(secs => $6)
      from mailbox m
      left join person p on true
     where m.wait = 0
)
select wait
  from address
