-- Ends the credentials that an earlier seed gave a person.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 name text

update credentials
   set revoked_at = now(), updated_at = now()
 where user_id = $1
   and name = $2
   and revoked_at is null
