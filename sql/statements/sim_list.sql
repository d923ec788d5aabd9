-- The SIMs that the caller sees: a row for each attachment of each, those of
-- one SIM together.  Where the caller sees a SIM in several organizations, an
-- SMS that went to more than one of them counts once.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > number text
-- > country text
-- > provider text
-- > status text
-- > type text
-- > shared_max_orgs int4
-- > received int8
-- > created_at timestamptz
-- > updated_at timestamptz
-- > organization_id int8
-- > organization_name text
-- > alias text
-- > team_id int8
-- > team_name text

with seen as materialized (
    select p.*, count(*) over (partition by p.hosted_sim_id) as organizations
      from principal_sims($1, $2, $3) p
)
select s.id, s.number, s.country, s.provider, s.status, s.type,
       s.shared_max_orgs,
       case when p.organizations = 1 then (
           select coalesce(sum(c.received), 0)::int8
             from message_counts c
            where c.organization_id = p.organization_id
              and c.hosted_sim_id = p.hosted_sim_id
              and (c.team_id = 0 or p.sees_all
                   or exists (select from team_members b
                               where b.team_id = c.team_id
                                 and b.user_id = p.user_id))
       ) else (
           select count(distinct m.sms_id)
             from seen q
             join messages m
               on m.organization_id = q.organization_id
              and m.hosted_sim_id = q.hosted_sim_id
            where q.hosted_sim_id = p.hosted_sim_id
              and m.direction = 'inbound'
              and (m.team_id is null or q.sees_all
                   or exists (select from team_members b
                               where b.team_id = m.team_id
                                 and b.user_id = q.user_id))
       ) end as received,
       s.created_at, s.updated_at,
       p.organization_id, o.name as organization_name, p.alias, p.team_id,
       t.name as team_name
  from seen p
  join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
  join organizations o on o.id = p.organization_id
  left join teams t on t.id = p.team_id
 order by s.id, p.organization_id
