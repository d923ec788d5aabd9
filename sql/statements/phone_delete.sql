-- Deletes a phone, which is locked (phone_lock), for somebody who cannot, such
-- as one that has left its organization.
--
-- for simrelay
--
-- $1 device_id int8
--
-- > id int8

select id
  from devices
 where id = $1
   and device_delete(id)
