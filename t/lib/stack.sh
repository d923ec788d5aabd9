# The servers that `build.sh up` and the tests run: a private PostgreSQL, nginx
# with the module, simrelayd, all below one directory.  Sourced by build.sh,
# whose variables it uses.


# Sets dir, and makes what is in it.  PostgreSQL and nginx's workers run as
# users of their own where root starts them; what they cannot reach, such as a
# checkout in root's home, is moved to /var/lib and linked.
prepare_dir() {
    local sub

    dir=$(readlink -m "$SIMRELAY_DIR")
    plain "$dir"
    mkdir -p "$dir"

    if [ "$(id -u)" = 0 ]; then
        chmod 755 "$dir"

        if ! as postgres test -x "$dir"; then
            [ -z "$(ls -A "$dir")" ] \
                || die "$dir is out of reach of the user postgres: set" \
                    "SIMRELAY_DIR to a directory outside of $HOME"

            sub=/var/lib/simrelay-$(echo "$dir" | cksum | cut -d ' ' -f 1)
            mkdir -p -m 755 "$sub"
            rmdir "$dir"
            ln -s "$sub" "$dir"
            dir=$sub
        fi
    fi

    for sub in bin etc log nginx run; do
        mkdir -p "$dir/$sub"
    done

    mkdir -p -m 700 "$dir/mail"

    one_at_a_time

    sock=$dir/socket
    [ ${#sock} -lt 80 ] || sock=/tmp/simrelay-$SIMRELAY_PG_PORT
    mkdir -p "$sock"

    control=$sock/control
    mkdir -p -m 700 "$control"

    touch "$dir/log/postgres.log" "$dir/log/simrelayd.log"
    chmod 640 "$dir/log/postgres.log" "$dir/log/simrelayd.log"

    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$sock" "$dir/log/postgres.log"
        chown www-data: "$control" "$dir/log/simrelayd.log" "$dir/mail"
    fi
}


# Until we end; what we start does not hold it.
one_at_a_time() {
    exec 8>"$dir/run/lock"
    flock 8
}


# Becomes a command that runs as a user, where we may choose.
become() {
    local user=$1

    shift

    [ "$(id -u)" != 0 ] \
        || exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"
    exec "$@"
}


as() {
    (become "$@")
}


# Is the process of a pid file still the one that was started?
runs() {
    local pid

    [ -s "$1" ] && read -r pid <"$1" \
        && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$2"
}


port_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/${!1}") 2>/dev/null \
        || die "port ${!1} is taken: stop what listens there, or set $1 to" \
            "another port"
}


# Nothing is begun where something of it could not go on.
ports_free() {
    runs "$dir/postgres/postmaster.pid" "$dir/postgres" \
        || port_free SIMRELAY_PG_PORT
    runs "$dir/run/simrelayd.pid" "$dir/bin/simrelayd" \
        || port_free SIMRELAY_WS_PORT
    runs "$dir/run/nginx.pid" "$dir/etc/nginx.conf" || {
        port_free SIMRELAY_HTTP_PORT
        port_free SIMRELAY_TLS_PORT
    }
}


# Waits until a command succeeds; says what did not come.
wait_for() {
    local what=$1 i

    shift

    for ((i = 0; i < 100; i++)); do
        ! "$@" 2>/dev/null || return 0
        sleep 0.1
    done

    die "$what"
}


random() {
    od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'
}


# What is made up once and stays: var/etc/secrets.
secrets() {
    local file=$dir/etc/secrets

    if [ ! -s "$file" ]; then
        (umask 077 && cat >"$file.new" <<END
pg_password=$(random 16)
pusher_key=$(random 10)
pusher_secret=$(random 16)
twilio_account=AC$(random 16)
twilio_token=$(random 16)
twilio_number=+12025550100
END
        )
        mv "$file.new" "$file"
    fi

    # shellcheck disable=SC1090
    . "$file"

    owner_url=postgresql://simrelay:$pg_password@127.0.0.1:$SIMRELAY_PG_PORT
    SIMRELAY_DATABASE_URL=$owner_url/simrelay
    SIMRELAY_KEY_FILE=$dir/etc/keys
    export SIMRELAY_DATABASE_URL SIMRELAY_KEY_FILE
}


pg_start() {
    local data=$dir/postgres i

    if [ ! -s "$data/PG_VERSION" ]; then
        say "making a PostgreSQL cluster in $data"
        install -d -m 700 "$data"
        [ "$(id -u)" != 0 ] || chown postgres: "$data"

        (cd "$dir" && as postgres "$PG/initdb" -D "$data" -E UTF8 \
            --locale=C.UTF-8 --auth-local=peer --auth-host=scram-sha-256) \
            >"$dir/log/initdb.log" 2>&1 \
            || die "initdb failed, see $dir/log/initdb.log"

        # we by our system's user, all others by password
        as postgres tee "$data/pg_hba.conf" >/dev/null <<END
local all $(as postgres id -un) peer
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
END
        echo "include 'simrelay.conf'" \
            | as postgres tee -a "$data/postgresql.conf" >/dev/null
    fi

    as postgres tee "$data/simrelay.conf.new" >/dev/null <<END
listen_addresses = '127.0.0.1'
port = $SIMRELAY_PG_PORT
unix_socket_directories = '$sock'
max_connections = 200
shared_buffers = 256MB
jit = off
fsync = on
synchronous_commit = on
log_timezone = 'UTC'
timezone = 'UTC'
END

    if runs "$data/postmaster.pid" "$data"; then
        ! cmp -s "$data/simrelay.conf.new" "$data/simrelay.conf" || return 0
        pg_stop
    fi

    as postgres mv "$data/simrelay.conf.new" "$data/simrelay.conf"

    # the port may have been lent to an outgoing connection, and is held for
    # a minute after its end
    for ((i = 0; i < 35; i++)); do
        ! pg_run 2>/dev/null || return 0
        tail -n 4 "$dir/log/postgres.log" | grep -q "could not create any" \
            || break
        [ $i != 0 ] || say "waiting up to a minute for port $SIMRELAY_PG_PORT"
        sleep 2
    done

    die "PostgreSQL does not start, see $dir/log/postgres.log"
}


pg_run() {
    (cd "$dir" && as postgres "$PG/pg_ctl" -D "$dir/postgres" -s -w -t 60 \
        -l "$dir/log/postgres.log" start 8>&- 9>&-)
}


# Asks our PostgreSQL as its superuser.
pg_admin() {
    (cd "$dir" && as postgres "$PG/psql" -qXAt -v ON_ERROR_STOP=1 \
        -h "$sock" -p "$SIMRELAY_PG_PORT" "$@")
}


# The role, and a database of its that pg_partman works in.
pg_database() {
    local name=$1

    # not by an argument, which others can see
    { echo "\\set password $pg_password"; cat <<'END'; } \
        | pg_admin -d postgres -v name="$name"
select 'create role simrelay login'
 where not exists (select from pg_roles where rolname = 'simrelay') \gexec
alter role simrelay password :'password';
select format('create database %I owner simrelay', :'name')
 where not exists (select from pg_database where datname = :'name') \gexec
END

    pg_admin -d "$name" <<'END'
set client_min_messages = warning;
create schema if not exists partman;
create extension if not exists pg_partman schema partman;
grant all on schema partman to simrelay;
grant all on all tables in schema partman to simrelay;
grant execute on all functions in schema partman to simrelay;
grant execute on all procedures in schema partman to simrelay;
END
}


# The key file is the sidecar's and nginx's; the certificate is for the demo.
keys() {
    local etc=$dir/etc

    [ -s "$etc/keys" ] || "$BUILD/simrelay" keyfile create "$etc/keys" >/dev/null
    chmod 640 "$etc/keys"

    [ -s "$etc/tls.crt" ] || (umask 077 && openssl req -x509 -newkey ec \
        -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$etc/tls.key" -out "$etc/tls.crt" 2>/dev/null)
    chmod 644 "$etc/tls.crt"

    [ "$(id -u)" != 0 ] || chgrp www-data "$etc/keys"
}


configure() {
    local etc=$dir/etc conninfo files

    files=$(ulimit -Hn)
    [ "$files" != unlimited ] && [ "$files" -lt 65536 ] || files=65536

    conninfo="host=$sock port=$SIMRELAY_PG_PORT dbname=simrelay"
    conninfo="$conninfo user=simrelay password=$pg_password"

    (umask 077 && sed -e "s|/usr/lib/nginx/modules|$here/$BUILD|" \
        -e "s|/run/nginx.pid|$dir/run/nginx.pid|" \
        -e "s|worker_rlimit_nofile 65536|worker_rlimit_nofile $files|" \
        -e "s|/var/log/nginx|$dir/log|" \
        -e "s|/var/lib/nginx|$dir/nginx|" \
        -e "s|/etc/simrelay|$etc|" \
        -e "s|^\( *simrelay_database\) .*|\1 \"$conninfo\";|" \
        -e "s|https://sms.example.com|$url|" \
        -e "s|key=change-me|key=$pusher_key|" \
        -e "s|secret=change-me|secret=$pusher_secret|" \
        -e "s|account=AC0*|account=$twilio_account|" \
        -e "s|token=change-me|token=$twilio_token|" \
        -e "s|number=[+0-9]*|number=$twilio_number|" \
        -e "s|rate=60r/m|rate=20r/s|" \
        -e "s|listen 80;|listen $SIMRELAY_HTTP_PORT;|" \
        -e "s|listen 443|listen $SIMRELAY_TLS_PORT|" \
        -e "$([ "$(id -u)" = 0 ] || echo '/^user /d')" \
        conf/nginx.conf >"$etc/nginx.conf")

    sed -e "s|127.0.0.1:6001|127.0.0.1:$SIMRELAY_WS_PORT|" \
        -e "s|/run/simrelay/control.sock|$control/sock|" \
        conf/simrelay.conf >"$etc/simrelay.conf"

    # nginx's workers may not be able to read where we are
    install -D -p -m 644 -t "$dir/share/console" console/*
    chmod 755 "$dir/share" "$dir/share/console"
    sed "s|/usr/share/simrelay|$dir/share|" conf/console.conf \
        >"$etc/console.conf"

    (umask 027 && cat >"$etc/simrelayd.conf" <<END
database = "$conninfo"
key_file = $etc/keys
listen = 127.0.0.1:$SIMRELAY_WS_PORT
control = unix:$control/sock
pusher_key = $pusher_key
pusher_secret = $pusher_secret
log_file = $dir/log/simrelayd.log

# receivers on this machine, the demo's among them
allow_private_addresses = on

public_url = $url
mail_from = "SimRelay <simrelay@localhost>"
mail_directory = $dir/mail
END
    )

    [ "$(id -u)" != 0 ] || chgrp www-data "$etc/simrelayd.conf"
}


# What people and scripts need to know; the seed's part is made once, since no
# token can be read back.
demo_env() {
    local seed=$dir/etc/seed.env

    if [ ! -s "$seed" ]; then
        (umask 077 && "$BUILD/simrelay" seed >"$seed.new")
        mv "$seed.new" "$seed"
    fi

    (umask 077 && { cat <<END; cat "$seed"; } >"$dir/demo.env.new")
SIMRELAY_URL='$url'
SIMRELAY_TLS_URL='https://127.0.0.1:$SIMRELAY_TLS_PORT'
SIMRELAY_DATABASE_URL='$SIMRELAY_DATABASE_URL'
SIMRELAY_KEY_FILE='$SIMRELAY_KEY_FILE'
SIMRELAY_PUSHER_KEY='$pusher_key'
SIMRELAY_PUSHER_SECRET='$pusher_secret'
SIMRELAY_TWILIO_ACCOUNT='$twilio_account'
SIMRELAY_TWILIO_TOKEN='$twilio_token'
SIMRELAY_TWILIO_NUMBER='$twilio_number'
END
    mv "$dir/demo.env.new" "$dir/demo.env"
}


# What the sanitizers want of a process that is not built with them.
sanitized() {
    if [ -e "$BUILD/asan" ]; then
        env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(
            gcc -print-file-name=libubsan.so)" "$@"
    else
        "$@"
    fi
}


sidecar_start() {
    local pid=$dir/run/simrelayd.pid bin=$dir/bin/simrelayd
    local conf=$dir/etc/simrelayd.conf began=$dir/run/simrelayd.conf

    # much of its configuration it reads when it starts, and then no more
    if runs "$pid" "$bin" && cmp -s "$BUILD/simrelayd" "$bin" \
        && cmp -s "$conf" "$began"
    then
        kill -HUP "$(cat "$pid")"
        return
    fi

    sidecar_stop
    install -m 755 "$BUILD/simrelayd" "$bin"
    install -m 600 "$conf" "$began"

    (
        cd "$dir"
        ulimit -n "$(ulimit -Hn)"
        become www-data setsid "$bin" -c "$conf" \
            </dev/null >>"$dir/log/simrelayd.log" 2>&1 8>&- 9>&- &
        echo $! >"$pid"
    )

    wait_for "simrelayd does not start, see $dir/log/simrelayd.log" \
        eval "(exec 3<>/dev/tcp/127.0.0.1/$SIMRELAY_WS_PORT)"
}


nginx_run() {
    sanitized nginx -e "$dir/log/error.log" -p "$dir/nginx" \
        -c "$dir/etc/nginx.conf" "$@" 8>&- 9>&-
}


nginx_start() {
    local pid=$dir/run/nginx.pid

    nginx_run -t -q || die "nginx refuses $dir/etc/nginx.conf"

    if runs "$pid" "$dir/etc/nginx.conf"; then
        kill -HUP "$(cat "$pid")"
    else
        rm -f "$pid"
        nginx_run || die "nginx does not start, see $dir/log/error.log"
    fi

    wait_for "$url/api/health/detailed finds faults, see $dir/log" \
        healthy
}


healthy() {
    (
        exec 3<>"/dev/tcp/127.0.0.1/$SIMRELAY_HTTP_PORT" || exit 1
        printf 'GET /api/health/detailed HTTP/1.0\r\n\r\n' >&3
        read -r _ status _ <&3
        [ "$status" = 200 ]
    )
}


stop() {
    local pid what=$4 i

    runs "$1" "$2" || return 0
    read -r pid <"$1"
    kill "-$3" "$pid"

    for ((i = 0; i < 400; i++)); do
        [ -e "/proc/$pid" ] || return 0
        [ "$(awk '/^State/ { print $2 }' "/proc/$pid/status")" != Z ] \
            || return 0
        sleep 0.1
    done 2>/dev/null

    die "$what (process $pid) does not stop"
}


sidecar_stop() {
    stop "$dir/run/simrelayd.pid" "$dir/bin/simrelayd" TERM simrelayd
}


pg_stop() {
    stop "$dir/postgres/postmaster.pid" "$dir/postgres" INT PostgreSQL
}
