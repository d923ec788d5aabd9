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

select e.lock_id
  from (select p.* from principal_sims($1, $2, $3) p
         where p.hosted_sim_id = $4
         limit 1) s
  join sim_locks l
    on l.hosted_sim_id = s.hosted_sim_id
   and l.expires_at > clock_timestamp()
   and l.user_id = s.user_id
   and l.api_key_id is not distinct from s.api_key_id
 cross join lateral (
    select lock_end(l.hosted_sim_id, l.lock_id) as lock_id
    offset 0
 ) e
 where e.lock_id is not null
