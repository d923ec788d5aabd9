#!/bin/bash

# Measures SimRelay against what it stands on, on servers of its own:
#
#   bench/run.sh [--quick]
#
# Each row is measured in turn with its ceiling, ROUNDS times, and shows the
# medians.  docs/performance.md says what the rows mean.  Variables:
#
#   BUILD         where module, simrelayd and simrelay were built
#   TMPDIR        where the servers' data goes; it is removed at the end
#   BENCH_PORT    the first of six ports
#   READS WRITES  connections of a worker to the database
#   ROWS          some of: reads signins submit heartbeats health latency
#                 deliveries sends hanging fan memory deep phones

set -eu

here=$(cd "$(dirname "$0")" && pwd)
BUILD=$(cd "${BUILD:-$here/../build}" && pwd)
TMPDIR=${TMPDIR:-/tmp}
PG=/usr/lib/postgresql/15/bin
PATH=$PG:$PATH:/usr/sbin:/sbin

HTTP_PORT=${BENCH_PORT:-18800}
WS_PORT=$((HTTP_PORT + 1))
HOOK_PORT=$((HTTP_PORT + 2))
NCHAN_PORT=$((HTTP_PORT + 3))
PG_PORT=$((HTTP_PORT + 4))

ROWS="${ROWS:-reads signins submit heartbeats health latency deliveries sends
    hanging fan memory deep phones}"
ROUNDS=${ROUNDS:-5}
READS=${READS:-2}
WRITES=${WRITES:-8}
WORKERS=$(nproc)
NCHAN_WORKERS=1
SIGNINS=8           # connections that sign in meanwhile

ORGANIZATIONS=1000
MESSAGES=1000000
SOCKETS=10000
LISTENERS=1000
PHONES=100000

SLICE=3             # seconds that one measurement takes
PROBE=2             # the same, to find the best number of clients
LATENCY=5           # seconds of submits at half the rate
EVENTS=300          # fanned out
DELIVERIES=20000    # of webhooks
CONNECTIONS=64      # that libcurl alone posts by
WATCHED=60          # seconds of signs of life
LEAD=10             # until the first one falls silent

case ${1-} in
"") ;;
--quick)
    SLICE=1
    PROBE=1
    LATENCY=2
    EVENTS=100
    DELIVERIES=25000
    WATCHED=15
    ;;
*)
    sed -n '3,/^$/s/^# \?//p' "$0" >&2
    exit 2
    ;;
esac

. "$here/servers.sh"
. "$here/measure.sh"
. "$here/phones.sh"


row() {
    local ratio=-

    [ "$3" = - ] || ratio=$(awk "BEGIN { printf \"%.2f\", $2 / $3 }")

    printf '%-44s %12s %12s %7s  %s\n' "$1" "$2" "$3" "$ratio" "$4" \
        | tee -a "$dir/table"
}


begin
trap end EXIT
trap 'exit 1' INT TERM HUP

say "PostgreSQL, $ORGANIZATIONS organizations, $((ORGANIZATIONS * 5)) SIMs," \
    "$MESSAGES messages"
pg_start
programs
nginx_start

printf '%-44s %12s %12s %7s  %s\n' row ours ceiling ratio "" >"$dir/table"
cat "$dir/table"

for rows in $ROWS; do
    "row_$rows"
done
