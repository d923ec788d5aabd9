-- Gives the caller's own lock of a SIM back.  No row: it holds none there.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
--
-- > lock_id int8

with gone as (
    update sim_locks l
       set expires_at = clock_timestamp()
      from (select p.* from principal_sims($1, $2, $3) p
             where p.hosted_sim_id = $4
             limit 1) s
     where l.hosted_sim_id = s.hosted_sim_id
       and l.expires_at > clock_timestamp()
       and l.user_id = s.user_id
       and l.api_key_id is not distinct from s.api_key_id
    returning l.lock_id, l.expires_at
), kept as (
    update locks k
       set released_at = g.expires_at
      from gone g
     where k.id = g.lock_id
)
select lock_id
  from gone
