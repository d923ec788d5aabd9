-- Ends a credential, with the next request that shows it; its sockets are
-- closed by an event, so that they authorize anew.
--
-- for simrelay
--
-- $1 id int8
--
-- > id int8

with revoked as (
    update credentials
       set revoked_at = now(), updated_at = now()
     where id = $1
       and revoked_at is null
    returning id, user_id, organization_id
), told as (
    insert into events (organization_id, user_id, type, object_id)
    select coalesce(r.organization_id, u.current_organization_id, 0), u.id,
           'access.ended', r.id
      from revoked r
      join users u on u.id = r.user_id
)
select id
  from revoked
