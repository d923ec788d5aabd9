-- Counts that a person shows its own password, before that is looked at, and
-- tells what it is checked against.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 most int4
--
-- > wait int4
-- > password_hash text

with me as materialized (
    select user_id, throttle('password', user_id::text, $4,
                             interval '1 hour') as wait
      from principal($1, $2, $3)
)
select me.wait, u.password_hash
  from me
  join users u on u.id = me.user_id
