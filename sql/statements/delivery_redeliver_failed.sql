-- Queues an integration's failed deliveries that were made since a time once
-- more, the oldest first, so many at most; says how many.
--
-- What was locked is updated by ctid, so that no plan depends on how many rows
-- there were when it was made.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 since timestamptz
-- $6 most int4
--
-- > count int8

with batch as materialized (
    select d.tid, d.id, d.created_at
      from principal($1, $2, $3) me
      join webhook_integrations i on i.organization_id = me.organization_id
     cross join lateral (
           select d.ctid as tid, d.id, d.created_at
             from webhook_deliveries d
            where d.webhook_integration_id = i.id
              and d.state = 'failed'
              and d.created_at >= $5
            order by d.created_at, d.id
            limit $6
              for update skip locked) d
     where me.role in ('owner', 'admin')
       and i.id = $4
       and i.is_active
), queued as (
    update webhook_deliveries d
       set state = 'pending', attempts = 0, next_attempt_at = now(),
           lease_id = null, lease_until = null, finished_at = null
      from batch b
     where d.ctid = any (array(select tid from batch))
       and d.created_at >= (select min(created_at) from batch)
       and d.created_at <= (select max(created_at) from batch)
       and d.id = b.id
    returning d.id
)
select count(*) as count
  from queued
