-- Locks the phones that a verification SMS may change, in the order of their
-- ids: that of the code's card, and that of the card which has the number now.
--
-- for module
--
-- $1 sender text
-- $2 code text

select
  from devices d
 where d.id = any (array(
        select c.device_id
          from verification_codes v
          join sim_cards c on c.id = v.sim_card_id
         where v.code = $2
           and v.used_at is null
           and v.expires_at > now()
        union all
        select k.device_id
          from hosted_sims h
          join sim_cards k on k.hosted_sim_id = h.id and k.status = 'active'
         where h.number = $1
           and h.status = 'active'
           and h.deleted_at is null))
 order by d.id
   for no key update
