-- What was applied, so that nothing is applied twice.
--
-- for simrelay

create table if not exists schema_migrations (
    version     int4 primary key,
    name        text not null,
    applied_at  timestamptz not null default now()
)
