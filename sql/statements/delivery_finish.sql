-- Records how attempts ended, each under the lease that it was made under: a
-- result whose lease was taken over changes nothing and does not come back.
--   created_at  in microseconds since 1970
--   outcome     0 delivered, 1 again after delay_ms, 2 failed
--   http_status 0 for none
--
-- A commit that is lost leaves the lease to run out, so it need not wait for
-- the disk.  What was locked is then updated by ctid, so that no plan depends
-- on how many rows there were when it was made.
--
-- for simrelayd
-- $1 ids int8[]
-- $2 created_at int8[]
-- $3 webhook_integration_ids int8[]
-- $4 lease_ids uuid[]
-- $5 outcomes int4[]
-- $6 delays_ms int4[]
-- $7 http_status int4[]
-- $8 response_times_ms int4[]
-- $9 response_bodies text[]
-- $10 errors text[]
--
-- > id int8

with result as materialized (
    select r.*, d.tid, d.created_at
      from (select r.*, timestamptz 'epoch' + r.us * interval '1 microsecond'
                   as at
              from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                   r (id, us, integration_id, lease_id, outcome, delay_ms,
                      http_status, response_time_ms, response_body,
                      error)) r
     cross join lateral (
           select d.ctid as tid, d.created_at
             from webhook_deliveries d
            where d.webhook_integration_id = r.integration_id
              and d.id = r.id
              and d.created_at = r.at
              and d.lease_id = r.lease_id
              and d.state = 'pending'
              for update) d
), finished as (
    update webhook_deliveries d
       set state = case r.outcome when 0 then 'delivered'
                                  when 1 then 'pending'
                                  else 'failed' end,
           next_attempt_at = case r.outcome
                                  when 1
                                  then now() + r.delay_ms
                                               * interval '1 millisecond'
                             end,
           finished_at = case when r.outcome <> 1 then now() end,
           lease_id = null,
           lease_until = null,
           http_status = nullif(r.http_status, 0),
           response_time_ms = r.response_time_ms,
           response_body = r.response_body,
           error = r.error
      from result r
     where d.ctid = any (array(select tid from result))
       and d.created_at >= (select min(created_at) from result)
       and d.created_at <= (select max(created_at) from result)
       and d.id = r.id
    returning d.id
)
select f.id
  from (select set_config('synchronous_commit', 'off', true)) n
 cross join finished f
