-- Removes a batch of refresh tokens that expired more than 30 days ago.  One
-- that was used stays until then, too, so that its use a second time is seen.
-- Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select digest
      from oauth_refresh_tokens
     where expires_at < now() - interval '30 days'
     limit 1000
       for update skip locked
), removed as (
    delete from oauth_refresh_tokens t
     using old
     where t.digest = old.digest
    returning 1
)
select count(*) as removed
  from removed
