-- Counts a try at the caller's own password before it is looked at, and tells
-- what it is checked against.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 most_hourly int4
--
-- > wait int4
-- > password_hash text

select throttle('password', u.id::text, $4, interval '1 hour') as wait,
       u.password_hash
  from principal($1, $2, $3) me
  join users u on u.id = me.user_id
