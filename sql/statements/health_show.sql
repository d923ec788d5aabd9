-- What the health check and the metrics say of the sidecars and their queues.
-- Ages in seconds; null where there is none.
--
-- for module
--
-- > sidecar_age float8
-- > event_age float8
-- > sidecars int8
-- > sockets int8
-- > deliveries_running int8
-- > sends_running int8

select extract(epoch from now() - max(s.seen_at))::float8
           as sidecar_age,
       (select extract(epoch from now() - e.created_at)::float8
          from events e
         where e.planned_at is null
         order by e.id
         limit 1) as event_age,
       count(*) filter (where s.seen_at > now() - interval '10 seconds')
           as sidecars,
       coalesce(sum(s.sockets)
                filter (where s.seen_at > now() - interval '10 seconds'),
                0)::int8 as sockets,
       coalesce(sum(s.deliveries_running)
                filter (where s.seen_at > now() - interval '10 seconds'),
                0)::int8 as deliveries_running,
       coalesce(sum(s.sends_running)
                filter (where s.seen_at > now() - interval '10 seconds'),
                0)::int8 as sends_running
  from sidecars s
