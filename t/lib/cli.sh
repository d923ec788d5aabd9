# What the tests of the command line tool share: databases of their own beside
# SIMRELAY_TEST_DATABASE, and the tool run on them.

set -u

[ -n "${SIMRELAY_TEST_DATABASE-}" ] || {
    echo "Bail out! SIMRELAY_TEST_DATABASE is not set"
    exit 1
}

bin=${SIMRELAY_BIN:-${BUILD:-build}/simrelay}
server=${SIMRELAY_TEST_DATABASE%/*}
template=${SIMRELAY_TEST_DATABASE##*/}
name=simrelay_cli_$$
dir=$(mktemp -d) || exit 1

export SIMRELAY_DATABASE_URL=$server/$name
export SIMRELAY_KEY_FILE=$dir/keys
export PGOPTIONS="-c client_min_messages=warning"

n=0
failed=0
out=
rc=0

sql() {
    psql -qXAt -v ON_ERROR_STOP=1 -d "${2:-$SIMRELAY_DATABASE_URL}" -c "$1"
}

end() {
    sql "drop database if exists $name with (force)" "$server/postgres"
    sql "drop database if exists ${name}_bare with (force)" "$server/postgres"
    rm -rf "$dir"
}

trap end EXIT
trap 'exit 1' INT TERM

ok() {
    n=$((n + 1))

    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        failed=1
        echo "not ok $n - $2"
        printf '%s\n' "exit code $rc" "$out" | sed 's/^/# /'
    fi
}

# Runs the tool; what it should exit with, and a pattern of what it says.
run() {
    local what=$1 code=$2 pattern=$3

    shift 3
    out=$("$bin" "$@" 2>&1 </dev/null)
    rc=$?

    [ $rc = "$code" ] && grep -qE -- "$pattern" <<<"$out"
    ok $? "$what"
}

# The same, with the line in $typed as standard input.
run_typed() {
    local what=$1 code=$2 pattern=$3

    shift 3
    out=$(printf '%s' "$typed" | "$bin" "$@" 2>&1)
    rc=$?

    [ $rc = "$code" ] && grep -qE -- "$pattern" <<<"$out"
    ok $? "$what"
}

# What a statement returns.
rows() {
    out=$(sql "$3")
    rc=$?

    [ "$out" = "$2" ]
    ok $? "$1"
}

# A database without a schema, where pg_partman stands ready.  Others may be
# looking at the one that it is a copy of.
empty_database() {
    local _

    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sql "create database $name template $template" "$server/postgres" \
            2>/dev/null && break
        sleep 1
    done

    sql "delete from partman.part_config"
    sql "drop schema public cascade; create schema public"
    sql "drop table if exists partman.template_public_events,
         partman.template_public_webhook_deliveries"
}
