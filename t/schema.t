#!/bin/sh

# sql/schema.sql is the sum of the migrations: what pg_dump says of the
# migrated database SIMRELAY_TEST_DATABASE, without partitions, whose names
# carry dates, and without what differs between servers.
#   t/schema.t --update     writes it

cd "$(dirname "$0")/.." || exit 1

bail() {
    echo "Bail out! $1"
    exit 1
}

test -n "$SIMRELAY_TEST_DATABASE" || bail "SIMRELAY_TEST_DATABASE is not set"

dir=$(mktemp -d) || bail "no temporary directory"

trap 'rm -rf "$dir"' EXIT

partitions=$(psql -qXAt -d "$SIMRELAY_TEST_DATABASE" -c "
    select '--exclude-table=public.' || relname
      from pg_class
     where relispartition") \
    || bail "SIMRELAY_TEST_DATABASE: no connection"

pg_dump --schema-only --schema=public --no-owner --no-privileges $partitions \
        -d "$SIMRELAY_TEST_DATABASE" > "$dir/dump" \
    || bail "pg_dump fails on SIMRELAY_TEST_DATABASE"

# Squeezes blank lines, drops comments, psql's own commands and settings.
awk 'BEGIN { print "-- made by t/schema.t --update" }
     /^--/ || /^\\/ || /^SET / || /^SELECT pg_catalog\.set_config/ { next }
     /^(CREATE|COMMENT ON) SCHEMA public/ { next }
     /^$/ { blank = 1; next }
     { if (blank) print ""
       blank = 0
       print }' "$dir/dump" > "$dir/schema.sql"

if [ "$1" = --update ]; then
    cp "$dir/schema.sql" sql/schema.sql
    exit
fi

echo "1..1"

if out=$(diff -u sql/schema.sql "$dir/schema.sql" 2>&1); then
    echo "ok 1 - sql/schema.sql is the sum of the migrations"
    exit
fi

echo "not ok 1 - sql/schema.sql is the sum of the migrations"
echo "# t/schema.t --update writes it"
printf '%s\n' "$out" | sed -n '1,60s/^/# /p'
exit 1
