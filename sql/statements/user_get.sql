-- The caller, the organization that it acts in, and its API key where it is
-- one.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text
-- > email text
-- > email_verified_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz
-- > organization_id int8
-- > organization_name text
-- > organization_created_at timestamptz
-- > organization_updated_at timestamptz
-- > key_id int8
-- > key_name text
-- > key_permissions int4

select u.id, u.name, u.email, u.email_verified_at, u.created_at, u.updated_at,
       o.id as organization_id, o.name as organization_name,
       o.created_at as organization_created_at,
       o.updated_at as organization_updated_at,
       c.id as key_id, c.name as key_name, c.abilities as key_permissions
  from principal($1, $2, $3) me
  join users u on u.id = me.user_id
  left join organizations o on o.id = me.organization_id
  left join credentials c on c.id = me.credential_id and me.kind = 4
