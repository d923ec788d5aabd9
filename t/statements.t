#!/bin/sh

# Each statement of sql/statements, prepared on the migrated database
# SIMRELAY_TEST_DATABASE: its declared parameters and columns are the server's,
# and no table is read from end to end.

cd "${1:-$(dirname "$0")/..}" || exit 1

bail() {
    echo "Bail out! $1"
    exit 1
}

test -n "$SIMRELAY_TEST_DATABASE" || bail "SIMRELAY_TEST_DATABASE is not set"

sql() {
    PGOPTIONS="-c client_min_messages=warning" \
        psql -qXAt -v ON_ERROR_STOP=1 -d "$SIMRELAY_TEST_DATABASE" "$@" 2>&1
}

sql -c "" || bail "SIMRELAY_TEST_DATABASE: no connection"

n=0
failed=0

ok() {
    n=$((n + 1))
    echo "ok $n - $1"
}

not_ok() {
    n=$((n + 1))
    failed=$((failed + 1))
    echo "not ok $n - $1"
    printf '%s\n' "$2" | sed 's/^/# /'
}

# What a header declares: name and type of the lines with a mark.
declared() {
    awk -v mark="$2" '/^--/ && $2 ~ mark { print $3, $4 }' "$1"
}

# Asks for it in the server's words.
names() {
    declared "$1" "$2" | while read -r name type; do
        echo "select '$name|' || '$type'::regtype;"
    done
}

# Prepares a file with the types that it declares, and asks for what it
# declares and for what the server makes of it, in four sections.
ask() {
    types=$(declared "$1" '^[$]' | awk '{ printf "%s%s", sep, $2; sep = "," }')
    nulls=$(echo "$types" | sed 's/[^,][^,]*/null/g')

    echo "set enable_seqscan = off;"
    echo "set plan_cache_mode = force_generic_plan;"
    echo "prepare s${types:+ ($types)} as"
    cat "$1"
    echo ";"
    echo "select '= 1';"
    names "$1" '^[$]'
    echo "select '= 2';"
    echo "select '\$' || n || '|' || type"
    echo "  from pg_prepared_statements,"
    echo "       unnest(parameter_types) with ordinality as t (type, n)"
    echo " where name = 's' order by n;"
    echo "select '= 3';"
    names "$1" '^>'
    echo "select '= 4';"
    printf '%s\n' "execute s${nulls:+ ($nulls)} \\gdesc"
    echo "select '= 5';"
    echo "explain (costs off) execute s${nulls:+ ($nulls)};"
}

# Those that may: what an operator asks for, what is done now and then, and what
# is of a table that does not grow.
whole='client_list|demo_.*|doctor_.*|health_show|lock_list|sms_list|seed_.*'
whole="^($whole|housekeeping_(partitions|sidecars))\$"

# One section of the answer.
section() {
    printf '%s\n' "$out" | awk -v n="$1" '
        /^= / { on = $2 == n; next }
        on && !/^The command has no result/ { print }'
}

# Compares two sections; what they differ in.
compare() {
    expected=$(section "$1" | sed "$3")
    got=$(section "$2" | sed "$3")

    test "$got" = "$expected" && return

    printf 'declared:\n%s\nthe server:\n%s' "$expected" "$got"
}

for file in sql/statements/*.sql; do
    name=$(basename "$file" .sql)
    users=$(awk '/^-- for / { for (i = 3; i <= NF; i++) print $i }' "$file")

    if [ -z "$users" ]; then
        not_ok "$name: somebody prepares it" "there is no line \"-- for ...\""
        continue
    fi

    if ! out=$(ask "$file" | sql -f -); then
        not_ok "$name: the server prepares it" "$out"
        continue
    fi

    # parameters have no names on the server

    diff=$(compare 1 2 's/.*|//')

    if [ -n "$diff" ]; then
        not_ok "$name: its parameters are as declared" "$diff"
        continue
    fi

    diff=$(compare 3 4 '')

    if [ -n "$diff" ]; then
        not_ok "$name: its columns are as declared" "$diff"
        continue
    fi

    ok "$name: its parameters and columns are as declared"

    scans=$(section 5 | grep 'Seq Scan on')

    if [ -n "$scans" ] && ! echo "$name" | grep -Eq "$whole"; then
        not_ok "$name: an index leads to what it reads" "$scans"
    fi
done

# Where rows are removed, its ranges stay, and lead to the whole table in time.

ranges=$(sql -c "
    select c.relname
      from pg_class c
      join pg_am a on a.oid = c.relam
     where a.amname = 'brin'")

if [ -n "$ranges" ]; then
    not_ok "no index is one of ranges" "$ranges"

else
    ok "no index is one of ranges"
fi

echo "1..$n"
exit $((failed > 0))
