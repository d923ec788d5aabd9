-- Gives a card of the caller's phone, which is locked (device_lock), a new
-- code: the first of those that no other card has; its old one is dead.  A card
-- that was removed is pending again.
--
-- outcome: made, forbidden (the phone's state), unknown (it has no such card),
-- active (it needs no code), taken (another card has its slot by now), full
-- (the phone has as many cards as it may have).  No row: it is not the caller's
-- phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_card_id int8
-- $6 codes text[]
-- $7 most int4
--
-- > outcome text
-- > id int8
-- > sim_slot int4
-- > phone_number text
-- > status text
-- > verification_code text

with card as materialized (
    select c.id,
           case when not device_may(d.status, 'cards') then 'forbidden'
                when c.id is null then 'unknown'
                when c.status = 'active' then 'active'
                when c.status = 'pending' then 'made'
                when exists (select from sim_cards k
                              where k.device_id = d.id
                                and k.sim_slot = c.sim_slot
                                and k.status <> 'inactive')
                then 'taken'
                when (select count(*) from sim_cards k
                       where k.device_id = d.id
                         and k.status <> 'inactive') >= $7
                then 'full'
                else 'made' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      left join sim_cards c on c.device_id = d.id and c.id = $5
     where d.id = $4
       and d.deleted_at is null
), pending as (
    update sim_cards c
       set status = 'pending', updated_at = now()
      from card k
     where k.outcome = 'made'
       and c.id = k.id
    returning c.id, c.sim_slot, c.phone_number, c.status
), dead as (
    delete from verification_codes v
     using card k
     where k.outcome = 'made'
       and v.sim_card_id = k.id
), code as (
    insert into verification_codes (code, sim_card_id)
    select s.code, p.id
      from pending p
     cross join unnest($6) s(code)
     where not exists (select from verification_codes v where v.code = s.code)
     limit 1
    returning code
)
select k.outcome, p.id, p.sim_slot, p.phone_number, p.status,
       v.code as verification_code
  from card k
  left join pending p on true
  left join code v on true
