#!/bin/bash

# What a newcomer types: up, again up, demo, doctor, down; and what build.sh
# says where it cannot.

set -u

cd "$(dirname "$0")/.." || exit 1

base=$((${SIMRELAY_TEST_PORT_BASE:-21800} + 50))

export SIMRELAY_PG_PORT=$base
export SIMRELAY_HTTP_PORT=$((base + 1))
export SIMRELAY_TLS_PORT=$((base + 2))
export SIMRELAY_WS_PORT=$((base + 3))

SIMRELAY_DIR=$(mktemp -d) || exit 1
export SIMRELAY_DIR
unset SIMRELAY_DATABASE_URL SIMRELAY_KEY_FILE

n=0
failed=0

ok() {
    n=$((n + 1))

    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        failed=1
        echo "not ok $n - $2"
        [ -z "${3-}" ] || echo "$3" | sed 's/^/# /'
    fi
}

end() {
    [ -z "${taken-}" ] || kill "$taken" 2>/dev/null
    ./build.sh down >/dev/null 2>&1
    rm -rf "$SIMRELAY_DIR"
}

trap end EXIT
trap 'exit 1' INT TERM


out=$(./build.sh); rc=$?
ok $rc "without an argument build.sh explains itself" "$out"

for command in up down demo test bench build install; do
    echo "$out" | grep -q "^  $command"
    ok $? "it names $command"
done

out=$(./build.sh nonsense 2>&1) && rc=1 || rc=0
ok $rc "an unknown command is refused" "$out"

perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                  LocalAddr => "127.0.0.1",
                                  LocalPort => shift) or die "$!";
    print "listening\n";
    close STDOUT;
    sleep 300;' "$SIMRELAY_HTTP_PORT" >"$SIMRELAY_DIR/taken" &
taken=$!
for _ in $(seq 50); do
    [ -s "$SIMRELAY_DIR/taken" ] && break
    sleep 0.1
done

out=$(./build.sh up 2>&1) && rc=1 || rc=0
ok $rc "up fails where a port is taken" "$out"
echo "$out" | grep -q "port $SIMRELAY_HTTP_PORT .*SIMRELAY_HTTP_PORT"
ok $? "and names port and variable" "$out"
kill "$taken"
wait "$taken" 2>/dev/null
taken=

out=$(./build.sh up 2>&1); rc=$?
ok $rc "up starts all of it" "$out"

env=$SIMRELAY_DIR/demo.env
[ "$(stat -L -c %a "$env")" = 600 ]
ok $? "demo.env is its owner's alone"

set -a
. "$env"
set +a

missing=
for name in SIMRELAY_URL SIMRELAY_TLS_URL SIMRELAY_DATABASE_URL \
    SIMRELAY_PUSHER_KEY SIMRELAY_PUSHER_SECRET SIMRELAY_TWILIO_TOKEN \
    SIMRELAY_TWILIO_NUMBER SIMRELAY_SHARED_SIM_ID \
    SIMRELAY{,2}_{API_KEY,TOKEN,OAUTH_TOKEN,OAUTH_CLIENT_ID,USER_EMAIL} \
    SIMRELAY{,2}_{USER_PASSWORD,USER_ID,TEAM_ID,SIM_ID}
do
    [ -n "${!name-}" ] || missing="$missing $name"
done
[ -z "$missing" ]
ok $? "demo.env has every name" "missing:$missing"

sims() {
    curl -sS -H "Authorization: Bearer $1" "$SIMRELAY_URL/api/sims" 2>&1
}

for prefix in SIMRELAY SIMRELAY2; do
    for kind in API_KEY TOKEN OAUTH_TOKEN; do
        name=${prefix}_$kind own=${prefix}_SIM_ID
        out=$(sims "${!name}")
        echo "$out" | grep -q "\"id\":${!own}," \
            && echo "$out" | grep -q "\"id\":$SIMRELAY_SHARED_SIM_ID,"
        ok $? "$name sees its own SIM and the shared one" "$out"
    done
done

sims "$SIMRELAY_API_KEY" | grep -q "\"id\":$SIMRELAY2_SIM_ID," && rc=1 || rc=0
ok $rc "and not the other organization's"

out=$(curl -sS -k --http2 -o /dev/null -w '%{http_code} %{http_version}' \
    "$SIMRELAY_TLS_URL/api/health")
[ "$out" = "200 2" ]
ok $? "TLS speaks HTTP/2" "$out"

out=$(
    exec 3<>"/dev/tcp/127.0.0.1/$SIMRELAY_HTTP_PORT"
    for _ in $(seq 300); do
        printf 'GET /api/auth/login HTTP/1.1\r\nHost: a\r\n\r\n'
    done >&3
    printf 'GET /api/auth/login HTTP/1.0\r\n\r\n' >&3
    grep -ao 'HTTP/1.1 [0-9]*' <&3 | sort | uniq -c
)
echo "$out" | grep -q " 429" && echo "$out" | grep -vq " 429"
ok $? "a flood of sign-ins is limited" "$out"

out=$(./build.sh demo 2>&1); rc=$?
ok $rc "the demo plays the whole job" "$out"

out=$("${BUILD:-build}/simrelay" doctor 2>&1); rc=$?
ok $rc "the doctor finds nothing" "$out"

before=$(cat "$env")
out=$(./build.sh up 2>&1); rc=$?
ok $rc "up again is no harm" "$out"
[ "$before" = "$(cat "$env")" ]
ok $? "and changes no credential"

out=$(./build.sh down 2>&1); rc=$?
ok $rc "down stops it" "$out"

pgrep -f "$(readlink -f "$SIMRELAY_DIR")" >/dev/null && rc=1 || rc=0
ok $rc "nothing is left running" "$(pgrep -af "$SIMRELAY_DIR")"

out=$(./build.sh demo 2>&1) && rc=1 || rc=0
ok $rc "the demo says that nothing answers" "$out"

out=$(./build.sh up 2>&1); rc=$?
ok $rc "up comes back" "$out"
out=$(sims "$SIMRELAY_API_KEY")
echo "$out" | grep -q "\"id\":$SIMRELAY_SIM_ID,"
ok $? "with the data it had" "$out"

echo "1..$n"
exit $failed
