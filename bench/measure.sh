# The rows of the table.  Sourced by run.sh.


median() {
    tr ' ' '\n' | sort -n \
        | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}


# The best of the numbers that follow: "number what", a line each.
best() {
    sort -n | tail -1 | cut -d ' ' -f 2-
}


# Runs a measurement that takes so many seconds and prints requests/s; adds what
# one request takes of the processors, all servers and the generator together,
# in us.  That is what counts where the machine does something else besides.
costed() {
    local before rate TIMEFORMAT='%U %S'

    before=$(cpu_used)
    { time rate=$("${@:2}"); } 2>"$dir/time"
    sleep 0.1

    echo "$rate $(echo "$before $(cpu_used) $(tail -1 "$dir/time")" \
        | awk -v n="$((rate * $1))" \
            '{ print int((($2 - $1) / 100 + $3 + $4) / n * 1e6) }')"
}


# Ticks of the processors that PostgreSQL and nginx have used.
cpu_used() {
    local pg nginx pid

    read -r pg <"$dir/data/postmaster.pid"
    read -r nginx <"$dir/nginx.pid"

    for pid in "$pg" $(pgrep -P "$pg,$nginx"); do
        cat "/proc/$pid/stat" 2>/dev/null || :
    done | awk '{ sub(/.*\) /, ""); n += $12 + $13 + $14 + $15 }
                END { print n }'
}


# The median of a column.
column() {
    cut -d ' ' -f "$1" "$2" | median
}


# Requests/s of a row of request.lua: row, connections, seconds.
ours() {
    ROW=$1 RECEIVED_AT=$(date -u +%FT%TZ) ORGANIZATIONS=$ORGANIZATIONS \
        wrk -t 1 -c "$2" -d "$3" -s "$here/request.lua" \
        "http://127.0.0.1:$HTTP_PORT" >"$dir/wrk.log"

    awk '/^rate/ && $4 == 0 { print int($2); found = 1 }
         END { exit !found }' "$dir/wrk.log" \
        || die "requests fail: $(tail -4 "$dir/wrk.log")"
}


# pgbench's scripts of a row: with a round trip for each statement, and with
# one for all.
scripts() {
    local row=$1 sets=$2 prefix=$3 pipeline

    shift 3

    for pipeline in 0 1; do
        {
            echo '\set o random(1, '"$ORGANIZATIONS)"
            echo '\set key :o + 1000000000000000000'
            echo "$sets"
            awk -v pipeline=$pipeline \
                -v digest="(sha256(convert_to('$prefix' || :key, 'UTF8')))" \
                -v message_id="(('00000000-0000-4000-8000-' || :m)::uuid)" \
                -f "$here/pgbench.awk" \
                "${@/#/$here/../sql/statements/}"
        } >"$dir/$row-$pipeline.sql"
    done
}


# Transactions/s: row, "clients pipeline", seconds.
ceiling() {
    local row=$1 clients=${2% *} pipeline=${2#* } body

    body="Your verification code is 123456. It is valid for ten minutes; do"
    body="$body not share it."

    pgbench -n -M prepared -c "$clients" -j 1 -T "$3" \
        -f "$dir/$row-$pipeline.sql" -D sender=+4915112345678 \
        -D body="$body" -D received_at="$(date -u +%FT%TZ)" -D sim_slot=1 \
        -D is_in_doze_mode=false -D phone_numbers={} -D signal_strengths={} \
        >"$dir/pgbench.log" 2>&1 || die "pgbench: $(tail -3 "$dir/pgbench.log")"

    awk '/^tps/ { print int($3) }' "$dir/pgbench.log"
}


# A row of the table: what, row, aim, clients of ours, clients of pgbench.
against_pgbench() {
    local what=$1 row=$2 aim=$3 c p i mine theirs pipelined=

    mine=$(for c in $4; do
        echo "$(ours "$row" "$c" "$PROBE") $c"
    done | best)

    theirs=$(for p in 0 1; do for c in $5; do
        echo "$(ceiling "$row" "$c $p" "$PROBE") $c $p"
    done; done | best)

    [ "${theirs#* }" = 0 ] || pipelined=" pipelined"
    : >"$dir/ours"
    : >"$dir/theirs"

    for ((i = 0; i < ROUNDS; i++)); do
        costed "$SLICE" ours "$row" "$mine" "$SLICE" >>"$dir/ours"
        costed "$SLICE" ceiling "$row" "$theirs" "$SLICE" >>"$dir/theirs"
    done

    rate=$(column 1 "$dir/ours")

    row "$what" "$rate" "$(column 1 "$dir/theirs")" "aim $aim; CPU $(
        column 2 "$dir/ours") and $(column 2 "$dir/theirs") us; $mine and$(
        ) ${theirs% *}$pipelined clients"
}


