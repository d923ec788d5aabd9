-- Whom an application asks for consent.  No row: nobody is signed in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > name text
-- > email text

select u.name, u.email
  from principal($1, $2, $3) p
  join users u on u.id = p.user_id
