# The rows about signs of life.  Sourced by run.sh.


row_heartbeats() {
    sql -c "
        insert into device_presence (device_id, last_seen_at, due_at)
        select id, now(), now() + interval '360 s'
          from devices
            on conflict do nothing" -c "
        update sim_cards set signal_strength = 80" -c "vacuum analyze"

    scripts heartbeat '\set device_id :o * 5 - random(0, 4)
\set battery_level random(1, 100)
\set signal_strength 80
\set kinds 2
\set ability 32' bench000000000000000000000000 principal.sql device_heartbeat.sql

    against_pgbench "heartbeats /s" heartbeat 0.90 "32 64 128" "8 16 32 64"
}


# What simrelayd and its backends take of a core while most of many phones go
# on to give signs, and some fall silent, of which each is told within a second.
row_phones() {
    local first pacer before used

    sql -f "$here/phones.sql" -v phones="$PHONES" -v watched="$WATCHED" \
        -v lead="$LEAD"
    first=$(psql -qXAt -c "select min(id) from devices
                            where app_version = 'watched'")
    sidecar_start
    printf '%s\n' '\set first :first + :some' '\set last :first + :some - 1' \
        'update device_presence
            set last_seen_at = greatest(last_seen_at, now()),
                battery_level = 51,
                due_at = least(due_at, now() + device_patience(false))
          where device_id between :first and :last and is_online;' \
        >"$dir/pacer.sql"

    # ten times a second so many that each phone has its turn in 300 s
    pgbench -n -M prepared -c 1 -R 10 -T $((WATCHED + LEAD + 3)) -f "$dir/pacer.sql" \
        -D some=$((PHONES * 99 / 100 / 3000)) \
        -D first=$((first - PHONES * 99 / 100 / 3000)) \
        >"$dir/pacer.log" 2>&1 &
    pacer=$!

    sleep 5
    before=$(cpu_simrelayd)
    sleep "$WATCHED"
    used=$(percent "$before" "$(cpu_simrelayd)" "$WATCHED")

    wait "$pacer" || die "pgbench: $(tail -3 "$dir/pacer.log")"
    sidecar_stop

    row "watching $PHONES phones, % of a core" "$used" 2 \
        "ceiling: the aim; $(watched)"
}


# How those who fell silent were told of.
watched() {
    psql -qXAt -F ' ' -c "
        with p as (
            select p.device_id, e.n, p.last_seen_at < s.at as is_silent,
                   extract(epoch from e.at - p.last_seen_at) - 360 as late
              from device_presence p
              join devices d on d.id = p.device_id
             cross join (select max(last_seen_at) - interval '360 s'
                                - interval '1 s' as at
                           from device_presence) s
              left join (select object_id, count(*) as n,
                                min(created_at) as at
                           from events
                          where type = 'device.offline'
                          group by 1) e on e.object_id = p.device_id
             where d.app_version = 'watched'
        )
        select count(*) filter (where is_silent) || ' silent',
               count(*) filter (where n = 1) || ' told once',
               count(*) filter (where is_silent and n is null) || ' not,',
               count(*) filter (where n > 1 or n = 1 and late < 0)
               || ' wrong, within',
               round(max(late) * 1000) || ' ms'
          from p"
}


# Ticks of the processors that simrelayd and its backends have used.
cpu_simrelayd() {
    local pid

    for pid in "$(cat "$dir/simrelayd.pid")" $(psql -qXAt -c "
        select pid from pg_stat_activity
         where application_name = 'simrelayd'"); do
        cat "/proc/$pid/stat" 2>/dev/null || :
    done | awk '{ sub(/.*\) /, ""); n += $12 + $13 } END { print n }'
}


# Of ticks of two times, so many seconds apart.
percent() {
    awk "BEGIN { printf \"%.2f\", ($2 - $1) / $3 }"
}