row_reads() {
    scripts sims '\set kinds 7
\set ability 1' sk_live_000000000000000000000 principal.sql sim_list.sql

    scripts messages '\set hosted_sim_id :o * 5 - random(0, 4)
\set kinds 7
\set ability 4
\set per_page 50
\set skip 0' sk_live_000000000000000000000 principal.sql message_list.sql

    against_pgbench "GET /api/sims /s" sims 0.90 "16 32 64" "4 8 16 32"
    against_pgbench "GET messages (50) /s" messages 0.90 "16 32 64" "4 8 16 32"
}


# The same reads with and without people who sign in, now these first, now
# those, for long enough that hashing pauses some times.
row_signins() {
    local i slice=$((SLICE * 3))

    : >"$dir/alone"
    : >"$dir/flooded"
    : >"$dir/signins"

    for ((i = 0; i < ROUNDS; i++)); do
        [ $((i % 2)) = 0 ] || flooded
        ours sims 32 "$slice" >>"$dir/alone"
        [ $((i % 2)) = 1 ] || flooded
    done

    row "GET /api/sims /s while others sign in" \
        "$(median <"$dir/flooded")" "$(median <"$dir/alone")" \
        "aim 0.95; ceiling: nobody does; $SIGNINS connections signed in $(
        median <"$dir/signins") times in $((slice + 2)) s"
}


flooded() {
    local flood

    ROW=login wrk -t 1 -c "$SIGNINS" -d $((slice + 2)) --timeout 1m \
        -s "$here/request.lua" "http://127.0.0.1:$HTTP_PORT" \
        >"$dir/login.log" &
    flood=$!
    sleep 1

    ours sims 32 "$slice" >>"$dir/flooded"
    wait "$flood"
    awk '/requests in/ { print $1 }' "$dir/login.log" >>"$dir/signins"
}


row_submit() {
    scripts submit '\set device_id :o * 5 - random(0, 4)
\set m random(100000000000, 999999999999)
\set kinds 2
\set ability 32' bench000000000000000000000000 principal.sql device_submit.sql

    against_pgbench "SMS submit /s" submit 0.85 "32 64 128" "8 16 32 64"
    submits=$rate
}


row_health() {
    local a= b= i

    for ((i = 0; i < ROUNDS; i++)); do
        a="$a $(plain /api/health)"
        b="$b $(plain /return)"
    done

    row "GET /api/health /s" "$(echo $a | median)" "$(echo $b | median)" \
        "nginx return 200"
}


# Page 10,000 of a SIM, in turn with its first one.
row_deep() {
    local i

    sql -f "$here/deep.sql"
    : >"$dir/first"
    : >"$dir/deep"

    for ((i = 0; i < ROUNDS; i++)); do
        PAGE=1 costed "$SLICE" ours page 16 "$SLICE" >>"$dir/first"
        PAGE=10000 costed "$SLICE" ours page 16 "$SLICE" >>"$dir/deep"
    done

    row "GET messages, page 10,000 /s" "$(column 1 "$dir/deep")" \
        "$(column 1 "$dir/first")" "aim 0.33; ceiling: page 1; CPU $(
        column 2 "$dir/deep") and $(column 2 "$dir/first") us"
}


