-- Gives the caller's pending phone its cards, each with a code of its own.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 android_id text
-- $5 sim_slots int4[]
-- $6 first_code text
-- $7 second_code text
--
-- > id int8
-- > sim_slot int4
-- > phone_number text
-- > status text
-- > verification_code text

with card as (
    insert into sim_cards (device_id, sim_slot)
    select d.id, s.slot
      from principal($1, $2, $3) me
      join devices d
        on d.user_id = me.user_id
       and d.android_id = $4
       and d.status = 'pending_verification'
       and d.deleted_at is null
     cross join unnest($5) s(slot)
    returning id, sim_slot, phone_number, status
), code as (
    insert into verification_codes (code, sim_card_id)
    select s.code, c.id
      from card c
      join unnest($5, array[$6, $7]) s(slot, code) on s.slot = c.sim_slot
    returning code, sim_card_id
)
select c.id, c.sim_slot, c.phone_number, c.status,
       v.code as verification_code
  from card c
  join code v on v.sim_card_id = c.id
 order by c.sim_slot
