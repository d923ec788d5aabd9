-- Is this the caller's phone, and the card one of its own?  A row if it is the
-- phone; is_allowed: its cards may be changed, and null where it has no such
-- card.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_card_id int8
--
-- > is_allowed bool

select case when not device_may(d.status, 'cards') then false
            when c.id is not null then true end as is_allowed
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
  left join sim_cards c on c.device_id = d.id and c.id = $5
 where d.id = $4
   and d.deleted_at is null
