-- Forwards what a team receives to a webhook integration, behind
-- integration_hold.sql.  No row: it has as many mappings as it may.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 team_id int8
-- $6 forwarding_mode text
-- $7 is_active bool
-- $8 most int4
--
-- > webhook_integration_id int8
-- > id int8
-- > team_id int8
-- > team_name text
-- > forwarding_mode text
-- > is_active bool
-- > created_at timestamptz
-- > updated_at timestamptz

with made as (
    insert into webhook_mappings as m
           (organization_id, webhook_integration_id, team_id, forwarding_mode,
            is_active)
    select i.organization_id, i.id, $5, $6, $7
      from principal($1, $2, $3) me
      join webhook_integrations i on i.organization_id = me.organization_id
     where me.role in ('owner', 'admin')
       and i.id = $4
       and (select count(*)
              from webhook_mappings w
             where w.webhook_integration_id = i.id) < $8
    returning m.*
)
select m.webhook_integration_id, m.id, m.team_id, t.name as team_name,
       m.forwarding_mode, m.is_active, m.created_at, m.updated_at
  from made m
  left join teams t on t.id = m.team_id
