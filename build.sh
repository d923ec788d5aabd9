#!/bin/bash

# Builds SimRelay, runs it, tests it.  Without an argument it says what it can
# do.

set -eu

cd "$(dirname "$0")"
here=$PWD

BUILD=${BUILD:-build}
case $BUILD in
/*) BUILD=$(realpath -m --relative-to=. "$BUILD") ;;
esac

SIMRELAY_DIR=${SIMRELAY_DIR:-var}
SIMRELAY_HTTP_PORT=${SIMRELAY_HTTP_PORT:-8080}
SIMRELAY_TLS_PORT=${SIMRELAY_TLS_PORT:-8443}
SIMRELAY_WS_PORT=${SIMRELAY_WS_PORT:-6001}
SIMRELAY_PG_PORT=${SIMRELAY_PG_PORT:-15432}

PG=/usr/lib/postgresql/15/bin
PATH=$PATH:/usr/sbin:/sbin

. t/lib/stack.sh


usage() {
    cat <<'END'
usage: ./build.sh COMMAND

  up              builds, then runs all of it in the background: a private
                  PostgreSQL, nginx with the module, simrelayd; makes a demo
                  organization or two and writes var/demo.env
  down            stops what up has started; the data stays
  demo            plays an SMS from phone to webhook and WebSocket, on what up
                  has started
  test [--asan]   builds and runs every test on servers of its own
  bench [--quick] measures, against what there is to be measured against
  build [--asan]  builds the module, simrelayd and simrelay into build/ (with
                  --asan: with sanitizers, into build-asan/)
  install         copies them to where Debian has such things (DESTDIR counts)

Missing packages are installed, if root asks.  Variables, with their defaults:

  SIMRELAY_DIR=var             where up keeps its data, logs, configuration
  SIMRELAY_HTTP_PORT=8080      SIMRELAY_TLS_PORT=8443
  SIMRELAY_WS_PORT=6001        SIMRELAY_PG_PORT=15432
  SIMRELAY_TEST_PORT_BASE=21800  the tests' ports begin here
  SIMRELAY_TESTS=              some of t/*.t, rather than all of them
  BUILD=build                  where to build
END
}


say() {
    echo "build.sh: $*"
}


die() {
    echo "build.sh: $*" >&2
    exit 1
}


# Neither nginx's configure nor its configuration takes every path.
plain() {
    case $1 in
    *[!A-Za-z0-9_./+,@%=~-]*) die "nginx cannot work in \"$1\": take a path" \
        "without blanks and special characters" ;;
    esac
}


# Packages

need() {
    local p missing=()

    for p; do
        case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
        *" installed") ;;
        *) missing+=("$p") ;;
        esac
    done

    [ ${#missing[@]} -ne 0 ] || return 0

    [ "$(id -u)" = 0 ] || die "packages are missing, which only root can" \
        "install: apt-get install ${missing[*]}"

    say "installing ${missing[*]}"
    packages_get "${missing[@]}"
}


# No package's service is started: ports 80 and 5432 are not ours to take.
packages_get() {
    local rc=0 policy=/usr/sbin/policy-rc.d ours=

    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
        ours=1
    fi

    export DEBIAN_FRONTEND=noninteractive

    { apt-get -qq update \
        && apt-get -qq install -y --no-install-recommends "$@"; } \
        >/dev/null || rc=$?

    [ -z "$ours" ] || rm -f $policy

    [ $rc = 0 ] || die "apt-get could not install $*"
}


need_build() {
    need gcc make pkg-config nginx-dev libpq-dev libyajl-dev libssl-dev \
        libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libc-ares-dev \
        libcurl4-openssl-dev libqrencode-dev
}


need_run() {
    need nginx openssl postgresql-15 postgresql-15-partman
}


need_test() {
    need libcmocka-dev tini perl curl procps chromium fonts-dejavu-core \
        libfaketime
    need_test_nginx

    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        need nodejs npm
    fi

    if [ -f t/clients/package-lock.json ] \
        && [ ! t/clients/node_modules -nt t/clients/package-lock.json ]
    then
        say "installing the client libraries of t/clients"
        npm ci --prefix t/clients --silent --no-audit --no-fund
        touch t/clients/node_modules
    fi
}


# Test::Nginx is packaged in Debian's testing alone: that one package is
# fetched, by an apt state of its own, so that testing does not become a source
# of this machine.
need_test_nginx() {
    local tmp site state

    ! perl -MTest::Nginx::Socket -e 1 2>/dev/null || return 0

    [ "$(id -u)" = 0 ] || die "Test::Nginx (libtest-nginx-perl of Debian" \
        "testing) is missing, which only root can install"

    say "installing libtest-nginx-perl of Debian testing"

    site=$(apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(SITE)' \
        | awk '$1 == "Packages" && $2 == "bookworm" { print $3; exit }')
    [ -n "$site" ] || die "apt-get knows no mirror of Debian bookworm"

    tmp=$(mktemp -d)
    chmod 755 "$tmp"
    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
    echo "deb $site testing main" >"$tmp/sources.list"

    state=(-qq -o Dir::Etc::sourcelist="$tmp/sources.list"
        -o Dir::Etc::sourceparts=- -o Dir::State::lists="$tmp/lists"
        -o Dir::Cache="$tmp/cache" -o APT::Sandbox::User=root
        -o Acquire::Languages=none
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false)

    (cd "$tmp" && apt-get "${state[@]}" update \
        && apt-get "${state[@]}" download libtest-nginx-perl) \
        || die "libtest-nginx-perl could not be fetched from $site"

    packages_get "$tmp"/libtest-nginx-perl_*_all.deb
    rm -rf "$tmp"
}


need_bench() {
    need wrk libnginx-mod-nchan
}


# Build

# Sets what everything is compiled with.
flags() {
    WARN="-Wall -Wextra -Werror -Wno-unused-parameter"
    CFLAGS="-O2 -g -fstack-protector-strong"
    LDFLAGS=

    if [ -n "$ASAN" ]; then
        CFLAGS="-O2 -g -fno-omit-frame-pointer -fsanitize=address,undefined"
        LDFLAGS="-fsanitize=address,undefined"
    fi
}


build() {
    local failed=

    plain "$here/$BUILD"
    need_build
    flags
    mkdir -p "$BUILD"

    exec 9>"$BUILD/.lock"
    flock 9

    rm -f "$BUILD/asan"
    [ -z "$ASAN" ] || touch "$BUILD/asan"

    build_sql
    build_make all || failed=1
    build_module || failed=1

    exec 9>&-
    [ -z "$failed" ] || die "it does not build"
}


# The statements and migrations as C; written only where something differs.
build_sql() {
    local f

    mkdir -p "$BUILD/sql"

    awk -v out="$BUILD/sql" -f sql/embed.awk sql/setup/*.sql \
        sql/statements/*.sql sql/migrations/*.sql \
        || die "the statements cannot be embedded"

    for f in sr_sql.c sr_sql.h; do
        cmp -s "$BUILD/sql/$f" "$BUILD/$f" || cp "$BUILD/sql/$f" "$BUILD/$f"
    done
}


build_make() {
    make -s -k -j"$(nproc)" -f - B="$BUILD" CFLAGS="$CFLAGS" WARN="$WARN" \
        LDFLAGS="$LDFLAGS" "$@" <<'END'
S     = ngx_simrelay_module
PKG   = $(shell pkg-config --cflags libpq)
FLAGS = -std=gnu11 $(CFLAGS) $(WARN) -fPIC -MMD -MP \
        -I$(B) -I$S/core -I$S/pg $(PKG)
LIBS  = $B/libsrpg.a $B/libsrcore.a -lpq -lyajl -lcrypto -lqrencode

objects = $(patsubst $S/%.c,$B/obj/%.o,$(sort $(wildcard $S/$(1)/*.c)))

CORE    = $(call objects,core)
PG      = $(call objects,pg) $B/obj/sr_sql.o
SIDECAR = $(call objects,sidecar)
CLI     = $(call objects,cli)
TESTS   = $(patsubst t/unit/%.c,$B/t/%,$(wildcard t/unit/test_*.c))

all: $B/libsrcore.a $B/libsrpg.a $B/simrelayd $B/simrelay

tests: $(TESTS)

$B/libsrcore.a: $(CORE)
$B/libsrpg.a: $(PG)

$B/%.a:
	rm -f $@ && ar rcs $@ $^

$B/simrelayd: $(SIDECAR) $B/libsrpg.a $B/libsrcore.a
	gcc $(LDFLAGS) -o $@.new $(SIDECAR) $(LIBS) \
	    -lwebsockets -luv -lcares -lcurl -lssl && mv -f $@.new $@

$B/simrelay: $(CLI) $B/libsrpg.a $B/libsrcore.a
	gcc $(LDFLAGS) -o $@.new $(CLI) $(LIBS) \
	    -lwebsockets -lcurl && mv -f $@.new $@

$B/t/test_%: t/unit/test_%.c $B/libsrpg.a $B/libsrcore.a
	@mkdir -p $(@D)
	gcc $(FLAGS) $(LDFLAGS) -o $@ $< $(LIBS) -lcmocka
	printf '#!/bin/sh\n\nCMOCKA_MESSAGE_OUTPUT=TAP exec $@\n' >$@.t

$B/obj/sr_sql.o: $B/sr_sql.c
	@mkdir -p $(@D)
	gcc $(FLAGS) -c -o $@ $<

$B/obj/%.o: $S/%.c
	@mkdir -p $(@D)
	gcc $(FLAGS) -c -o $@ $<

-include $(wildcard $B/obj/*.d $B/obj/*/*.d $B/t/*.d)
END
}


# nginx's configure writes beside its sources, so it gets a folder of links.
build_module() {
    local so=ngx_simrelay_module.so src=$BUILD/src stamp=$BUILD/nginx.args
    local args

    mkdir -p "$src"
    ln -sfn /usr/share/nginx/src/auto /usr/share/nginx/src/configure \
        /usr/share/nginx/src/src "$src/"

    args=$(
        # shellcheck disable=SC1091
        . /usr/share/nginx/src/conf_flags
        printf '%q ' "${NGX_CONF_FLAGS[@]}" "--builddir=$here/$BUILD/nginx" \
            "--with-cc-opt=$CFLAGS $WARN" "--with-ld-opt=$LDFLAGS" \
            "--add-dynamic-module=$here"
    )

    { echo "$args"; nginx -v 2>&1 || :; cat config
      ls ngx_simrelay_module/{core,pg,http,handlers}; } >"$stamp.new"

    if ! cmp -s "$stamp.new" "$stamp"; then
        rm -f "$stamp"
        (cd "$src" && eval "SIMRELAY_BUILD=$here/$BUILD ./configure $args") \
            >"$BUILD/configure.log" 2>&1 \
            || { tail -5 "$BUILD/configure.log"; return 1; }
        mv "$stamp.new" "$stamp"
    fi

    make -s -k -j"$(nproc)" -C "$src" -f "$here/$BUILD/nginx/Makefile" modules \
        >"$BUILD/make.log" 2>&1 \
        || { cat "$BUILD/make.log"; return 1; }

    # never written in place: a running nginx has it mapped
    if ! cmp -s "$BUILD/nginx/$so" "$BUILD/$so"; then
        cp "$BUILD/nginx/$so" "$BUILD/$so.new"
        mv -f "$BUILD/$so.new" "$BUILD/$so"
    fi
}



# Run


up() {
    need_run
    build

    url=http://127.0.0.1:$SIMRELAY_HTTP_PORT
    prepare_dir
    ports_free
    secrets
    pg_start
    pg_database simrelay
    "$BUILD/simrelay" migrate >/dev/null
    keys
    configure
    demo_env
    sidecar_start
    nginx_start

    say "SimRelay is up: $url and https://127.0.0.1:$SIMRELAY_TLS_PORT"
    say "addresses, tokens and passwords are in $SIMRELAY_DIR/demo.env"
    say "see it work with ./build.sh demo, stop it with ./build.sh down"
}


down() {
    [ -d "$SIMRELAY_DIR" ] || die "there is no $SIMRELAY_DIR: nothing was" \
        "started there"

    dir=$(readlink -f "$SIMRELAY_DIR")
    one_at_a_time
    stop "$dir/run/nginx.pid" "$dir/etc/nginx.conf" TERM nginx
    sidecar_stop
    pg_stop
    say "what ran in $SIMRELAY_DIR is stopped; its data is kept"
}


demo() {
    [ -s "$SIMRELAY_DIR/demo.env" ] \
        || die "there is no $SIMRELAY_DIR/demo.env: ./build.sh up comes first"

    set -a
    # shellcheck disable=SC1091
    . "$(readlink -f "$SIMRELAY_DIR/demo.env")"
    exec "$BUILD/simrelay" demo
}


# Test

# A PostgreSQL of the tests' own, with a migrated database.
test_stack() {
    local base=${SIMRELAY_TEST_PORT_BASE:-21800}

    SIMRELAY_DIR=$(mktemp -d)
    SIMRELAY_PG_PORT=$base
    trap test_end EXIT

    prepare_dir
    port_free SIMRELAY_PG_PORT
    secrets
    pg_start
    pg_database simrelay
    pg_admin -d postgres -c "alter role simrelay createdb"
    "$BUILD/simrelay" migrate >/dev/null
    keys

    export SIMRELAY_TEST_PORT_BASE=$base BUILD
    export SIMRELAY_TEST_DATABASE=$SIMRELAY_DATABASE_URL
    export SIMRELAY_TEST_DIR=$dir
    export SIMRELAY_BIN=$here/$BUILD/simrelay
    export SIMRELAYD_BIN=$here/$BUILD/simrelayd
    export TEST_NGINX_LOAD_MODULES=$here/$BUILD/ngx_simrelay_module.so
    export TEST_NGINX_BINARY=${TEST_NGINX_BINARY:-/usr/sbin/nginx}
    export TEST_NGINX_PORT=$((base + 1))
    export TEST_NGINX_SERVROOT=$dir/servroot
    unset SIMRELAY_DIR SIMRELAY_DATABASE_URL

    [ -n "$ASAN" ] || return 0

    export SIMRELAY_TEST_CFLAGS="$CFLAGS"
    export ASAN_OPTIONS=detect_leaks=0:log_path=$dir/sanitizer
    export UBSAN_OPTIONS=print_stacktrace=1:log_path=$dir/sanitizer
    TEST_NGINX_LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(
        gcc -print-file-name=libubsan.so)"
    export TEST_NGINX_LD_PRELOAD
}


test_end() {
    pg_stop
    rm -rf "$dir"
    [ "${sock#"$dir"}" != "$sock" ] || rm -rf "$sock"
}


run_tests() {
    local rc=0

    need_run
    build
    need_test
    build_make tests || die "the unit tests do not build"
    test_stack

    # shellcheck disable=SC2086
    tini -s -- prove --timer -r ${SIMRELAY_TESTS:-"$BUILD/t" t} || rc=$?

    if compgen -G "$dir/sanitizer*" >/dev/null; then
        cat "$dir"/sanitizer* >&2
        die "the sanitizers found something"
    fi

    return $rc
}


bench() {
    [ -x bench/run.sh ] || die "bench/run.sh is not there"

    need_run
    need_bench
    build
    exec bench/run.sh ${QUICK:+--quick}
}


# Install

install_all() {
    local etc=${DESTDIR-}/etc/simrelay f

    build

    install -D -m 644 -t "${DESTDIR-}/usr/lib/nginx/modules" \
        "$BUILD/ngx_simrelay_module.so"
    install -D -m 755 -t "${DESTDIR-}/usr/sbin" "$BUILD/simrelayd"
    install -D -m 755 -t "${DESTDIR-}/usr/bin" "$BUILD/simrelay"
    install -D -m 644 -t "${DESTDIR-}/lib/systemd/system" conf/*.service
    install -D -m 644 -t "${DESTDIR-}/usr/share/simrelay/console" console/*
    install -d -m 755 "$etc"

    # what an administrator has changed stays
    for f in nginx.conf simrelay.conf console.conf simrelayd.conf; do
        [ -e "$etc/$f" ] || install -m 640 "conf/$f" "$etc/$f"
    done

    say "next: simrelay keyfile create, simrelay migrate, and the directives" \
        "of $etc/nginx.conf in your nginx"
}


QUICK=
ASAN=
[ ! -e "$BUILD/asan" ] || ASAN=1

case ${2-} in
"") ;;
--asan)
    ASAN=1
    [ "$BUILD" != build ] || BUILD=build-asan
    ;;
--quick) QUICK=1 ;;
*) die "$2 is not known; without an argument build.sh explains itself" ;;
esac

case ${1-} in
up) up ;;
down) down ;;
demo) demo ;;
test) run_tests ;;
bench) bench ;;
build) build ;;
install) install_all ;;
"" | help | -h | --help) usage ;;
*) die "$1 is not known; without an argument build.sh explains itself" ;;
esac
