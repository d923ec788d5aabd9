-- Adds a card to the caller's phone, which is locked (device_lock), with a code
-- of its own: the first of those that no other card has.  Cards that were never
-- verified and are gone make room, so that none pile up.
--
-- outcome: added, forbidden (the phone's state), taken (the slot), full (it has
-- as many cards as a phone may have).  No row: it is not the caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_slot int4
-- $6 codes text[]
-- $7 most int4
--
-- > outcome text
-- > id int8
-- > sim_slot int4
-- > phone_number text
-- > status text
-- > verification_code text

with device as materialized (
    select d.id,
           case when not device_may(d.status, 'cards') then 'forbidden'
                when exists (select from sim_cards c
                              where c.device_id = d.id
                                and c.sim_slot = $5
                                and c.status <> 'inactive')
                then 'taken'
                when (select count(*) from sim_cards c
                       where c.device_id = d.id
                         and c.status <> 'inactive') >= $7
                then 'full'
                else 'added' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
), gone as (
    delete from sim_cards c
     using device d
     where d.outcome = 'added'
       and c.device_id = d.id
       and c.status = 'inactive'
       and c.hosted_sim_id is null
       and not c.number_verified
), card as (
    insert into sim_cards (device_id, sim_slot)
    select id, $5
      from device
     where outcome = 'added'
    returning id, sim_slot, phone_number, status
), code as (
    insert into verification_codes (code, sim_card_id)
    select s.code, c.id
      from card c
     cross join unnest($6) s(code)
     where not exists (select from verification_codes v where v.code = s.code)
     limit 1
    returning code
)
select d.outcome, c.id, c.sim_slot, c.phone_number, c.status,
       v.code as verification_code
  from device d
  left join card c on true
  left join code v on true
