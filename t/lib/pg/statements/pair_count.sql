-- Counts the pairs.
--
-- for module
--
-- > count int8

select count(*)
  from sr_test.pairs
