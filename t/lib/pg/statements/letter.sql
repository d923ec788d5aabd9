-- A notification that carries something.
--
-- for module
--
-- $1 text text

select
  from pg_notify('letters', $1)
