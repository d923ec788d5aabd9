-- The credential that a sign-in has made, and whose it is.
--
-- for module
--
-- $1 digest bytea
--
-- > credential_id int8
-- > is_session bool
-- > id int8
-- > name text
-- > email text
-- > email_verified_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

select c.id as credential_id, c.kind = 8 as is_session, u.id, u.name, u.email,
       u.email_verified_at, u.created_at, u.updated_at
  from credentials c
  join users u on u.id = c.user_id
 where c.digest = $1
