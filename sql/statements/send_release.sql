-- Gives back what was leased under this lease and not handed over.
--
-- for simrelayd
-- $1 lease_id uuid
--
-- > message_id int8

update sends
   set state = 'queued',
       attempts = attempts - 1,
       lease_id = null,
       lease_until = null,
       updated_at = now()
 where state = 'leased'
   and lease_until is not null
   and lease_id = $1
returning message_id
