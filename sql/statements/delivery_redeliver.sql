-- Queues a delivery once more, whatever became of it, with all its attempts.
-- What its last attempt was answered stays until the next one ends.  No row
-- where it is being sent, or its integration is not active.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 id int8
--
-- > id int8

update webhook_deliveries d
   set state = 'pending', attempts = 0, next_attempt_at = now(),
       lease_id = null, lease_until = null, finished_at = null
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 where me.role in ('owner', 'admin')
   and i.id = $4
   and i.is_active
   and d.webhook_integration_id = i.id
   and d.id = $5
   and (d.lease_id is null or d.lease_until <= now())
returning d.id
