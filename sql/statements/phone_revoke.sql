-- Ends what a phone, which is locked (phone_lock), may do, for good: its cards
-- are inactive, so that their numbers are free (a trigger's), its codes are
-- dead, what it was to send has failed, and nobody waits for it any more.  One
-- that is revoked already stays as it is.
--
-- for simrelay
--
-- $1 device_id int8
--
-- > id int8
-- > cards int8
-- > messages int8

with phone as materialized (
    update devices d
       set status = 'revoked', updated_at = now()
     where d.id = $1
       and d.deleted_at is null
       and d.status <> 'revoked'
    returning d.id, d.organization_id, d.user_id
), card as (
    update sim_cards c
       set status = 'inactive', updated_at = now()
      from phone f
     where c.device_id = f.id
       and c.status <> 'inactive'
    returning c.id
), code as (
    delete from verification_codes v
     using phone f
      join sim_cards c on c.device_id = f.id
     where v.sim_card_id = c.id
       and v.used_at is null
), seen as materialized (
    select p.device_id, p.is_online
      from phone f
      join device_presence p on p.device_id = f.id
       for update of p
), silent as (
    update device_presence p
       set is_online = false, due_at = null, alerted_at = null
      from seen s
     where p.device_id = s.device_id
), told as (
    insert into events (created_at, organization_id, user_id, type, object_id)
    select clock_timestamp(), f.organization_id, f.user_id, 'device.offline',
           f.id
      from phone f
      join seen s on s.device_id = f.id
     where s.is_online
), ended as (
    update sends s
       set state = 'ended', error = 'the phone is revoked', lease_id = null,
           lease_until = null, updated_at = now()
      from phone f
     where s.device_id = f.id
       and s.provider = 'byos'
       and s.state in ('queued', 'leased')
    returning s.organization_id, s.message_id
), failed as materialized (
    select message_progress(organization_id, message_id, 'failed',
                            'phone_revoked')
      from ended
)
select d.id, (select count(*) from card) as cards,
       (select count(*) from failed) as messages
  from devices d
 where d.id = $1
