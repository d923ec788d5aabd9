-- What became of an SMS that a phone was to send, after outbox_lock.
--
-- outcome: moved; known (it, or a later one, is recorded already); expired
-- (the lease ran out, or the SMS has ended otherwise); inactive (the phone may
-- not tell).  is_told: an event was made.  No row: it is not the caller's
-- phone; message_id null: it is not this phone's message.
--
-- A lease that ran out is in nobody's way where the phone is not given the SMS
-- again, being disabled or without the card: then its word counts still.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 message_id int8
-- $6 status text
-- $7 error text
--
-- > outcome text
-- > message_id int8
-- > status text
-- > is_told bool

with device as materialized (
    select d.id, device_may(d.status, 'report') as is_allowed,
           device_may(d.status, 'outbox') as is_given
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), send as materialized (
    select s.organization_id, s.message_id, s.state, s.error,
           s.lease_until > now()
           or not d.is_given
           or not exists (select
                            from sim_cards c
                           where c.hosted_sim_id = s.hosted_sim_id
                             and c.status = 'active'
                             and c.device_id = d.id) as is_held
      from device d
      join sends s on s.device_id = d.id
     where d.is_allowed
       and s.message_id = $5
), judged as materialized (
    select s.organization_id, s.message_id, m.status,
           case when s.state = 'queued'
                  or s.state = 'leased' and s.is_held
                  or s.state = 'accepted' and $6 <> 'sent'
                then 'moved'
                when s.state = 'accepted'
                  or s.state = 'ended'
                     and (m.status = $6
                          or $6 = 'sent'
                             and coalesce(s.error, '')
                                 not in ('expired', 'the SIM is retired'))
                then 'known'
                else 'expired' end as outcome
      from send s
      join messages m
        on m.organization_id = s.organization_id
       and m.id = s.message_id
), moved as (
    update sends s
       set state = case $6 when 'sent' then 'accepted' else 'ended' end,
           lease_id = null, lease_until = null,
           error = case $6 when 'failed' then $7 end, updated_at = now()
      from judged j
     where j.outcome = 'moved'
       and s.organization_id = j.organization_id
       and s.message_id = j.message_id
    returning s.organization_id, s.message_id
), told as materialized (
    select message_progress(organization_id, message_id, $6,
                            case when $6 <> 'failed' then null
                                 when $7 ~ '^[A-Za-z0-9_.:-]{1,64}$' then $7
                                 else 'phone' end) as is_told
      from moved
)
select case when d.is_allowed then j.outcome else 'inactive' end as outcome,
       j.message_id,
       case when j.outcome = 'moved' then $6 else j.status end as status,
       coalesce(t.is_told, false) as is_told
  from device d
  left join judged j on true
  left join told t on true
