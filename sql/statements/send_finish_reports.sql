-- Applies what was told of SMS before their ids were known.
--
-- for simrelayd
-- $1 organization_ids int8[]
-- $2 message_ids int8[]
--
-- > moved bool

with known as materialized (
    select s.*
      from unnest($1, $2) x (organization_id, message_id)
     cross join lateral (
           select s.organization_id, s.message_id, s.provider, s.account,
                  s.provider_message_id
             from sends s
            where s.organization_id = x.organization_id
              and s.message_id = x.message_id
              and s.provider_message_id is not null) s
), told as (
    delete from provider_reports r
     using known k
     where r.provider = k.provider
       and r.account = k.account
       and r.provider_message_id = k.provider_message_id
    returning k.organization_id, k.message_id, r.provider_message_id,
              r.status, r.error_code
)
select send_settle(t.organization_id, t.message_id, t.provider_message_id,
                   t.status, t.error_code) as moved
  from told t