plain() {
    wrk -t 1 -c 64 -d "$SLICE" "http://127.0.0.1:$HTTP_PORT$1" \
        | awk '/^Requests/ { print int($2) }'
}


row_latency() {
    local i line lost
    local -a v

    [ -n "${submits-}" ] || row_submit
    sidecar_start true
    : >"$dir/latency.log"

    for ((i = 0; i < ROUNDS; i++)); do
        "$dir/latency" "$HTTP_PORT" "$WS_PORT" "$HOOK_PORT" \
            $((submits / 2)) "$LATENCY" "$ORGANIZATIONS" >>"$dir/latency.log"
    done

    sidecar_stop

    for ((i = 1; i <= 7; i++)); do
        v[i]=$(column $i "$dir/latency.log")
    done

    lost=$(awk '{ n += $8 } END { print n }' "$dir/latency.log")
    line="at ${v[7]} submits/s, lost: $lost"

    row "202 to webhook, p50 ms" "${v[1]}" - "$line"
    row "202 to webhook, p99 ms" "${v[2]}" 25 "ceiling: the aim"
    row "202 to WebSocket frame, p50 ms" "${v[3]}" - ""
    row "202 to WebSocket frame, p99 ms" "${v[4]}" 15 "ceiling: the aim"
    row "submit to 202 meanwhile, p50 ms" "${v[5]}" - ""
    row "submit to 202 meanwhile, p99 ms" "${v[6]}" - ""
}


# Deliveries of SMS of many organizations, and the first of them posted again
# and again.
# SMS that wait for an account at a provider, which takes them all.
row_sends() {
    local a= b= i

    sidecar_start

    sql -f "$here/sends.sql" -v n=0
    printf '%s\n' key | "$BUILD/simrelay" -q provider add seven \
        --name bench >/dev/null

    for ((i = 0; i < ROUNDS; i++)); do
        a="$a $(sent)"
        b="$b $(posted)"
    done

    sidecar_stop

    row "SMS handed to a provider /s" "$(echo $a | median)" \
        "$(echo $b | median)" "libcurl multi alone, over kept connections"
}


sent() {
    local hooks

    "$dir/hooks" "$HOOK_PORT" "$DELIVERIES" "$dir/request" >"$dir/hooks.out" &
    hooks=$!
    wait_port "$HOOK_PORT" hooks "$dir/hooks.out"

    sql -f "$here/sends.sql" -v n="$DELIVERIES"
    wait "$hooks" || die "$(tail -3 "$dir/simrelayd.log")"
    cat "$dir/hooks.out"

    # what is recorded meanwhile is not to be felt by what comes next
    sleep 1
}


row_deliveries() {
    local a= b= i

    sidecar_start true

    for ((i = 0; i < ROUNDS; i++)); do
        a="$a $(delivered "$ORGANIZATIONS")"
        b="$b $(posted)"
    done

    sidecar_stop

    row "signed deliveries /s" "$(echo $a | median)" \
        "$(echo $b | median)" "aim 0.60; libcurl multi alone, same bytes"
}


# Those of 50 receivers, while 50 others hang and while there are no others.
row_hanging() {
    local a= b= i

    for ((i = 0; i < ROUNDS; i++)); do
        sidecar_start true
        sql -c "update webhook_integrations
                   set url = replace(url, '/webhook', '/hang'),
                       timeout_seconds = 120
                 where organization_id between 51 and 100"
        b="$b $(delivered 50)"
        told 51 100 $((DELIVERIES / 4))
        sleep 2
        a="$a $(delivered 50)"
        sidecar_stop
    done

    sql -c "update webhook_integrations
               set url = replace(url, '/hang', '/webhook'),
                   timeout_seconds = 30"

    row "deliveries /s while 50 of 100 hang" "$(echo $a | median)" \
        "$(echo $b | median)" "aim 0.95; ceiling: those 50 are not there"
}


