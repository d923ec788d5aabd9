-- Makes what the demo needs beforehand: a webhook for all messages of a team,
-- and a phone number that is nobody's.  No row: there is no such team.
--
-- for simrelay
--
-- $1 team_id int8
-- $2 url text
-- $3 secret bytea
--
-- > webhook_integration_id int8
-- > number text

with integration as (
    insert into webhook_integrations
           (organization_id, name, url, secret, timeout_seconds, retry_count)
    select organization_id, 'simrelay demo', $2, $3, 5, 0
      from teams
     where id = $1
    returning id, organization_id
), mapping as (
    insert into webhook_mappings
           (organization_id, webhook_integration_id, team_id, forwarding_mode)
    select organization_id, id, $1, 'always'
      from integration
)
select i.id as webhook_integration_id, n.number
  from integration i
 cross join lateral (
       select c.number
         from (select '+1555' || lpad(trunc(random() * 10000000)::text, 7, '0')
                      as number
                 from generate_series(1, 100)) c
        where not exists (select from hosted_sims h
                           where h.number = c.number)
        limit 1) n
