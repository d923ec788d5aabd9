-- All organizations, and how much they have.  month_messages is what their
-- phones have received this month.
--
-- for simrelay
--
-- > id int8
-- > name text
-- > plan text
-- > members int8
-- > sims int8
-- > phones int4
-- > month_messages int8
-- > created_at timestamptz

select o.id, o.name, p.name as plan,
       (select count(*) from members m where m.organization_id = o.id)
           as members,
       (select count(*) from sim_attachments a where a.organization_id = o.id)
           as sims,
       coalesce((select n.devices from device_counts n
                  where n.organization_id = o.id), 0) as phones,
       (select coalesce(sum(u.messages), 0)
          from organization_months u
         where u.organization_id = o.id
           and u.month = date_trunc('month', now() at time zone 'utc')::date)
           as month_messages,
       o.created_at
  from organizations o
  join plans p on p.id = o.plan_id
 order by o.id
