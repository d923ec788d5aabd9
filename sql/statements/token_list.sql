-- How the caller is signed in: personal tokens and sessions that are live, the
-- newest first.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text
-- > type text
-- > is_current bool
-- > last_used_at timestamptz
-- > expires_at timestamptz
-- > created_at timestamptz

select c.id, c.name, case c.kind when 8 then 'session' else 'token' end as type,
       c.id = me.credential_id as is_current, c.last_used_at, c.expires_at,
       c.created_at
  from principal($1, $2, $3) me
  join credentials c
    on c.user_id = me.user_id
   and c.kind in (1, 8)
   and c.revoked_at is null
   and (c.expires_at is null or c.expires_at > now())
 order by c.id desc
