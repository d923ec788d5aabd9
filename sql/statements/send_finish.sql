-- Records what became of SMS that were handed over, each under the lease that
-- it was handed over under, and tells of it.  A result that comes after the
-- lease ran out still counts, until somebody has decided about that SMS.
--   outcomes  0 accepted, 1 again after delay_ms, 2 failed, 3 not known
--
-- for simrelayd
-- $1 organization_ids int8[]
-- $2 message_ids int8[]
-- $3 lease_ids uuid[]
-- $4 outcomes int4[]
-- $5 delays_ms int4[]
-- $6 provider_message_ids text[]
-- $7 error_codes text[]
-- $8 errors text[]
--
-- > organization_id int8
-- > message_id int8

with result as materialized (
    select r.*, s.tid, s.provider, s.account
      from (select *
              from unnest($1, $2, $3, $4, $5, $6, $7, $8)
                   r (organization_id, message_id, lease_id, outcome,
                      delay_ms, provider_message_id, error_code, error)
             order by r.organization_id, r.message_id
            offset 0) r
     cross join lateral (
           select s.ctid as tid, s.provider, s.account
             from sends s
            where s.organization_id = r.organization_id
              and s.message_id = r.message_id
              and s.lease_id = r.lease_id
              and s.state in ('leased', 'unconfirmed')
              for update) s
), finished as (
    update sends s
       set state = case r.outcome when 0 then 'accepted'
                                  when 1 then 'queued'
                                  when 2 then 'ended'
                                  else 'unconfirmed' end,
           lease_id = case when r.outcome = 3 then s.lease_id end,
           lease_until = null,
           next_attempt_at = case when r.outcome = 1
                                  then now() + r.delay_ms
                                               * interval '1 millisecond'
                                  else s.next_attempt_at end,
           provider_message_id
               = case when exists (select
                                     from sends o
                                    where o.provider = r.provider
                                      and o.account = r.account
                                      and o.provider_message_id
                                          = r.provider_message_id)
                      then s.provider_message_id
                      else coalesce(r.provider_message_id,
                                    s.provider_message_id) end,
           error = r.error,
           updated_at = now()
      from result r
     where s.ctid = any (array(select tid from result))
       and s.organization_id = r.organization_id
       and s.message_id = r.message_id
    returning s.organization_id, s.message_id, r.outcome, r.error_code
)
select f.organization_id, f.message_id
  from (select f.organization_id, f.message_id,
               case when f.outcome <> 1
                    then message_progress(f.organization_id, f.message_id,
                                          case when f.outcome = 2
                                               then 'failed'
                                               else 'sent' end,
                                          case f.outcome
                                               when 2 then f.error_code
                                               when 3 then 'unconfirmed' end)
               end as told
          from (select * from finished order by 1, 2 offset 0) f
        offset 0) f
