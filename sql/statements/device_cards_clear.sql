-- Takes the cards that were never verified from the caller's pending phone,
-- and their codes with them.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 android_id text

delete from sim_cards c
 using principal($1, $2, $3) me
  join devices d
    on d.user_id = me.user_id
   and d.android_id = $4
   and d.status = 'pending_verification'
   and d.deleted_at is null
 where c.device_id = d.id
   and c.status = 'pending'
