-- All persons, and the organization that each acts in.
--
-- for simrelay
--
-- > id int8
-- > email text
-- > name text
-- > organization_id int8
-- > role text
-- > two_factor bool
-- > disabled bool
-- > created_at timestamptz

select u.id, u.email, u.name, u.current_organization_id as organization_id,
       m.role, f.confirmed_at is not null as two_factor,
       u.disabled_at is not null as disabled, u.created_at
  from users u
  left join members m
    on m.user_id = u.id and m.organization_id = u.current_organization_id
  left join two_factors f
    on f.user_id = u.id
 order by u.id
