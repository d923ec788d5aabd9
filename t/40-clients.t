#!/bin/bash

# The main job from end to end with clients written by others, on a stack of
# the test's own, started as a newcomer would.

set -u

cd "$(dirname "$0")/.." || exit 1

base=$((${SIMRELAY_TEST_PORT_BASE:-21800} + 40))

export SIMRELAY_PG_PORT=$base
export SIMRELAY_HTTP_PORT=$((base + 1))
export SIMRELAY_TLS_PORT=$((base + 2))
export SIMRELAY_WS_PORT=$((base + 3))
export WEBHOOK_PORT=$((base + 4))

SIMRELAY_DIR=$(mktemp -d) || exit 1
export SIMRELAY_DIR
unset SIMRELAY_DATABASE_URL SIMRELAY_KEY_FILE

end() {
    ./build.sh down >/dev/null 2>&1
    rm -rf "$SIMRELAY_DIR"
}

trap end EXIT
trap 'exit 1' INT TERM

out=$(./build.sh up 2>&1) || {
    echo "1..1"
    echo "not ok 1 - up starts all of it"
    echo "$out" | sed 's/^/# /'
    exit 1
}

set -a
. "$SIMRELAY_DIR/demo.env"
set +a

bin=${BUILD:-build}/simrelay

organization=$("$bin" -q organization list | awk 'NR == 1 { print $1 }')
made=$("$bin" webhook create "$organization" "http://127.0.0.1:$WEBHOOK_PORT/")

value() {
    echo "$made" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

"$bin" webhook map "$(value id)" "$SIMRELAY_TEAM_ID" --mode always >/dev/null

NODE_EXTRA_CA_CERTS=$SIMRELAY_DIR/etc/tls.crt WEBHOOK_SECRET=$(value secret) \
    node t/clients/relay.mjs
