-- Ends a SIM for good.  is_card: it is a phone's, and goes with its card there
-- alone.  No row: there is no such SIM.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
--
-- > hosted_sim_id int8
-- > is_card bool

select h.id as hosted_sim_id, r.is_card
  from hosted_sims h
 cross join lateral (
    select case when exists (select from sim_cards c
                              where c.hosted_sim_id = h.id
                                and c.status = 'active')
                then true
                else not sim_retire(h.id) end as is_card
    offset 0
 ) r
 where h.id = $1
   and h.deleted_at is null
