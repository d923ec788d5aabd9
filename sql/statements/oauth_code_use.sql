-- Makes of a code a grant with its first two tokens.  Once: a second use ends
-- the grant of the first.  Behind oauth_code_lock.
--
-- outcome: done; client (there is no such client); invalid (unknown, another
-- client's, expired, used, of somebody who is disabled or has a new password,
-- or for a scope that the client no longer has); redirect, verifier (it is
-- another, and nothing has changed).
--
-- for module
--
-- $1 code bytea
-- $2 client_id uuid
-- $3 redirect_uri text
-- $4 challenge bytea
-- $5 access bytea
-- $6 refresh bytea
-- $7 access_seconds int4
-- $8 refresh_seconds int4
--
-- > outcome text
-- > scope text

with client as (
    select id, scopes
      from oauth_clients
     where id = $2
       and revoked_at is null
), code as (
    select c.user_id, c.scope, c.abilities, c.oauth_client_id,
           c.oauth_grant_id,
           case when c.used_at is not null then 'used'
                when c.expires_at <= now()
                     or u.disabled_at is not null
                     or u.password_changed_at >= c.created_at
                     or not string_to_array(c.scope, ' ') <@ client.scopes
                then 'invalid'
                when c.redirect_uri <> $3 then 'redirect'
                when c.challenge <> $4 then 'verifier'
                else 'done' end as outcome
      from client
      join oauth_codes c
        on c.oauth_client_id = client.id
       and c.digest = $1
      join users u on u.id = c.user_id
), ended as (
    update oauth_grants g
       set revoked_at = now()
      from code
     where code.outcome = 'used'
       and g.id = code.oauth_grant_id
       and g.revoked_at is null
), granted as (
    insert into oauth_grants (oauth_client_id, user_id, scope, abilities)
    select oauth_client_id, user_id, scope, abilities
      from code
     where outcome = 'done'
    returning *
), used as (
    update oauth_codes c
       set used_at = now(), oauth_grant_id = g.id
      from granted g
     where c.digest = $1
), access as (
    insert into credentials (digest, kind, abilities, user_id,
                             oauth_client_id, oauth_grant_id, scope,
                             expires_at)
    select $5, 2, abilities, user_id, oauth_client_id, id, scope,
           now() + make_interval(secs => $7)
      from granted
    returning id, oauth_grant_id
), refresh as (
    insert into oauth_refresh_tokens (digest, oauth_grant_id, credential_id,
                                      expires_at)
    select $6, oauth_grant_id, id, now() + make_interval(secs => $8)
      from access
)
select case when not exists (select from client) then 'client'
            else coalesce(nullif(code.outcome, 'used'), 'invalid')
       end as outcome,
       code.scope
  from (values (1)) one
  left join code on true
