-- The demo's organization, its team and its owner: found by their names, or
-- made.
--
-- for simrelay
--
-- $1 organization text
-- $2 team text
-- $3 name text
-- $4 email text
-- $5 password_hash text
--
-- > organization_id int8
-- > team_id int8
-- > user_id int8

with found as (
    select min(id) as id
      from organizations
     where name = $1
), made as (
    insert into organizations (name, plan_id)
    select $1, min(p.id)
      from plans p, found f
     where f.id is null
    having min(p.id) is not null
    returning id
), organization as (
    select coalesce(f.id, m.id) as id
      from found f
      left join made m on true
), team as (
    insert into teams as t (organization_id, name)
    select id, $2
      from organization
        on conflict (organization_id, name) do update
       set updated_at = now()
    returning t.id
), person as (
    insert into users as u (name, email, email_verified_at, password_hash,
                            current_organization_id)
    select $3, $4, now(), $5, id
      from organization
        on conflict (lower(email)) do update
       set password_hash = excluded.password_hash,
           current_organization_id = excluded.current_organization_id,
           updated_at = now()
    returning u.id
), member as (
    insert into members (user_id, organization_id, role)
    select p.id, o.id, 'owner'
      from person p, organization o
        on conflict (user_id, organization_id) do nothing
), team_member as (
    insert into team_members (team_id, user_id, organization_id)
    select t.id, p.id, o.id
      from team t, person p, organization o
        on conflict do nothing
)
select o.id as organization_id, t.id as team_id, p.id as user_id
  from organization o, team t, person p
