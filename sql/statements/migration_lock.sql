-- One migrator at a time; the others wait for its transaction.
--
-- for simrelay

select
  from pg_advisory_xact_lock(3601, 0)
