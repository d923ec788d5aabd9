-- Says that a migration is applied, in the transaction that applies it.
--
-- for simrelay
--
-- $1 version int4
-- $2 name text

insert into schema_migrations (version, name)
values ($1, $2)
