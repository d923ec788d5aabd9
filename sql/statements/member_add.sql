-- Makes a person a member of an organization, or changes its role.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 organization_id int8
-- $3 role text
--
-- > user_id int8

with member as (
    insert into members as m (user_id, organization_id, role)
    values ($1, $2, $3)
        on conflict (user_id, organization_id) do update
       set role = excluded.role
    returning m.user_id
), acting as (
    update users u
       set current_organization_id = $2, updated_at = now()
      from member m
     where u.id = m.user_id
       and u.current_organization_id is null
)
select user_id
  from member
