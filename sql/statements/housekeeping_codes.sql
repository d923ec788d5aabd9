-- Removes verification codes that have expired, so that they can be given out
-- again.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with removed as (
    delete from verification_codes
     where expires_at <= now()
    returning 1
)
select count(*) as removed
  from removed
