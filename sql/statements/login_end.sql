-- A right password: takes the tries back, and makes a credential, or where a
-- second factor is on, a challenge in its place.  No row: the password is
-- another one by now, or the person is gone or disabled.
--
-- for module
--
-- $1 user_id int8
-- $2 password_hash text
-- $3 email text
-- $4 address text
-- $5 digest bytea
-- $6 is_session bool
-- $7 name text
-- $8 abilities int4
-- $9 session_seconds int4
-- $10 challenge_seconds int4
--
-- > is_challenge bool

with person as materialized (
    select u.id,
           exists (select from two_factors t
                    where t.user_id = u.id
                      and t.confirmed_at is not null) as is_challenge
      from users u
     where u.id = $1
       and u.password_hash = $2
       and u.disabled_at is null
), minute as (
    delete from throttles
     where kind = 'login'
       and digest = sha256(convert_to(lower($3) || ' ' || address_block($4),
                                      'UTF8'))
       and exists (select from person)
    returning digest
), hour as (
    -- after that one, as they are counted
    update throttles
       set hits = greatest(hits - 1, 0)
     where kind = 'login_email'
       and digest = sha256(convert_to(lower($3), 'UTF8'))
       and exists (select from person)
       and (select count(*) from minute) >= 0
), old as (
    delete from login_challenges c
     using person p
     where c.user_id = p.id
       and c.expires_at <= now()
), challenge as (
    insert into login_challenges (digest, user_id, is_session, name,
                                  expires_at)
    select $5, id, $6, $7, now() + make_interval(secs => $10)
      from person
     where is_challenge
), credential as (
    insert into credentials (digest, kind, abilities, user_id, name,
                             expires_at)
    select $5, case when $6 then 8 else 1 end, $8, id, $7,
           case when $6 then now() + make_interval(secs => $9) end
      from person
     where not is_challenge
)
select is_challenge
  from person
