#!/bin/bash

# The pages that people see, in Chromium, on a stack of the test's own that is
# started and configured as a newcomer's.

set -u

cd "$(dirname "$0")/.." || exit 1

base=$((${SIMRELAY_TEST_PORT_BASE:-21800} + 90))

export SIMRELAY_PG_PORT=$base
export SIMRELAY_HTTP_PORT=$((base + 1))
export SIMRELAY_TLS_PORT=$((base + 2))
export SIMRELAY_WS_PORT=$((base + 3))

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

APP_ID=$("${BUILD:-build}/simrelay" client create "Travel app" \
    http://127.0.0.1/callback --scopes numbers.read,messages.read \
    | sed -n 's/^id=//p')
export APP_ID

export SHOTS=${BUILD:-build}/t/pages
mkdir -p "$SHOTS"

rm -f "$SHOTS"/*.png

node t/clients/pages.mjs || {
    rc=$?
    grep -h -E '\[(error|crit|alert|emerg)\]|ERROR:|level=(warn|error)' \
        "$SIMRELAY_DIR"/log/{error,postgres,simrelayd}.log | tail -20 \
        | sed 's/^/# /'
    exit $rc
}
