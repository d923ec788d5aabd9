-- pg_partman makes and drops the days of events and webhook_deliveries.
--
-- for simrelay

create extension if not exists pg_partman schema partman
