-- SMS whose lease ran out: a simrelayd ended while it handed them over, and
-- nobody knows whether it had.
--
-- for simrelayd
-- $1 limit int4
--
-- > organization_id int8
-- > message_id int8

with late as materialized (
    select s.ctid as tid, s.organization_id, s.message_id
      from sends s
     where s.state = 'leased'
       and s.provider <> 'byos'
       and s.lease_until < now()
     order by s.lease_until
     limit $1
       for update skip locked
), ended as (
    update sends s
       set state = 'unconfirmed',
           lease_until = null,
           error = 'no result was recorded',
           updated_at = now()
     where s.ctid = any (array(select tid from late))
    returning s.organization_id, s.message_id
)
select e.organization_id, e.message_id
  from (select e.*, message_progress(e.organization_id, e.message_id, 'sent',
                                     'unconfirmed') as told
          from (select * from ended order by 1, 2 offset 0) e
        offset 0) e
