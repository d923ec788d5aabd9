-- Takes the cards that were never verified from the caller's pending phone,
-- and their codes with them.  A card that was active once keeps its SIM, so
-- that its number comes back to that; without a code, it is inactive.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 android_id text

with card as materialized (
    select c.id, c.hosted_sim_id, c.status
      from principal($1, $2, $3) me
      join devices d
        on d.user_id = me.user_id
       and d.android_id = $4
       and d.status = 'pending_verification'
       and d.deleted_at is null
      join sim_cards c on c.device_id = d.id
), code as (
    delete from verification_codes v
     using card c
     where v.sim_card_id = c.id
       and c.hosted_sim_id is not null
       and v.used_at is null
), kept as (
    update sim_cards k
       set status = 'inactive', updated_at = now()
      from card c
     where k.id = c.id
       and c.hosted_sim_id is not null
       and c.status = 'pending'
)
delete from sim_cards k
 using card c
 where k.id = c.id
   and c.hosted_sim_id is null
   and c.status = 'pending'
