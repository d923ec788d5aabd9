-- Removes a batch of Twilio's calls, 8 days later: none is repeated any more.
-- Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select message_sid
      from twilio_calls
     where created_at < now() - interval '8 days'
     limit 1000
       for update skip locked
), removed as (
    delete from twilio_calls c
     using old
     where c.message_sid = old.message_sid
    returning 1
)
select count(*) as removed
  from removed
