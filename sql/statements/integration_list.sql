-- The webhook integrations of the organization that the caller acts in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text
-- > url text
-- > has_secret bool
-- > headers jsonb
-- > timeout_seconds int4
-- > retry_count int4
-- > is_active bool
-- > created_at timestamptz
-- > updated_at timestamptz

select i.id, i.name, i.url, true as has_secret, i.headers, i.timeout_seconds,
       i.retry_count, i.is_active, i.created_at, i.updated_at
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 order by i.id
