-- Takes a card from the caller's phone, which is locked (device_lock); what
-- else that ends is a trigger's.  One that is removed already stays as it is.
--
-- outcome: removed, forbidden (the phone's state), unknown (it has no such
-- card).  No row: it is not the caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 sim_card_id int8
--
-- > outcome text

with card as materialized (
    select c.id,
           case when not device_may(d.status, 'cards') then 'forbidden'
                when c.id is null then 'unknown'
                else 'removed' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      left join sim_cards c on c.device_id = d.id and c.id = $5
     where d.id = $4
       and d.deleted_at is null
), removed as (
    update sim_cards c
       set status = 'inactive', updated_at = now()
      from card k
     where k.outcome = 'removed'
       and c.id = k.id
       and c.status <> 'inactive'
), dead as (
    delete from verification_codes v
     using card k
     where k.outcome = 'removed'
       and v.sim_card_id = k.id
)
select outcome
  from card
