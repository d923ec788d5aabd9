-- Removes a batch of what handed SMS over, 30 days after they ended, or after
-- they were handed over where no report has come; their messages stay.  Returns
-- how many.
--
-- for simrelayd
--
-- > removed int8

with old as materialized (
    select ctid as tid
      from sends
     where state in ('accepted', 'ended')
       and updated_at < now() - interval '30 days'
     order by updated_at
     limit 1000
       for update skip locked
), removed as (
    delete from sends s
     where s.ctid = any (array(select tid from old))
    returning 1
)
select count(*) as removed
  from removed
