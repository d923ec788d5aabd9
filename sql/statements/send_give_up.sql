-- SMS that were due for longer than "wait_ms" and that nobody has handed over,
-- since there is no such account, or none that works: they have failed.
--
-- for simrelayd
-- $1 wait_ms int8
-- $2 limit int4
--
-- > organization_id int8
-- > message_id int8

with recursive queue as (
    (select s.provider, s.account
       from sends s
      where s.state = 'queued' and s.provider <> 'byos'
      order by s.provider, s.account
      limit 1)
    union all
    select n.provider, n.account
      from queue q
     cross join lateral (
           select s.provider, s.account
             from sends s
            where s.state = 'queued'
              and s.provider <> 'byos'
              and (s.provider, s.account) > (q.provider, q.account)
            order by s.provider, s.account
            limit 1) n
), late as materialized (
    select s.*
      from queue q
     cross join lateral (
           select s.ctid as tid
             from sends s
            where s.provider = q.provider
              and s.account = q.account
              and s.state = 'queued'
              and s.provider <> 'byos'
              and s.next_attempt_at < now() - $1 * interval '1 millisecond'
            order by s.next_attempt_at
            limit $2
              for update skip locked) s
), ended as (
    update sends s
       set state = 'ended',
           error = 'nobody has handed it over in time',
           updated_at = now()
     where s.ctid = any (array(select tid from late))
    returning s.organization_id, s.message_id
)
select e.organization_id, e.message_id
  from (select e.*, message_progress(e.organization_id, e.message_id,
                                     'failed', 'expired') as told
          from (select * from ended order by 1, 2 offset 0) e
        offset 0) e
