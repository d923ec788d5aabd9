-- What the sidecars do, or leave undone.  Ages in seconds.
--
-- for simrelay
--
-- > server_time timestamptz
-- > sidecars int8
-- > sidecar_age float8
-- > unplanned int8
-- > unplanned_age float8
-- > due int8
-- > due_age float8
-- > failed int8

select clock_timestamp() as server_time,
       (select count(*)
          from sidecars
         where seen_at > now() - interval '10 seconds') as sidecars,
       (select extract(epoch from now() - max(seen_at))::float8
          from sidecars) as sidecar_age,
       e.n as unplanned, e.age as unplanned_age,
       d.n as due, d.age as due_age,
       (select count(*)
          from webhook_deliveries
         where state = 'failed'
           and created_at > now() - interval '1 day') as failed
  from (select count(*) as n,
               extract(epoch from now() - min(created_at))::float8 as age
          from events
         where planned_at is null) e,
       (select count(*) as n,
               extract(epoch from now() - min(next_attempt_at))::float8 as age
          from webhook_deliveries
         where state = 'pending'
           and next_attempt_at <= now()) d
