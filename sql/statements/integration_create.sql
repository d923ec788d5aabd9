-- Makes a webhook integration of the organization that the caller acts in,
-- behind organization_hold.sql; the secret is sealed.  No row: the
-- organization has as many as it may.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 name text
-- $5 url text
-- $6 secret bytea
-- $7 headers text
-- $8 timeout_seconds int4
-- $9 retry_count int4
-- $10 is_active bool
-- $11 most int4
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

insert into webhook_integrations as i
       (organization_id, name, url, secret, headers, timeout_seconds,
        retry_count, is_active)
select me.organization_id, $4, $5, $6, coalesce($7::jsonb, '{}'), $8, $9, $10
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and (select count(*)
          from webhook_integrations w
         where w.organization_id = me.organization_id) < $11
returning i.id, i.name, i.url, true as has_secret, i.headers,
          i.timeout_seconds, i.retry_count, i.is_active, i.created_at,
          i.updated_at
