-- Answers what it is given.
--
-- for module
--
-- $1 id int8
-- $2 body text
--
-- > id int8
-- > body text

select $1, $2
