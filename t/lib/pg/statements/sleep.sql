-- Takes some seconds.
--
-- for module
--
-- $1 seconds float8

select
  from pg_sleep($1)
