-- How many messages message_list would page through: from kept counts where
-- the caller sees the SIM in one organization, else counted.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
--
-- > total int8

with mine as materialized (
    select p.organization_id, p.user_id, p.sees_all
      from principal_sims($1, $2, $3) p
     where p.hosted_sim_id = $4
)
select case when (select count(*) from mine) <= 1 then (
           select coalesce(sum(c.total), 0)::int8
             from mine o
             join message_counts c
               on c.organization_id = o.organization_id
              and c.hosted_sim_id = $4
            where c.team_id = 0 or o.sees_all
               or exists (select from team_members t
                           where t.team_id = c.team_id
                             and t.user_id = o.user_id)
       ) else (
           select count(distinct m.sms_id)
             from mine o
             join messages m
               on m.organization_id = o.organization_id
              and m.hosted_sim_id = $4
            where m.team_id is null or o.sees_all
               or exists (select from team_members t
                           where t.team_id = m.team_id
                             and t.user_id = o.user_id)
       ) end as total
