-- Makes a plan.
--
-- for simrelay
--
-- $1 name text
-- $2 max_devices int4
-- $3 monthly_messages int4
-- $4 compression bool
-- $5 priority_support bool
-- $6 debug_mode bool
--
-- > name text

insert into plans (name, max_devices, monthly_messages, compression,
                   priority_support, debug_mode)
values ($1, $2, $3, coalesce($4, false), coalesce($5, false),
        coalesce($6, false))
returning name
