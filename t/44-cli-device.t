#!/bin/bash

# The phone of the command line tool, against a server that is started as a
# newcomer would: its whole life, and what it does when the server, or it
# itself, goes away.

set -u

cd "$(dirname "$0")/.." || exit 1

base=$((${SIMRELAY_TEST_PORT_BASE:-21800} + 60))

export SIMRELAY_PG_PORT=$base
export SIMRELAY_HTTP_PORT=$((base + 1))
export SIMRELAY_TLS_PORT=$((base + 2))
export SIMRELAY_WS_PORT=$((base + 3))

SIMRELAY_DIR=$(mktemp -d) || exit 1
work=$(mktemp -d) || exit 1
export SIMRELAY_DIR
unset SIMRELAY_DATABASE_URL SIMRELAY_KEY_FILE SIMRELAY_URL SSL_CERT_FILE
unset SIMRELAY_OAUTH_TOKEN SIMRELAY_TWILIO_TOKEN

here=$PWD
BUILD=${BUILD:-build}
bin=$BUILD/simrelay
phone=$work/phone.json
n=0
failed=0
out=
rc=0
pid=

. t/lib/stack.sh

say() {
    :
}

die() {
    echo "# $*"
}

end() {
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    ./build.sh down >/dev/null 2>&1
    rm -rf "$SIMRELAY_DIR" "$work"
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

# Runs a command of the phone; its exit code, and a pattern of what it says.
run() {
    local what=$1 code=$2 pattern=$3

    shift 3
    out=$("$bin" device "$@" 2>&1 </dev/null)
    rc=$?

    [ $rc = "$code" ] && grep -qE -- "$pattern" <<<"$out"
    ok $? "$what"
}

# The phone begins to run, with a pipe as its standard input.
start() {
    rm -f "$work/in"
    mkfifo "$work/in"
    "$bin" device run "$phone" "$@" <"$work/in" >>"$work/log" 2>&1 &
    pid=$!
    exec 7>"$work/in"
}

# It ends by a signal.
halt() {
    kill "-$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    rc=$?
    pid=
    exec 7>&-
}

# Waits until so many lines of the running phone's log have a pattern.
lines() {
    local what=$1 count=$2 pattern=$3

    for _ in $(seq 300); do
        [ "$(grep -cE -- "$pattern" "$work/log")" -ge "$count" ] && break
        sleep 0.1
    done

    out=$(cat "$work/log")
    [ "$(grep -cE -- "$pattern" "$work/log")" = "$count" ]
    ok $? "$what"
}

sql() {
    psql -qXAt -v ON_ERROR_STOP=1 -d "$SIMRELAY_DATABASE_URL" -c "$1"
}

# Waits until a statement returns that.
rows() {
    local what=$1 expected=$2

    for _ in $(seq 100); do
        out=$(sql "$3")
        [ "$out" != "$expected" ] || break
        sleep 0.1
    done

    [ "$out" = "$expected" ]
    ok $? "$what"
}

# Somebody sends an SMS by the phone's first SIM.
order() {
    out=$(curl -sS -H "Authorization: Bearer $SIMRELAY_TOKEN" \
        "$SIMRELAY_URL/api/sims/$sim/messages" \
        -d "{\"to\":\"+14155550177\",\"text\":\"$1\"}")
    grep -q '"status":"queued"' <<<"$out"
    ok $? "an SMS is queued: $1"
}

status_of() {
    rows "$1" "$2" "select status from messages
                     where body = '$3' and direction = 'outbound'"
}

received() {
    rows "$1" "$2" "select string_agg(body, ',' order by received_at)
                      from messages
                     where direction = 'inbound' and body like '$3'"
}


# what is wrong is said before anything is sent

here() {
    local what=$1 pattern=$2

    shift 2
    run "$what" 1 "$pattern" "$@" --url http://127.0.0.1:1
    grep -q "onnect" <<<"$out" && rc=1 || rc=0
    ok $rc "and is not sent"
}

export SIMRELAY_OAUTH_TOKEN=none

run "a server must be given" 1 "use --url" register "$phone"
run "a URL must be one" 1 "URL is one like" register "$phone" --url ftp://x
here "slots are numbers" "slots must be" register "$phone" --slots one
here "from 1 to 10" "slots must be" register "$phone" --slots 11
here "two at most" "slots must be" register "$phone" --slots 1,2,3
here "and distinct" "slots must be" register "$phone" --slots 2,2
here "a name is not empty" "name must be" register "$phone" --name ''
here "a model not long" "model must be" register "$phone" \
    --model "$(printf '%0101d' 0)"
here "a token's file must be there" "cannot be read" register "$phone" \
    --token-file "$work/none"
printf 'a b\n' >"$work/token"
here "and hold a token" "is no token" register "$phone" \
    --token-file "$work/token"
run "no server is no phone" 1 "127.0.0.1:1/.*onnect" \
    register "$phone" --url http://127.0.0.1:1
grep -q '"android_id":"[0-9a-f]\{16\}"' "$phone"
ok $? "but it is remembered: it may have been registered"
run "a phone that is not registered does nothing" 1 "not registered" \
    show "$phone"
chmod 644 "$phone"
run "a file that others can read is refused" 1 "chmod 600" show "$phone"
echo '{"url":"http://127.0.0.1:1"}' >"$phone"
chmod 600 "$phone"
run "one that is no phone's, too" 1 "no phone's file: .* required" \
    show "$phone"
rm "$phone"
for command in show config heartbeat run outbox delete enable disable; do
    run "$command needs a phone" 1 "cannot be read: No such file" \
        $command "$phone"
done
run "a battery has 100 %" 1 "battery must be .* from 0 to 100" \
    heartbeat "$phone" --battery 101
run "and so has a signal" 1 "signal must be" heartbeat "$phone" --signal x
run "heartbeats take a second at least" 1 "heartbeat-seconds must be" \
    run "$phone" --heartbeat-seconds 0
run "an answer is one of three" 1 "sent, delivered or failed" \
    outbox "$phone" --answer lost
run "a reason is one of a failure" 1 "goes with --answer failed" \
    outbox "$phone" --error why
run "an SMS needs a text" 1 "from and --text" receive "$phone" --from A
run "and a sender that is not long" 1 "1 to 20 characters" \
    receive "$phone" --from 123456789012345678901 --text x
run "a phone has two slots" 1 "slot must be .* from 1 to 2" \
    receive "$phone" --from A --text x --slot 3
run "a time is one" 1 "is no time" \
    receive "$phone" --from A --text x --received-at soon
run "a UUID is one" 1 "is no UUID" \
    receive "$phone" --from A --text x --message-id 7
run "a number is one" 1 "number must be" verify "$phone" --number 0123
run "Twilio's token is needed" 1 "SIMRELAY_TWILIO_TOKEN" \
    verify "$phone" --number +14155550188
run "an unknown option is a usage error" 2 "not known" show "$phone" --loud x
unset SIMRELAY_OAUTH_TOKEN
run "a token must be given" 1 "use --token-file or set" \
    register "$phone" --url http://127.0.0.1:1


# a life

out=$(./build.sh up 2>&1); rc=$?
ok $rc "up starts all of it"
[ $rc = 0 ] || exit 1

dir=$(readlink -f "$SIMRELAY_DIR")

set -a
. "$SIMRELAY_DIR/demo.env"
set +a

echo "$SIMRELAY_OAUTH_TOKEN" >"$work/token"
SIMRELAY_OAUTH_TOKEN=wrong run "a wrong token is said" 1 \
    "answered 401: Unauthenticated" register "$phone"
[ ! -e "$phone" ]
ok $? "and nothing is left of it"

run "a phone registers" 0 "^sim_slot=2 .* text=SR-.* to=\\$SIMRELAY_TWILIO_NUMBER" \
    register "$phone" --slots 1,2 --token-file "$work/token" --name "My phone"
id=$(sed -n 's/^id=//p' <<<"$out")
codes=$(grep -o 'SR-[A-Z0-9]*' <<<"$out")
[ "$(stat -c %a "$phone")" = 600 ] && ! grep -q "$SIMRELAY_OAUTH_TOKEN" "$phone"
ok $? "its file is its owner's alone, and names the token's"
run "and again, in place" 0 "^id=$id\$" \
    register "$phone" --slots 1,2 --name "My phone"
[ "$(grep -o 'SR-[A-Z0-9]*' <<<"$out")" != "$codes" ]
ok $? "with other codes"
run "an SMS is refused while it is pending" 1 "answered 403" \
    receive "$phone" --from A --text x
SIMRELAY_TWILIO_TOKEN=wrong run "a call must be signed right" 1 \
    "twilio/sms was answered 403" verify "$phone" --number +14155550188
run "verify proves the first card" 0 "^phone_number=\\+14155550188\$" \
    verify "$phone" --number +14155550188
run "and the second, by its slot" 0 "^sim_slot=2\$" \
    verify "$phone" --number +14155550189 --slot 2
run "once" 1 "slot 2 is verified already" \
    verify "$phone" --number +14155550189 --slot 2
run "there is no third" 1 "no card in that slot" \
    verify "$phone" --number +14155550187 --slot 3
run "show tells of the phone" 0 "^device_name='My phone'\$" show "$phone"
grep -q "^status=active\$" <<<"$out" \
    && grep -q "^sim_cards.1.phone_number=+14155550189\$" <<<"$out"
ok $? "which is active, with both numbers"
sim=$(sed -n 's/^sim_cards.0.hosted_sim_id=//p' <<<"$out")
run "config tells when to try again" 0 \
    "^intervals.retry_backoff_seconds.0=10\$" config "$phone"
run "heartbeat gives a sign of life" 0 "^next_heartbeat_in=[0-9]+\$" \
    heartbeat "$phone" --battery 17 --signal 60 --doze
rows "with what was given" "t|t|17" \
    "select is_online, is_in_doze_mode, battery_level from device_presence
      where device_id = $id"
run "receive submits an SMS" 0 "^status=202\$" receive "$phone" --slot 1 \
    --from ACME --text "one" --received-at "$(date -u -d '1 hour ago' +%FT%TZ)"
message=$(sed -n 's/^message_id=//p' <<<"$out")
run "once" 0 "^status=200\$" receive "$phone" --slot 1 --from ACME \
    --text "one" --message-id "$message"
received "at the time it came" one one
rows "an hour ago" t "select received_at < now() - interval '59 minutes'
                        from messages where body = 'one'"
run "the server's errors are shown" 1 "^  sim_slot: The sim slot" \
    receive "$phone" --from A --text x
run "disable stops it" 0 "^status=disabled\$" disable "$phone"
run "it receives nothing then" 1 "answered 403" \
    receive "$phone" --from A --text x --slot 1
run "enable lets it again" 0 "^status=active\$" enable "$phone"
SSL_CERT_FILE=$dir/etc/tls.crt
sed "s,\"url\":\"[^\"]*\",\"url\":\"$SIMRELAY_TLS_URL\"," "$phone" \
    >"$work/tls.json"
chmod 600 "$work/tls.json"
run "a certificate counts" 1 "certificate" show "$work/tls.json"
export SSL_CERT_FILE
run "by whom it is signed" 0 "^id=$id\$" show "$work/tls.json"
unset SSL_CERT_FILE

run "an empty outbox says nothing" 0 "^\$" outbox "$phone"
order "it fails"
run "outbox says what it failed to send" 0 \
    "^not_sent .* to=\\+14155550177 text='it fails' by=poll\$" \
    outbox "$phone" --answer failed --error no-signal
status_of "which the server knows" failed "it fails"
order "it goes"
run "outbox sends" 0 "^reported message_id=[0-9]+ status=delivered\$" \
    outbox "$phone"
status_of "which the server knows, too" delivered "it goes"


# a phone that runs

: >"$work/log"
start --battery 90 --heartbeat-seconds 1
lines "a running phone listens" 1 "^listening channel=private-byos.device.$id\$"
order "pushed"
lines "what is pushed is sent" 1 "^sent .* text=pushed by=push\$"
lines "and told" 1 "^reported .* status=delivered\$"
status_of "to the server" delivered pushed
printf 'slot=2 ACME run 1\nnonsense\nslot=1 A run 2\n' >&7
lines "lines are SMS" 2 "^submitted .* status=202\$"
received "that arrive" "run 1,run 2" "run %"
lines "others are refused" 1 "^simrelay: an SMS is a line"
run "another one is not let to its file" 1 "another simrelay device" \
    outbox "$phone"
run "but who only looks is" 0 "^battery_level=90\$" show "$phone"
for _ in $(seq 100); do
    [ "$(grep -c "^heartbeat" "$work/log")" -lt 2 ] || break
    sleep 0.1
done
[ "$(grep -c "^heartbeat" "$work/log")" -ge 2 ]
ok $? "it gives signs of life by itself"

run "it can be disabled while it runs" 0 "^status=disabled\$" disable "$phone"
echo 'slot=1 A refused' >&7
lines "what is refused for good" 1 "^refused .* status=403 why="
run "and is back" 0 "^status=active\$" enable "$phone"
grep -q '"unsent":\[\]' "$phone"
ok $? "is not kept"

# push and poll tell of one SMS: the phone dies before it could tell

sql "create function refuse() returns trigger language plpgsql as
     'begin raise exception ''not now''; end';
     create trigger refuse before update on sends
        for each row when (new.state = 'accepted') execute function refuse()"
order "twice told"
lines "an SMS is sent, and cannot be told" 1 "^simrelay: .*/outbox/.* 500"
halt KILL
sql "drop trigger refuse on sends; drop function refuse"
grep -q '"owes":"both"' "$phone"
ok $? "the phone that was killed remembers it"
run "a poll offers it again" 0 "^reported .* status=delivered\$" outbox "$phone"
grep -q "^sent" <<<"$out" && rc=1 || rc=0
ok $rc "which is not sent again"
status_of "but told" delivered "twice told"
sql "update sends set state = 'queued', lease_until = null, lease_id = null
      where state = 'ended'
        and message_id = (select max(id) from messages
                           where body = 'twice told')"
start
lines "and should it be offered at any time" 2 "^listening"
lines "it was sent once" 1 "^sent .* text='twice told'"
halt INT
[ $rc = 0 ]
ok $? "an interrupt ends the phone"


# the server is down while SMS come

stop "$dir/run/nginx.pid" "$dir/etc/nginx.conf" TERM nginx
: >"$work/log"
start
lines "a phone is not heard" 1 "^unheard again_in=10 why="
printf 'slot=1 A down 1\nslot=1 A down 2\n' >&7
lines "it takes SMS" 2 "^received"
lines "that wait" 1 "^waiting .* again_in=10 why="
halt KILL
start
printf 'slot=1 A down 3\n' >&7
lines "a killed phone has them still" 3 "^received"
[ "$(grep -o '"from":"A"' "$phone" | wc -l)" = 3 ]
ok $? "all of them, in its file"
cp -p "$phone" "$work/before"
url=$SIMRELAY_URL
nginx_start
lines "it hears that the server is back" 1 "^listening"
lines "and submits them" 3 "^submitted .* status=202\$"
halt KILL
received "in their order, at their time" "down 1,down 2,down 3" "down %"
cp -p "$work/before" "$phone"
start
lines "had it died before it could note that" 3 "^submitted .* status=200\$"
halt TERM
received "nothing would be doubled" "down 1,down 2,down 3" "down %"

cp -p "$phone" "$work/copy"
: >"$work/log"
start --heartbeat-seconds 1
lines "it runs a last time" 1 "^listening"
run "delete ends it" 0 "^id=$id\$" delete "$work/copy"
[ ! -e "$work/copy" ]
ok $? "with its file"
lines "which is said to the phone" 1 "^simrelay: .* answered 404: No query"
for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
halt KILL
[ $rc = 1 ]
ok $? "that does not run on"
rows "at the server, too" t \
    "select deleted_at is not null from devices where id = $id"

echo "1..$n"
exit $failed
