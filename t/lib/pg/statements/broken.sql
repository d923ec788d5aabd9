-- Cannot be prepared.
--
-- for simrelay

select
  from sr_test.nowhere
