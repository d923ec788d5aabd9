-- Removes a batch of what makes an SMS that a provider tells of idempotent, 30
-- days later.  Returns how many.
--
-- for simrelayd
--
-- > removed int8

with old as (
    select provider, account, provider_message_id
      from provider_messages
     where created_at < now() - interval '30 days'
     limit 1000
       for update skip locked
), removed as (
    delete from provider_messages m
     using old o
     where m.provider = o.provider
       and m.account = o.account
       and m.provider_message_id = o.provider_message_id
    returning 1
)
select count(*) as removed
  from removed
