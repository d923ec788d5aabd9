-- Removes a batch of mails that ended more than 30 days ago.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select id
      from mails
     where state <> 'pending'
       and ended_at < now() - interval '30 days'
     limit 1000
       for update skip locked
), removed as (
    delete from mails m
     using old
     where m.id = old.id
    returning 1
)
select count(*) as removed
  from removed
