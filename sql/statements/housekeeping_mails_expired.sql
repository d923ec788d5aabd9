-- Gives up a batch of mails that have expired while nobody was sending them,
-- and forgets their secrets.  Returns how many.
--
-- for simrelayd
--
-- > ended int8

with old as (
    select id
      from mails
     where state = 'pending'
       and next_attempt_at <= now()
       and expires_at <= now()
     limit 1000
       for update skip locked
), ended as (
    update mails m
       set state = 'failed',
           error = coalesce(m.error || '; ', '')
                   || 'it expired before it was sent',
           secret = null,
           lease_id = null,
           ended_at = now()
      from old
     where m.id = old.id
    returning 1
)
select count(*) as ended
  from ended
