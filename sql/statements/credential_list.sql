-- A person's live credentials.
--
-- for simrelay
--
-- $1 user_id int8
--
-- > id int8
-- > kind text
-- > name text
-- > organization_id int8
-- > last_used_at timestamptz
-- > expires_at timestamptz

select id,
       case kind when 1 then 'token' when 2 then 'oauth' when 4 then 'api_key'
                 else 'session' end as kind,
       name, organization_id, last_used_at, expires_at
  from credentials
 where user_id = $1
   and revoked_at is null
   and (expires_at is null or expires_at > now())
 order by id
