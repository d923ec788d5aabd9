-- Makes of a refresh token a new pair of tokens, in place of the old one.
-- Behind oauth_refresh_lock.
--
-- A used one that comes back within the grace, while its successor is not
-- used, comes from somebody who did not get the answer: the successor dies
-- instead.  Else two have it, and one of them stole it: the grant ends.  So it
-- does where a successor comes that has died.
--
-- outcome: done; client (there is no such client); invalid (unknown, another
-- client's, expired, ended, of somebody who is disabled); scope (more than
-- was granted; nothing has changed).
--
-- for module
--
-- $1 refresh bytea
-- $2 client_id uuid
-- $3 scope text
-- $4 abilities int4
-- $5 access bytea
-- $6 successor bytea
-- $7 access_seconds int4
-- $8 refresh_seconds int4
-- $9 grace_seconds int4
--
-- > outcome text
-- > scope text

with client as (
    select id
      from oauth_clients
     where id = $2
       and revoked_at is null
), token as (
    select g.id as oauth_grant_id, g.user_id, g.oauth_client_id,
           coalesce($3, g.scope) as scope,
           case when $3 is null then g.abilities else $4 end as abilities,
           t.credential_id, t.successor,
           s.credential_id as successor_credential_id,
           case when g.revoked_at is not null then 'invalid'
                when t.revoked_at is not null
                     or (t.used_at is not null
                         and (t.used_at + make_interval(secs => $9)
                                  <= clock_timestamp()
                              or s.digest is null
                              or s.used_at is not null
                              or s.revoked_at is not null)) then 'reused'
                when t.expires_at <= now()
                     or u.disabled_at is not null then 'invalid'
                when not string_to_array(coalesce($3, g.scope), ' ')
                         <@ string_to_array(g.scope, ' ') then 'scope'
                else 'done' end as outcome
      from client
      join oauth_refresh_tokens t on t.digest = $1
      join oauth_grants g
        on g.id = t.oauth_grant_id
       and g.oauth_client_id = client.id
      join users u on u.id = g.user_id
      left join oauth_refresh_tokens s on s.digest = t.successor
), ended as (
    update oauth_grants g
       set revoked_at = now()
      from token
     where token.outcome = 'reused'
       and g.id = token.oauth_grant_id
), access as (
    insert into credentials (digest, kind, abilities, user_id,
                             oauth_client_id, oauth_grant_id, scope,
                             expires_at)
    select $5, 2, abilities, user_id, oauth_client_id, oauth_grant_id, scope,
           now() + make_interval(secs => $7)
      from token
     where outcome = 'done'
    returning id, oauth_grant_id
), refresh as (
    insert into oauth_refresh_tokens (digest, oauth_grant_id, credential_id,
                                      expires_at)
    select $6, oauth_grant_id, id, now() + make_interval(secs => $8)
      from access
), used as (
    update oauth_refresh_tokens t
       set used_at = coalesce(t.used_at, clock_timestamp()), successor = $6
      from access
     where t.digest = $1
), dead as (
    update oauth_refresh_tokens t
       set revoked_at = now()
      from token, access
     where t.digest = token.successor
), replaced as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from token, access
     where c.id in (token.credential_id, token.successor_credential_id)
       and c.revoked_at is null
)
select case when not exists (select from client) then 'client'
            else coalesce(nullif(token.outcome, 'reused'), 'invalid')
       end as outcome,
       token.scope
  from (values (1)) one
  left join token on true
