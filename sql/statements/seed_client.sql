-- The demo's OAuth2 client: found by its name, or made.
--
-- for simrelay
--
-- $1 name text
-- $2 redirect_uris text[]
--
-- > id uuid

with found as (
    select id
      from oauth_clients
     where name = $1
       and revoked_at is null
     order by created_at
     limit 1
), made as (
    insert into oauth_clients (name, redirect_uris)
    select $1, $2
     where not exists (select from found)
    returning id
)
select id from found
union all
select id from made
