-- Every live SIM, and the organizations that it is attached to.
--
-- for simrelay
--
-- > id int8
-- > number text
-- > provider text
-- > type text
-- > status text
-- > organizations text

select h.id, h.number, h.provider, h.type, h.status,
       (select string_agg(a.organization_id::text, ','
                          order by a.organization_id)
          from sim_attachments a
         where a.hosted_sim_id = h.id) as organizations
  from hosted_sims h
 where h.deleted_at is null
 order by h.id
