-- Sends an OAuth2 client away: ends all that the caller has granted to it.
-- Triggers end the tokens, and tell their sockets.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 oauth_client_id uuid
--
-- > id int8

with me as (
    select user_id from principal($1, $2, $3)
), grants as (
    update oauth_grants g
       set revoked_at = now()
      from me
     where g.user_id = me.user_id
       and g.oauth_client_id = $4
       and g.revoked_at is null
    returning g.id
), tokens as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from me
     where c.user_id = me.user_id
       and c.oauth_client_id = $4
       and c.kind = 2
       and c.oauth_grant_id is null
       and c.revoked_at is null
       and c.expires_at > now()
    returning c.id
)
select id from grants
 union all
select id from tokens
