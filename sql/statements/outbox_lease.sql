-- Gives a phone the SMS that it is to send, oldest first: those that wait, and
-- those whose lease has run out.  Each is the phone's alone for the time of
-- the lease.  What another request of the same phone is just taking is passed
-- over.  An SMS whose card is no longer active in that phone is not offered.
--
-- A row at least where it is the caller's phone, with message_id null where
-- there is nothing to send.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 most int4
-- $6 seconds int4
--
-- > is_allowed bool
-- > message_id int8
-- > recipient text
-- > body text
-- > sim_slot int4
-- > lease_until timestamptz

with device as materialized (
    select d.id, device_may(d.status, 'outbox') as is_allowed
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), due as materialized (
    select s.organization_id, s.message_id, c.sim_slot
      from device d
      join sends s on s.device_id = d.id
      join sim_cards c
        on c.hosted_sim_id = s.hosted_sim_id
       and c.status = 'active'
       and c.device_id = s.device_id
     where d.is_allowed
       and s.provider = 'byos'
       and s.state in ('queued', 'leased')
       and (s.lease_until is null or s.lease_until <= now())
       and s.created_at > now() - interval '24 hours'
     order by s.message_id
     limit $5
       for update of s skip locked
), leased as (
    update sends s
       set state = 'leased', lease_id = gen_random_uuid(),
           lease_until = now() + make_interval(secs => $6),
           attempts = s.attempts + 1, updated_at = now()
      from due
     where s.organization_id = due.organization_id
       and s.message_id = due.message_id
    returning s.organization_id, s.message_id, due.sim_slot, s.lease_until
)
select d.is_allowed, m.id as message_id, m.recipient, m.body,
       m.sim_slot, m.lease_until
  from device d
  left join (select m.id, m.recipient, m.body, l.sim_slot, l.lease_until
               from leased l
               join messages m
                 on m.organization_id = l.organization_id
                and m.id = l.message_id) m on true
 order by m.id
