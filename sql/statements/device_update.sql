-- Changes what is given of the caller's phone, after device_lock.  A number is
-- that of its lowest active slot and of the SIM that stands for it; one that is
-- not the same as before is no longer a verified one.
--
-- outcome: updated; refused (the phone's state does not allow it); no_card
-- (none is active, which the number could be of); taken (by another live SIM).
-- No row: it is not the caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
-- $5 device_name text
-- $6 is_named bool
-- $7 app_version text
-- $8 phone_number text
-- $9 country text
--
-- > outcome text

with device as materialized (
    select d.id, c.id as card_id, c.hosted_sim_id,
           case when not device_may(d.status, 'update') then 'refused'
                when $8 is null then 'updated'
                when c.id is null then 'no_card'
                when exists (select
                               from hosted_sims h
                              where h.number = $8
                                and h.status = 'active'
                                and h.deleted_at is null
                                and h.id <> c.hosted_sim_id)
                then 'taken'
                else 'updated' end as outcome
      from principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      left join lateral (
        select a.id, a.hosted_sim_id
          from sim_cards a
         where a.device_id = d.id
           and a.status = 'active'
         order by a.sim_slot, a.id
         limit 1
      ) c on true
     where d.id = $4
       and d.deleted_at is null
), named as (
    update devices d
       set device_name = case when $6 then $5 else d.device_name end,
           app_version = coalesce($7, d.app_version), updated_at = now()
      from device x
     where x.outcome = 'updated'
       and d.id = x.id
       and ($6 and d.device_name is distinct from $5
            or d.app_version <> $7)
), sim as (
    update hosted_sims h
       set number = $8, country = $9, updated_at = now()
      from device x
     where x.outcome = 'updated'
       and h.id = x.hosted_sim_id
       and h.number is distinct from $8
       and $8 is not null
), card as (
    update sim_cards c
       set phone_number = $8, number_verified = false, updated_at = now()
      from device x
     where x.outcome = 'updated'
       and c.id = x.card_id
       and c.phone_number is distinct from $8
       and $8 is not null
)
select outcome
  from device
