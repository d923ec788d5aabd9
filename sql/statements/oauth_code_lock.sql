-- Whoever shows a code waits here for those who showed it before; what they
-- left the next statement sees.
--
-- for module
--
-- $1 code bytea
--
-- > user_id int8

select user_id
  from oauth_codes
 where digest = $1
   for update
