-- Is this the caller's phone, and the message one that it is to send?  A row if
-- it is the phone; is_allowed: it may tell of SMS, and null where the message
-- is none of its own.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 message_id int8
--
-- > is_allowed bool

select case when not device_may(d.status, 'report') then false
            when s.message_id is not null then true end as is_allowed
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
  left join sends s on s.device_id = d.id and s.message_id = $5
 where d.id = $4
   and d.deleted_at is null
