-- Before an OAuth2 client is sent away: codes that it could still use go.  One
-- that is being used is waited for, so that the next statement sees its grant.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 oauth_client_id uuid

delete from oauth_codes o
 using principal($1, $2, $3) me
 where o.user_id = me.user_id
   and o.oauth_client_id = $4
   and o.used_at is null
