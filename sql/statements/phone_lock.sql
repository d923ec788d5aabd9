-- Locks a phone for the rest of the transaction, as whoever changes its cards
-- does.
--
-- for simrelay
--
-- $1 device_id int8
--
-- > id int8

select id
  from devices
 where id = $1
   and deleted_at is null
   for no key update
