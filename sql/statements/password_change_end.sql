-- Sets the caller's new password, where the old one is still that which was
-- checked: ends its other sessions and personal tokens, its links and sign-ins
-- that are under way, and tells it by mail.  No row: it is another one by now.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 old_hash text
-- $5 new_hash text
-- $6 mail_seconds int4
--
-- > id int8

with person as (
    update users u
       set password_hash = $5, password_changed_at = now(), updated_at = now()
      from principal($1, $2, $3) me
     where u.id = me.user_id
       and u.password_hash = $4
    returning u.id, u.name, u.email, me.credential_id
), links as (
    delete from password_resets r
     using person p
     where r.user_id = p.id
), challenges as (
    delete from login_challenges c
     using person p
     where c.user_id = p.id
), ended as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from person p
     where c.user_id = p.id
       and c.id <> p.credential_id
       and c.kind in (1, 8)
       and c.revoked_at is null
), refund as (
    update throttles t
       set hits = greatest(hits - 1, 0)
      from person p
     where t.kind = 'password'
       and t.digest = sha256(convert_to(p.id::text, 'UTF8'))
), mail as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select 'password_changed', email, id, jsonb_build_object('name', name),
           now() + make_interval(secs => $6)
      from person
)
select id
  from person
