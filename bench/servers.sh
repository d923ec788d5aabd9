# The servers that are measured, below one directory: PostgreSQL with what
# seed.sql makes, nginx, simrelayd, nchan.  Sourced by run.sh.


say() {
    echo "bench: $*" >&2
}


die() {
    say "$@"
    exit 1
}


# Runs a command as the user of PostgreSQL, which does not run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$dir" && setpriv --reuid=postgres --regid=postgres --init-groups \
            "$@")
    else
        "$@"
    fi
}


begin() {
    local f port

    for f in ngx_simrelay_module.so simrelayd simrelay; do
        [ -e "$BUILD/$f" ] || die "there is no $BUILD/$f: ./build.sh build"
    done

    for f in wrk pgbench nginx "$PG/initdb"; do
        command -v "$f" >/dev/null || die "$f is missing"
    done

    for port in $HTTP_PORT $WS_PORT $HOOK_PORT $NCHAN_PORT; do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null \
            || die "port $port is taken: set BENCH_PORT to another"
    done

    # 10,000 sockets and what stands at their other ends
    ulimit -n 20000 2>/dev/null || ulimit -n "$(ulimit -Hn)"

    dir=$(mktemp -d "$TMPDIR/simrelay-bench.XXXXXX")
    chmod 755 "$dir"
    mkdir "$dir/nginx" "$dir/data"

    MODULES=/usr/lib/nginx/modules
    USER_LINE=
    [ "$(id -u)" != 0 ] || {
        USER_LINE="user www-data;"
        chown postgres: "$dir/data"
        chmod 1777 "$dir"
    }
}


end() {
    set +e
    hold_end
    sidecar_stop
    nchan_stop
    nginx_stop
    [ ! -s "$dir/data/postmaster.pid" ] \
        || as_postgres "$PG/pg_ctl" -D "$dir/data" -s -m immediate stop
    rm -rf "$dir"
}


# The same settings for whoever asks, by the module or by pgbench.  The last
# three are those that the module gives its own connections.
pg_start() {
    as_postgres "$PG/initdb" -D "$dir/data" -A trust -E UTF8 --locale=C.UTF-8 \
        -U bench >"$dir/initdb.log" 2>&1 \
        || die "initdb: $(cat "$dir/initdb.log")"

    as_postgres tee -a "$dir/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
port = $PG_PORT
unix_socket_directories = '$dir'
max_connections = 300
shared_buffers = 1GB
max_wal_size = 8GB
checkpoint_timeout = 1h
fsync = on
synchronous_commit = on
plan_cache_mode = force_generic_plan
random_page_cost = 1.1
jit = off
END

    as_postgres "$PG/pg_ctl" -D "$dir/data" -s -w -l "$dir/postgres.log" start \
        || die "PostgreSQL: $(tail -3 "$dir/postgres.log")"

    export PGHOST=$dir PGPORT=$PG_PORT PGUSER=bench PGDATABASE=bench
    export PGOPTIONS="-c client_min_messages=warning"

    createdb bench
    SIMRELAY_DATABASE_URL="host=$dir port=$PG_PORT user=bench dbname=bench"
    SIMRELAY_KEY_FILE=$dir/keys
    export SIMRELAY_DATABASE_URL SIMRELAY_KEY_FILE

    sql -f "$here/../sql/setup/partman_schema.sql" \
        -f "$here/../sql/setup/partman_extension.sql"
    "$BUILD/simrelay" -q migrate >/dev/null
    sql -v organizations="$ORGANIZATIONS" -v messages="$MESSAGES" \
        -f "$here/seed.sql"
    sql -c checkpoint
}


sql() {
    psql -qXAt -v ON_ERROR_STOP=1 "$@" >/dev/null
}


# Puts our names into a configuration.
fill() {
    sed -e "s|@BUILD@|$BUILD|" -e "s|@DIR@|$dir|" -e "s|@USER@|$USER_LINE|" \
        -e "s|@MODULES@|$MODULES|" -e "s|@WORKERS@|$WORKERS|" \
        -e "s|@NCHAN_WORKERS@|$NCHAN_WORKERS|" -e "s|@READS@|$READS|" \
        -e "s|@WRITES@|$WRITES|" -e "s|@PG_PORT@|$PG_PORT|" \
        -e "s|@HTTP_PORT@|$HTTP_PORT|" -e "s|@WS_PORT@|$WS_PORT|" \
        -e "s|@NCHAN_PORT@|$NCHAN_PORT|" "$here/$1" >"$dir/$1"
}


wait_port() {
    local i

    for ((i = 0; i < 100; i++)); do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || return 0
        sleep 0.1
    done

    die "$2 does not listen at $1: $(tail -3 "$3")"
}


# Ends the process of a pid file, and waits for that.
stop() {
    local pid i

    [ -s "$1" ] || return 0
    read -r pid <"$1"
    kill "$pid" 2>/dev/null || return 0

    for ((i = 0; i < 100; i++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done

    kill -9 "$pid"
}


nginx_start() {
    fill nginx.conf
    nginx -e "$dir/error.log" -p "$dir/nginx" -c "$dir/nginx.conf"
    wait_port "$HTTP_PORT" nginx "$dir/error.log"
    sleep 1
}


nginx_stop() {
    stop "$dir/nginx.pid"
}


nchan_start() {
    fill nchan.conf
    nginx -e "$dir/nchan.log" -p "$dir/nginx" -c "$dir/nchan.conf"
    wait_port "$NCHAN_PORT" nchan "$dir/nchan.log"
}


nchan_stop() {
    stop "$dir/nchan.pid"
}


# What was submitted before is nobody's any more.  With "true" the webhooks are
# on.
sidecar_start() {
    sql -c "truncate events" -c "truncate webhook_deliveries"

    [ -s "$dir/keys" ] || {
        "$BUILD/simrelay" -q keyfile create "$dir/keys" >/dev/null
        "$BUILD/simrelay" -q webhook create 1 \
            "http://127.0.0.1:$HOOK_PORT/webhook" --name bench >/dev/null
        sql -f "$here/webhooks.sql"
    }

    sql -c "update webhook_integrations set is_active = ${1-false}"

    cat >"$dir/simrelayd.conf" <<END
database = "$SIMRELAY_DATABASE_URL"
key_file = $dir/keys
listen = 127.0.0.1:$WS_PORT
pusher_key = bench
pusher_secret = bench
allow_private_addresses = on
seven_url = http://127.0.0.1:$HOOK_PORT/api
sends_per_account = 64
drain_timeout = 1s
END

    "$BUILD/simrelayd" -c "$dir/simrelayd.conf" 2>"$dir/simrelayd.log" &
    echo $! >"$dir/simrelayd.pid"
    wait_port "$WS_PORT" simrelayd "$dir/simrelayd.log"
}


sidecar_stop() {
    stop "$dir/simrelayd.pid"
    rm -f "$dir/simrelayd.pid"
}


programs() {
    local p

    for p in sockets latency hooks post; do
        ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra \
            -Wno-unused-parameter -o "$dir/$p" "$here/$p.c" "$here/client.c" \
            "$here/pusher.c" -lcrypto -lcurl || die "$p.c does not compile"
    done

    export PUSHER_KEY=bench PUSHER_SECRET=bench
}