# Deliveries/s of DELIVERIES SMS of so many organizations, as the receiver sees
# them.
delivered() {
    local hooks

    "$dir/hooks" "$HOOK_PORT" "$DELIVERIES" "$dir/request" >"$dir/hooks.out" &
    hooks=$!
    wait_port "$HOOK_PORT" hooks "$dir/hooks.out"

    told 1 "$1" "$DELIVERIES"
    wait "$hooks" || die "$(tail -3 "$dir/simrelayd.log")"
    cat "$dir/hooks.out"

    # what is recorded meanwhile is not to be felt by what comes next
    sleep 1
}


told() {
    sql -v first="$1" -v last="$2" -v n="$3" -f "$here/deliveries.sql"
}


posted() {
    local hooks

    "$dir/hooks" "$HOOK_PORT" "$DELIVERIES" "$dir/request.again" \
        >"$dir/hooks.out" &
    hooks=$!
    wait_port "$HOOK_PORT" hooks "$dir/hooks.out"

    # the receiver ends first
    "$dir/post" "$HOOK_PORT" $((DELIVERIES * 2)) "$CONNECTIONS" \
        "$dir/request" 2>/dev/null || :
    wait "$hooks" || die "libcurl alone fails"
    cat "$dir/hooks.out"
}


row_fan() {
    local a= b= c= i out size=

    sidecar_start
    nchan_start

    for ((i = 0; i < ROUNDS; i++)); do
        out=$("$dir/sockets" pusher "$WS_PORT" "$LISTENERS" "$EVENTS" \
            "$HTTP_PORT")
        a="$a ${out% *}"
        size=${out#* }

        out=$("$dir/sockets" pusher "$HTTP_PORT" "$LISTENERS" "$EVENTS" \
            "$HTTP_PORT")
        c="$c ${out% *}"

        out=$("$dir/sockets" nchan "$NCHAN_PORT" "$LISTENERS" "$EVENTS" \
            "$size")
        b="$b ${out% *}"
    done

    nchan_stop
    sidecar_stop

    row "fan-out to $LISTENERS sockets, frames/s" "$(echo $a | median)" \
        "$(echo $b | median)" "nchan, frames of $size bytes"
    row "the same through nginx" "$(echo $c | median)" \
        "$(echo $b | median)" "nchan"
}


row_memory() {
    local before after

    nginx_stop
    WORKERS=1
    nginx_start
    hold idle "$HTTP_PORT" "$SOCKETS"
    after=$(rss "$(pgrep -P "$(cat "$dir/nginx.pid")")")
    hold_end

    row "a worker with $SOCKETS idle clients, KiB" "$after" 65536 \
        "ceiling: the aim"

    sidecar_start
    before=$(rss "$(cat "$dir/simrelayd.pid")")
    hold hold "$WS_PORT" "$SOCKETS" "$ORGANIZATIONS"
    after=$(rss "$(cat "$dir/simrelayd.pid")")
    hold_end
    sidecar_stop

    row "a subscribed socket, bytes" \
        "$(((after - before) * 1024 / SOCKETS))" 8192 \
        "ceiling: the aim; simrelayd $before KiB, then $after KiB"
}


# KiB of a process.
rss() {
    awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}


# Opens sockets and keeps them until hold_end.
hold() {
    local ready

    mkfifo "$dir/hold"
    "$dir/sockets" "$@" <"$dir/hold" >"$dir/hold.out" &
    echo $! >"$dir/hold.pid"
    exec 8>"$dir/hold"

    for ((ready = 0; ready < 600; ready++)); do
        ! grep -q ready "$dir/hold.out" || return 0
        kill -0 "$(cat "$dir/hold.pid")" 2>/dev/null || break
        sleep 0.1
    done

    die "$2 sockets cannot be opened"
}


hold_end() {
    exec 8>&-
    [ ! -s "$dir/hold.pid" ] || wait "$(cat "$dir/hold.pid")" 2>/dev/null || :
    rm -f "$dir/hold" "$dir/hold.pid"
}
