-- Gives a SIM to an organization, or changes its team and alias there.  No
-- row: there is no such SIM.  That it has no more organizations than it may
-- have is a trigger's part.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
-- $2 organization_id int8
-- $3 team_id int8
-- $4 alias text
--
-- > hosted_sim_id int8

with sim as materialized (
    select h.id
      from hosted_sims h
     where h.id = $1
       and h.deleted_at is null
       for no key update
)
insert into sim_attachments (organization_id, hosted_sim_id, team_id, alias)
select $2, s.id, $3, $4
  from sim s
    on conflict (organization_id, hosted_sim_id) do update
   set team_id = excluded.team_id, alias = excluded.alias
returning hosted_sim_id
