-- Forwards what a team receives to an integration of its organization.  No
-- row: there is no such integration.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
-- $2 team_id int8
-- $3 forwarding_mode text
--
-- > id int8

insert into webhook_mappings (organization_id, webhook_integration_id, team_id,
                              forwarding_mode)
select i.organization_id, i.id, $2, $3
  from webhook_integrations i
 where i.id = $1
    on conflict (webhook_integration_id, team_id) do update
   set forwarding_mode = excluded.forwarding_mode, is_active = true,
       updated_at = now()
returning id
