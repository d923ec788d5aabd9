-- The caller's recovery codes are of no more use.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4

delete from recovery_codes r
 using principal($1, $2, $3) me
 where r.user_id = me.user_id
