-- Puts a member of the organization into one of its teams.  No row: there is
-- no such team.
--
-- for simrelay
--
-- $1 team_id int8
-- $2 user_id int8
--
-- > team_id int8

with team as (
    select id, organization_id
      from teams
     where id = $1
), member as (
    insert into team_members (team_id, user_id, organization_id)
    select id, $2, organization_id
      from team
        on conflict do nothing
)
select id as team_id
  from team
