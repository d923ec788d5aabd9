-- Phones that have been silent for too long go offline, each with an event for
-- its owner.  Returns how many.
--
-- for simrelayd
--
-- > offline int8

with silent as (
    select p.device_id
      from device_presence p
     where p.is_online
       and p.last_seen_at < now() - case when p.is_in_doze_mode
                                         then interval '960 seconds'
                                         else interval '360 seconds' end
     limit 1000
       for update skip locked
), offline as (
    update device_presence p
       set is_online = false
      from silent s
     where p.device_id = s.device_id
    returning p.device_id
), told as (
    insert into events (organization_id, user_id, type, object_id)
    select d.organization_id, d.user_id, 'device.offline', d.id
      from offline o
      join devices d on d.id = o.device_id
     where d.deleted_at is null
)
select count(*) as offline
  from offline
