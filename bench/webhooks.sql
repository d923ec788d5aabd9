-- Gives each organization the webhook of the first one, whose secret was
-- sealed by "simrelay webhook create".

insert into webhook_integrations (organization_id, name, url, secret)
select o.id, i.name, i.url, i.secret
  from organizations o
 cross join (select * from webhook_integrations where organization_id = 1) i
 where o.id > 1;

insert into webhook_mappings (organization_id, webhook_integration_id,
                              team_id, forwarding_mode)
select i.organization_id, i.id, t.id, 'always'
  from webhook_integrations i
  join teams t on t.organization_id = i.organization_id;

analyze webhook_integrations, webhook_mappings;
