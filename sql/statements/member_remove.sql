-- Ends a membership, with that of the organization's teams; the person then
-- acts in the lowest organization that is left; a trigger tells its sockets.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 organization_id int8
--
-- > user_id int8

with member as (
    delete from members
     where user_id = $1
       and organization_id = $2
    returning user_id
), acting as (
    update users u
       set current_organization_id = (select min(o.organization_id)
                                        from members o
                                       where o.user_id = $1
                                         and o.organization_id <> $2),
           updated_at = now()
      from member m
     where u.id = m.user_id
       and u.current_organization_id = $2
)
select user_id
  from member
