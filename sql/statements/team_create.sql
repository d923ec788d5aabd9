-- Makes a team of an organization.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 name text
--
-- > id int8

insert into teams (organization_id, name)
values ($1, $2)
returning id
