-- A card of the caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_card_id int8
--
-- > id int8
-- > phone_number text
-- > sim_slot int4
-- > status text
-- > signal_strength int4
-- > is_active bool
-- > hosted_sim_id int8
-- > created_at timestamptz
-- > updated_at timestamptz

select c.id, c.phone_number, c.sim_slot, c.status, c.signal_strength,
       c.status = 'active' as is_active, c.hosted_sim_id, c.created_at,
       c.updated_at
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
  join sim_cards c on c.device_id = d.id and c.id = $5
 where d.id = $4
   and d.deleted_at is null
