-- Whoever shows a refresh token waits here for those who showed one of the
-- same grant before; what they left the next statement sees.
--
-- for module
--
-- $1 refresh bytea
--
-- > id int8

select g.id
  from oauth_refresh_tokens t
  join oauth_grants g on g.id = t.oauth_grant_id
 where t.digest = $1
   for update of g
