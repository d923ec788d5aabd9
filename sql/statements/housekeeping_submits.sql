-- Removes a batch of what made submits idempotent, 30 days later.  Returns how
-- many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select device_id, message_id
      from device_submits
     where created_at < now() - interval '30 days'
     limit 1000
       for update skip locked
), removed as (
    delete from device_submits s
     using old
     where s.device_id = old.device_id
       and s.message_id = old.message_id
    returning 1
)
select count(*) as removed
  from removed
