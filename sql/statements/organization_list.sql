-- All organizations, and how much they have.
--
-- for simrelay
--
-- > id int8
-- > name text
-- > plan text
-- > members int8
-- > sims int8
-- > created_at timestamptz

select o.id, o.name, p.name as plan,
       (select count(*) from members m where m.organization_id = o.id)
           as members,
       (select count(*) from sim_attachments a where a.organization_id = o.id)
           as sims,
       o.created_at
  from organizations o
  join plans p on p.id = o.plan_id
 order by o.id
