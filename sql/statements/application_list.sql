-- The OAuth2 clients that may act for the caller: by grants, and by tokens that
-- belong to none.  A grant counts while something of it is live.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id uuid
-- > name text
-- > scopes text
-- > created_at timestamptz
-- > last_used_at timestamptz

with me as (
    select user_id from principal($1, $2, $3)
), parts as (
    select g.oauth_client_id, g.scope, g.created_at,
           (select max(c.last_used_at)
              from credentials c
             where c.oauth_grant_id = g.id) as last_used_at
      from me
      join oauth_grants g on g.user_id = me.user_id and g.revoked_at is null
     where exists (select from credentials c
                    where c.oauth_grant_id = g.id
                      and c.revoked_at is null
                      and c.expires_at > now())
        or exists (select from oauth_refresh_tokens r
                    where r.oauth_grant_id = g.id
                      and r.used_at is null
                      and r.revoked_at is null
                      and r.expires_at > now())
     union all
    select c.oauth_client_id, c.scope, c.created_at, c.last_used_at
      from me
      join credentials c
        on c.user_id = me.user_id
       and c.kind = 2
       and c.oauth_grant_id is null
       and c.revoked_at is null
       and c.expires_at > now()
)
select k.id, k.name,
       (select string_agg(distinct s.scope, ' ' order by s.scope)
          from parts q
         cross join regexp_split_to_table(q.scope, ' +') s(scope)
         where q.oauth_client_id = k.id
           and s.scope <> '') as scopes,
       min(p.created_at) as created_at, max(p.last_used_at) as last_used_at
  from parts p
  join oauth_clients k on k.id = p.oauth_client_id
 group by k.id
 order by k.name, k.id
