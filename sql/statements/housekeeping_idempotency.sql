-- Removes a batch of idempotency keys whose day is over.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select organization_id, hosted_sim_id, digest
      from idempotency_keys
     where expires_at <= now()
     order by expires_at
     limit 1000
       for update skip locked
), removed as (
    delete from idempotency_keys k
     using old
     where k.organization_id = old.organization_id
       and k.hosted_sim_id = old.hosted_sim_id
       and k.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
