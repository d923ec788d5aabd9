-- Removes a batch of links to a new password that have expired.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select digest
      from password_resets
     where expires_at <= now()
     limit 1000
       for update skip locked
), removed as (
    delete from password_resets t
     using old
     where t.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
