-- A person by number or by e-mail address.
--
-- for simrelay
--
-- $1 who text
--
-- > id int8

select id
  from users
 where id::text = $1
    or lower(email) = lower($1)
