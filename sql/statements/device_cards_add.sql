-- Gives the caller's pending phone its cards, each with a code of its own: one
-- of those that no other card has.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 android_id text
-- $5 sim_slots int4[]
-- $6 codes text[]
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
), free as (
    select s.code, row_number() over () as n
      from (select distinct code from unnest($6) u(code)) s
     where not exists (select from verification_codes v where v.code = s.code)
), code as (
    insert into verification_codes (code, sim_card_id)
    select f.code, c.id
      from (select id, row_number() over () as n from card) c
      join free f on f.n = c.n
    returning code, sim_card_id
)
select c.id, c.sim_slot, c.phone_number, c.status,
       v.code as verification_code
  from card c
  join code v on v.sim_card_id = c.id
 order by c.sim_slot
