-- Changes a card of the caller's phone, which is locked (device_lock): what is
-- not given stays.  The number of an active card is that of the SIM that it
-- stands for, too; a new one was set by hand, and counts as not verified.
--
-- outcome: changed, forbidden (the phone's state), unknown (it has no such
-- card), numberless (an active card has a number).  No row: it is not the
-- caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_card_id int8
-- $6 has_number bool
-- $7 phone_number text
-- $8 country text
-- $9 has_slot bool
-- $10 sim_slot int4
--
-- > outcome text

with card as materialized (
    select c.id, c.status, c.hosted_sim_id,
           $6 and c.phone_number is distinct from $7 as is_new,
           $9 and c.sim_slot is distinct from $10 as is_moved,
           case when not device_may(d.status, 'cards') then 'forbidden'
                when c.id is null then 'unknown'
                when $6 and $7 is null and c.status = 'active'
                then 'numberless'
                else 'changed' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      left join sim_cards c on c.device_id = d.id and c.id = $5
     where d.id = $4
       and d.deleted_at is null
), changed as (
    update sim_cards c
       set phone_number = case when $6 then $7 else c.phone_number end,
           number_verified = c.number_verified and not k.is_new,
           sim_slot = case when $9 then $10 else c.sim_slot end,
           updated_at = now()
      from card k
     where k.outcome = 'changed'
       and c.id = k.id
       and (k.is_new or k.is_moved)
), renumbered as (
    update hosted_sims h
       set number = $7, country = $8, updated_at = now()
      from card k
     where k.outcome = 'changed'
       and k.is_new
       and k.status = 'active'
       and h.id = k.hosted_sim_id
)
select outcome
  from card
