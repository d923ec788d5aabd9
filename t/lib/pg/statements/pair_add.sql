-- Adds a pair; that the other one is there is checked at the commit.
--
-- for module
--
-- $1 id int8
-- $2 other int8
--
-- > id int8

insert into sr_test.pairs (id, other)
values ($1, $2)
returning id
