-- Queues a delivery of a webhook integration once more, or all that failed and
-- were made since a time; says how many.  What is being sent is left alone.  No
-- row: there is no such integration, or it is not active.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
-- $2 id int8
-- $3 since timestamptz
--
-- > count int8

with queued as (
    update webhook_deliveries d
       set state = 'pending', attempts = 0, next_attempt_at = now(),
           lease_id = null, lease_until = null, finished_at = null
      from webhook_integrations i
     where i.id = $1
       and i.is_active
       and d.webhook_integration_id = i.id
       and d.id = coalesce($2, d.id)
       and (d.state = 'failed' or $2 is not null)
       and d.created_at >= coalesce($3, '-infinity')
       and (d.lease_id is null or d.lease_until <= now())
    returning d.id
)
select (select count(*) from queued) as count
  from webhook_integrations i
 where i.id = $1
   and i.is_active
