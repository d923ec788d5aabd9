-- The webhook integrations of an organization.
--
-- for simrelay
--
-- $1 organization_id int8
--
-- > id int8
-- > name text
-- > url text
-- > is_active bool
-- > mappings text

select i.id, i.name, i.url, i.is_active,
       (select string_agg(m.team_id || ':' || m.forwarding_mode, ','
                          order by m.team_id)
          from webhook_mappings m
         where m.webhook_integration_id = i.id) as mappings
  from webhook_integrations i
 where i.organization_id = $1
 order by i.id
