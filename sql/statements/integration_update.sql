-- Changes a webhook integration; what is null stays as it is.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
-- $5 name text
-- $6 url text
-- $7 headers text
-- $8 timeout_seconds int4
-- $9 retry_count int4
-- $10 is_active bool
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

update webhook_integrations i
   set name = $5, url = $6, headers = coalesce($7::jsonb, i.headers),
       timeout_seconds = coalesce($8, i.timeout_seconds),
       retry_count = coalesce($9, i.retry_count),
       is_active = coalesce($10, i.is_active), updated_at = now()
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and i.organization_id = me.organization_id
   and i.id = $4
returning i.id, i.name, i.url, true as has_secret, i.headers,
          i.timeout_seconds, i.retry_count, i.is_active, i.created_at,
          i.updated_at
