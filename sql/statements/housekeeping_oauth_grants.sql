-- Removes a batch of grants, 90 days old, of which nothing is left: no token,
-- no refresh token, no code.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select g.id
      from oauth_grants g
     where g.created_at < now() - interval '90 days'
       and not exists (select from credentials c
                        where c.oauth_grant_id = g.id)
       and not exists (select from oauth_refresh_tokens t
                        where t.oauth_grant_id = g.id)
       and not exists (select from oauth_codes o
                        where o.oauth_grant_id = g.id)
     limit 1000
       for update skip locked
), removed as (
    delete from oauth_grants g
     using old
     where g.id = old.id
    returning 1
)
select count(*) as removed
  from removed
