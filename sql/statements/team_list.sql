-- The teams of an organization.
--
-- for simrelay
--
-- $1 organization_id int8
--
-- > id int8
-- > name text
-- > members int8

select t.id, t.name,
       (select count(*) from team_members m where m.team_id = t.id) as members
  from teams t
 where t.organization_id = $1
 order by t.id
