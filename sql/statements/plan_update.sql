-- Changes what is given of a plan; null leaves it.  What phones are told of it
-- is news to them (a trigger's).  No row: there is no such plan.
--
-- for simrelay
--
-- $1 plan text
-- $2 name text
-- $3 max_devices int4
-- $4 monthly_messages int4
-- $5 compression bool
-- $6 priority_support bool
-- $7 debug_mode bool
--
-- > name text

update plans p
   set name = coalesce($2, p.name),
       max_devices = coalesce($3, p.max_devices),
       monthly_messages = coalesce($4, p.monthly_messages),
       compression = coalesce($5, p.compression),
       priority_support = coalesce($6, p.priority_support),
       debug_mode = coalesce($7, p.debug_mode)
 where p.name = $1
returning p.name
