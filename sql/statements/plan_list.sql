-- All plans, and how many organizations each has.
--
-- for simrelay
--
-- > name text
-- > max_devices int4
-- > monthly_messages int4
-- > compression bool
-- > priority_support bool
-- > debug_mode bool
-- > organizations int8

select p.name, p.max_devices, p.monthly_messages, p.compression,
       p.priority_support, p.debug_mode,
       (select count(*) from organizations o where o.plan_id = p.id)
           as organizations
  from plans p
 order by p.id
