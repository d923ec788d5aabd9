-- The phone that holds the demo's shared SIM: found by its android id, or
-- made, with an active card.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 user_id int8
-- $3 android_id text
-- $4 hosted_sim_id int8
-- $5 number text
--
-- > id int8

with device as (
    insert into devices as d (organization_id, user_id, android_id,
                              device_name, device_model, app_version, status)
    values ($1, $2, $3, 'Demo phone', 'Demo', '1.0', 'active')
        on conflict (android_id) where deleted_at is null do update
       set status = 'active', updated_at = now()
    returning d.id
), card as (
    insert into sim_cards (device_id, sim_slot, phone_number, number_verified,
                           status, hosted_sim_id)
    select id, 1, $5, true, 'active', $4
      from device
        on conflict do nothing
)
select id
  from device
