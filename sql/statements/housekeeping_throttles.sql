-- Removes a batch of counts of tries whose period is over.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select kind, digest
      from throttles
     where expires_at <= now()
     limit 1000
       for update skip locked
), removed as (
    delete from throttles t
     using old
     where t.kind = old.kind
       and t.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
