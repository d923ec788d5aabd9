-- Ends another connection.
--
-- for module
--
-- $1 pid int4
--
-- > done bool

select pg_terminate_backend($1)
