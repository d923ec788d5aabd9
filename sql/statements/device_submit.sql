-- Stores an SMS that a phone has received: a row for each organization that
-- may see it, with its event and its count.  What it is given to is fixed by
-- who held the SIM's lock when the phone received it, not when it came here.
--
-- outcome: stored, duplicate (the same message id from the same phone: nothing
-- is stored), inactive (the phone may not submit), no_card, ambiguous (no
-- slot is given, and several cards are active), over (the plan's month is used
-- up).  No row: it is not the caller's phone.  month_limit and month_end are
-- of the plan's month.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 message_id uuid
-- $6 sender text
-- $7 body text
-- $8 received_at timestamptz
-- $9 sim_slot int4
--
-- > outcome text
-- > month_limit int4
-- > month_end timestamptz

with device as (
    select d.id, d.organization_id, c.n, c.hosted_sim_id, c.phone_number,
           l.monthly_messages,
           case when $8 between now() - interval '7 days' and now() then $8
                else now() end as received_at,
           case when exists (select from device_submits s
                              where s.device_id = d.id and s.message_id = $5)
                then 'duplicate'
                when not device_may(d.status, 'submit') then 'inactive'
                when c.n = 0 then 'no_card'
                when c.n > 1 then 'ambiguous'
                when l.monthly_messages
                     <= (select coalesce(sum(m.messages), 0)
                           from organization_months m
                          where m.organization_id = d.organization_id
                            and m.month = date_trunc('month', now() at time
                                                     zone 'utc')::date)
                then 'over'
                else 'stored' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      join organizations o on o.id = d.organization_id
      join plans l on l.id = o.plan_id
     cross join lateral (
        select count(*) as n, min(c.hosted_sim_id) as hosted_sim_id,
               min(c.phone_number) as phone_number
          from sim_cards c
         where c.device_id = d.id
           and c.status = 'active'
           and ($9 is null or c.sim_slot = $9)
     ) c
     where d.id = $4
       and d.deleted_at is null
), submit as (
    insert into device_submits (device_id, message_id)
    select id, $5
      from device
     where outcome = 'stored'
        on conflict do nothing
    returning device_id
), sms as materialized (
    select d.*, sms_receive(d.hosted_sim_id, d.id, $6, d.phone_number, $7,
                            d.received_at)
      from submit s
      join device d on d.id = s.device_id
), month as (
    insert into organization_months as m
           (organization_id, month, slot, messages)
    select organization_id,
           date_trunc('month', now() at time zone 'utc')::date, id & 15, 1
      from sms
        on conflict (organization_id, month, slot) do update
       set messages = m.messages + 1
), counted as (
    insert into device_messages as m (device_id, month, messages)
    select id, date_trunc('month', now() at time zone 'utc')::date, 1
      from sms
        on conflict (device_id, month) do update
       set messages = m.messages + 1
)
select case when d.outcome = 'stored' and not exists (select from submit)
            then 'duplicate'
            else d.outcome end as outcome,
       d.monthly_messages as month_limit,
       (date_trunc('month', now() at time zone 'utc') + interval '1 month')
       at time zone 'utc' as month_end
  from device d
