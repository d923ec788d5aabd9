-- Changes a mapping; is_active stays as it is where null.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 id int8
-- $6 forwarding_mode text
-- $7 is_active bool
--
-- > webhook_integration_id int8
-- > id int8
-- > team_id int8
-- > team_name text
-- > forwarding_mode text
-- > is_active bool
-- > created_at timestamptz
-- > updated_at timestamptz

update webhook_mappings m
   set forwarding_mode = $6, is_active = coalesce($7, m.is_active),
       updated_at = now()
  from principal($1, $2, $3) me, teams t
 where me.role in ('owner', 'admin')
   and m.organization_id = me.organization_id
   and m.webhook_integration_id = $4
   and m.id = $5
   and t.id = m.team_id
returning m.webhook_integration_id, m.id, m.team_id, t.name as team_name,
          m.forwarding_mode, m.is_active, m.created_at, m.updated_at
