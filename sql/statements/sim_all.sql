-- Every live SIM, and the organizations that it is attached to.
--
-- for simrelay
--
-- > id int8
-- > number text
-- > provider text
-- > account text
-- > type text
-- > status text
-- > max_organizations int4
-- > send_interval_ms int4
-- > organizations text

select h.id, h.number, h.provider, h.provider_account as account, h.type,
       h.status, h.shared_max_orgs as max_organizations, h.send_interval_ms,
       (select string_agg(a.organization_id || coalesce(':' || a.team_id, ''),
                          ',' order by a.organization_id)
          from sim_attachments a
         where a.hosted_sim_id = h.id) as organizations
  from hosted_sims h
 where h.deleted_at is null
 order by h.id
