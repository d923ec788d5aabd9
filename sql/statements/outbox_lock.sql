-- Locks an SMS that a phone is to send, so that two results of it are judged in
-- turn, each by what the other has left.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 message_id int8
--
-- > message_id int8

select s.message_id
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join sends s on s.device_id = d.id
 where d.id = $4
   and d.deleted_at is null
   and s.message_id = $5
   for update of s
