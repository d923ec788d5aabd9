-- Lets a person in again, with the credentials that have not ended since.
--
-- for simrelay
--
-- $1 user_id int8
--
-- > id int8

update users
   set disabled_at = null, updated_at = now()
 where id = $1
   and disabled_at is not null
returning id
