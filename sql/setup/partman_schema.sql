-- Where pg_partman lives; only a superuser may make the extension.
--
-- for simrelay

create schema if not exists partman
