-- Removes a batch of sign-ins that nobody has completed in time.  Returns how
-- many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select digest
      from login_challenges
     where expires_at <= now()
     limit 1000
       for update skip locked
), removed as (
    delete from login_challenges t
     using old
     where t.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
