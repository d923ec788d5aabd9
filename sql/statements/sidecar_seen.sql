-- A simrelayd's sign of life.  The row is made anew where a crash of the
-- database emptied the table.
--
-- for simrelayd
--
-- $1 id uuid
-- $2 host text
-- $3 pid int4
-- $4 started_at timestamptz
-- $5 sockets int4
-- $6 deliveries_running int4
-- $7 sends_running int4

insert into sidecars as s
       (id, host, pid, started_at, sockets, deliveries_running,
        sends_running)
values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do update
   set seen_at = now(),
       sockets = excluded.sockets,
       deliveries_running = excluded.deliveries_running,
       sends_running = excluded.sends_running
