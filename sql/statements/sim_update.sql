-- Changes what is given of a SIM; null leaves it.  A most of 0 organizations
-- is as many as there are, an interval of -1 that of simrelayd, an empty account
-- none.  No row: there is no such SIM.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
-- $2 provider text
-- $3 provider_account text
-- $4 type text
-- $5 status text
-- $6 shared_max_orgs int4
-- $7 send_interval_ms int4
--
-- > hosted_sim_id int8

update hosted_sims h
   set provider = coalesce($2, h.provider),
       provider_account = nullif(coalesce($3, h.provider_account), ''),
       type = coalesce($4, h.type),
       status = coalesce($5, h.status),
       shared_max_orgs = nullif(coalesce($6, h.shared_max_orgs), 0),
       send_interval_ms = nullif(coalesce($7, h.send_interval_ms), -1),
       updated_at = now()
 where h.id = $1
   and h.deleted_at is null
returning h.id as hosted_sim_id
