-- Fails where it is given 0.
--
-- for module
--
-- $1 divisor int4
--
-- > quotient int4

select 100 / $1
