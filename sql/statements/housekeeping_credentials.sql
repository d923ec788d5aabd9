-- Removes a batch of credentials that were revoked more than 90 days ago, with
-- what an agent told of itself that had one of them.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select id
      from credentials
     where revoked_at < now() - interval '90 days'
     limit 1000
       for update skip locked
), removed as (
    delete from credentials c
     using old
     where c.id = old.id
    returning 1
)
select count(*) as removed
  from removed
