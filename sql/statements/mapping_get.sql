-- A mapping of a webhook integration of the organization that the caller acts
-- in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 id int8
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
  join webhook_mappings m on m.organization_id = me.organization_id
  join teams t on t.id = m.team_id
 where m.webhook_integration_id = $4
   and m.id = $5
