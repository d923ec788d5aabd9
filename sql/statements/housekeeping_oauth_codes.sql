-- Removes a batch of authorization codes a day after they expired.  Returns how
-- many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select digest
      from oauth_codes
     where expires_at < now() - interval '1 day'
     limit 1000
       for update skip locked
), removed as (
    delete from oauth_codes c
     using old
     where c.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
