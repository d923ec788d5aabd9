-- Removes a batch of agents that nobody has claimed in time, with their keys.
-- Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select credential_id
      from agents
     where claimed_at is null
       and expires_at <= now()
     limit 1000
       for update skip locked
), removed as (
    delete from credentials c
     using old
     where c.id = old.credential_id
    returning 1
)
select count(*) as removed
  from removed
