-- The process that serves this connection.
--
-- for module
--
-- > pid int4

select pg_backend_pid()
