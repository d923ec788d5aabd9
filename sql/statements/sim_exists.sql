-- Does the caller see this SIM?  A row if so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
--
-- > is_allowed bool

select true as is_allowed
  from principal_sims($1, $2, $3) p
  join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
 where p.hosted_sim_id = $4
 limit 1
