-- A person by number or by e-mail address.
--
-- for simrelay
--
-- $1 who text
--
-- > id int8

select id
  from users
 where id = case when $1 ~ '^[0-9]{1,18}$' then $1::int8 end
    or lower(email) = lower($1)
