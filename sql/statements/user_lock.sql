-- Lets one at a time sign a person in or change how it does: what the next
-- statements of the segment see of it stays until the end.
--
-- for module simrelay
--
-- $1 user_id int8
--
-- > id int8

select id
  from users
 where id = $1
   for no key update
