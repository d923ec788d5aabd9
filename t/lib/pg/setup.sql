-- What t/unit/pg_driver.c works on.

drop schema if exists sr_test, sr_test_old, sr_test_new, sr_test_odd cascade;

create schema sr_test;
create schema sr_test_old;
create schema sr_test_new;
create schema sr_test_odd;

create table sr_test.pairs (
    id     int8 primary key,
    other  int8 not null references sr_test.pairs
           deferrable initially deferred
);

create table sr_test_old.schema_migrations as select 0 as version;
create table sr_test_new.schema_migrations as select 9999 as version;
create table sr_test_odd.schema_migrations as select 1 as number;
