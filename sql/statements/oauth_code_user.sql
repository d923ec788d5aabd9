-- Holds the person that a code was given for, so that a new password either is
-- seen by what the code is used for, or sees what came of it.
--
-- for module
--
-- $1 code bytea
--
-- > id int8

select u.id
  from oauth_codes c
  join users u on u.id = c.user_id
 where c.digest = $1
   for share of u
