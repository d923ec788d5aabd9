-- Removes a batch of holds that were over 9 days ago, longer than a phone may
-- submit late what it received under one.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select id
      from locks
     where least(expires_at, released_at) < now() - interval '9 days'
     limit 1000
       for update skip locked
), removed as (
    delete from locks k
     using old
     where k.id = old.id
    returning 1
)
select count(*) as removed
  from removed
