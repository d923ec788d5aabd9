-- The mappings of a webhook integration of the organization that the caller
-- acts in, or with null of all of them, those of one together.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
--
-- > webhook_integration_id int8
-- > id int8
-- > team_id int8
-- > team_name text
-- > forwarding_mode text
-- > is_active bool
-- > created_at timestamptz
-- > updated_at timestamptz

select m.webhook_integration_id, m.id, m.team_id, t.name as team_name,
       m.forwarding_mode, m.is_active, m.created_at, m.updated_at
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
  join webhook_mappings m on m.webhook_integration_id = i.id
  join teams t on t.id = m.team_id
 where i.id = coalesce($4, i.id)
 order by m.webhook_integration_id, m.id
