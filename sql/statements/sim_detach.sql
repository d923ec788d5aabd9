-- Takes a SIM from an organization; its messages stay.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
-- $2 organization_id int8
--
-- > hosted_sim_id int8

delete from sim_attachments
 where hosted_sim_id = $1
   and organization_id = $2
returning hosted_sim_id
