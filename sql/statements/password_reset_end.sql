-- Sets the password that a link stands for, once: ends its person's links and
-- sign-ins that are under way, its sessions, personal tokens and connected
-- applications, and tells it by mail.  No row: the link is no more.
--
-- for module
--
-- $1 user_id int8
-- $2 digest bytea
-- $3 password_hash text
-- $4 mail_seconds int4
--
-- > id int8

with person as (
    update users u
       set password_hash = $3, password_changed_at = now(), updated_at = now()
      from password_resets r
     where u.id = $1
       and u.disabled_at is null
       and r.user_id = u.id
       and r.digest = $2
       and r.expires_at > now()
    returning u.id, u.name, u.email
), links as (
    delete from password_resets r
     using person p
     where r.user_id = p.id
), challenges as (
    delete from login_challenges c
     using person p
     where c.user_id = p.id
), codes as (
    delete from oauth_codes c
     using person p
     where c.user_id = p.id
       and c.used_at is null
), grants as (
    update oauth_grants g
       set revoked_at = now()
      from person p
     where g.user_id = p.id
       and g.revoked_at is null
    returning g.id
), ended as (
    -- behind those, in the order of whoever refreshes a token
    update credentials c
       set revoked_at = now(), updated_at = now()
      from person p
     where c.user_id = p.id
       and c.kind in (1, 2, 8)
       and c.revoked_at is null
       and (select count(*) from grants) >= 0
), counted as (
    delete from throttles t
     using person p
     where t.kind = 'login_email'
       and t.digest = sha256(convert_to(lower(p.email), 'UTF8'))
), mail as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select 'password_changed', email, id, jsonb_build_object('name', name),
           now() + make_interval(secs => $4)
      from person
)
select id
  from person
