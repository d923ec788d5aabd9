-- Makes an organization.  No row: there is no such plan.
--
-- for simrelay
--
-- $1 name text
-- $2 plan text
--
-- > id int8

insert into organizations (name, plan_id)
select $1, id
  from plans
 where name = $2
returning id
