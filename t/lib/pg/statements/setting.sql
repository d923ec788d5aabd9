-- A setting of the connection.
--
-- for module
--
-- $1 name text
--
-- > value text

select current_setting($1)
