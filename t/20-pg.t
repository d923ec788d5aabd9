#!/bin/sh

# A connection against a real server: pipelines, errors, losses, the bell.
# Compiles t/unit/pg_driver.c with statements of its own and runs it on the
# migrated database SIMRELAY_TEST_DATABASE.

cd "$(dirname "$0")/.." || exit 1

bail() {
    echo "Bail out! $1"
    exit 1
}

test -n "$SIMRELAY_TEST_DATABASE" || bail "SIMRELAY_TEST_DATABASE is not set"

dir=$(mktemp -d) || bail "no temporary directory"

sql() {
    PGOPTIONS="-c client_min_messages=warning" \
        psql -qX -v ON_ERROR_STOP=1 -d "$SIMRELAY_TEST_DATABASE" -f "$1"
}

end() {
    sql t/lib/pg/teardown.sql
    rm -rf "$dir"
}

trap end EXIT

awk -v out="$dir" -f sql/embed.awk t/lib/pg/statements/*.sql \
    sql/statements/schema_version.sql sql/statements/bell_ring.sql \
    sql/migrations/*.sql \
    || bail "the statements cannot be embedded"

core=

for name in buf digest json principal time token utf8; do
    core="$core ngx_simrelay_module/core/sr_$name.c"
done

${CC:-cc} -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter \
    ${SIMRELAY_TEST_CFLAGS:--O1} \
    -I"$dir" $(pkg-config --cflags libpq) \
    -Ingx_simrelay_module/core -Ingx_simrelay_module/pg \
    -o "$dir/pg_driver" \
    t/unit/pg_driver.c t/unit/pg_client.c "$dir/sr_sql.c" \
    ngx_simrelay_module/pg/*.c $core \
    $(pkg-config --libs libpq libcrypto cmocka) \
    || bail "pg_driver.c does not compile"

sql t/lib/pg/setup.sql \
    || bail "t/lib/pg/setup.sql fails on SIMRELAY_TEST_DATABASE"

CMOCKA_MESSAGE_OUTPUT=TAP "$dir/pg_driver"
