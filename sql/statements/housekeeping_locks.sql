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
     order by least(expires_at, released_at)
     limit 1000
       for update skip locked
), removed as (
    delete from locks k
     where k.id = any (array(select id from old))
    returning 1
)
select count(*) as removed
  from removed
