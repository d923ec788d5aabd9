-- SMS that no phone has fetched in 24 hours, or fetched and never told of, have
-- failed; each with the event that says so.  Returns how many.
--
-- for simrelayd
--
-- > expired int8

with late as (
    select organization_id, message_id
      from sends
     where provider = 'byos'
       and state in ('queued', 'leased')
       and created_at <= now() - interval '24 hours'
       and (lease_until is null or lease_until <= now())
     order by created_at
     limit 1000
       for update skip locked
), ended as (
    update sends s
       set state = 'ended', error = 'expired', lease_id = null,
           lease_until = null, updated_at = now()
      from late
     where s.organization_id = late.organization_id
       and s.message_id = late.message_id
    returning s.organization_id, s.message_id
), told as materialized (
    select message_progress(organization_id, message_id, 'failed', 'expired')
      from ended
)
select count(*) as expired
  from told
