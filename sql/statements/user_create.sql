-- Makes a person, and a member of an organization where one is given.
--
-- for simrelay
--
-- $1 name text
-- $2 email text
-- $3 password_hash text
-- $4 organization_id int8
-- $5 role text
--
-- > id int8

with person as (
    insert into users (name, email, email_verified_at, password_hash,
                       current_organization_id)
    values ($1, $2, now(), $3, $4)
    returning id
), member as (
    insert into members (user_id, organization_id, role)
    select id, $4, $5
      from person
     where $4 is not null
)
select id
  from person
