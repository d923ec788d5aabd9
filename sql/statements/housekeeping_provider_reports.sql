-- Removes a batch of reports whose SMS nobody has learnt of: a day later, and
-- sooner where there are more than 10,000.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with since as materialized (
    select greatest(now() - interval '1 day',
                    (select created_at
                       from provider_reports
                      order by created_at desc
                     offset 9999
                      limit 1)) as at
), old as (
    select provider, account, provider_message_id
      from provider_reports
     where created_at < (select at from since)
     order by created_at
     limit 1000
       for update skip locked
), removed as (
    delete from provider_reports r
     using old o
     where r.provider = o.provider
       and r.account = o.account
       and r.provider_message_id = o.provider_message_id
    returning 1
)
select count(*) as removed
  from removed
