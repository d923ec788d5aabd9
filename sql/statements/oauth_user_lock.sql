-- Holds the person who consents, so that a new password either is seen by the
-- code that comes of it, or sees that code.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8

select u.id
  from principal($1, $2, $3) me
  join users u on u.id = me.user_id
   for share of u
