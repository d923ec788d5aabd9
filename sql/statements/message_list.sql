-- A page of a SIM's messages, newest first: of each organization in which the
-- caller sees the SIM, those that it may see.  Where several organizations
-- have rows of one SMS, the lowest one's counts.  Nothing while somebody else
-- holds the lock.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 per_page int4
-- $6 skip int8
--
-- > id int8
-- > hosted_sim_id int8
-- > direction text
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > received_at timestamptz
-- > created_at timestamptz

with mine as materialized (
    select p.organization_id, p.user_id, p.sees_all, count(*) over () as n
      from principal_sims($1, $2, $3) p
     where p.hosted_sim_id = $4
       and not exists (select from sim_locks l
                        where l.hosted_sim_id = $4
                          and l.expires_at > now()
                          and (l.user_id <> p.user_id
                               or l.api_key_id is distinct from p.api_key_id))
)
select m.id, m.hosted_sim_id, m.direction, m.sender, m.recipient, m.body,
       m.status, m.received_at, m.created_at
  from mine o
 cross join lateral (
    select *
      from messages m
     where m.organization_id = o.organization_id
       and m.hosted_sim_id = $4
       and (m.team_id is null or o.sees_all
            or exists (select from team_members t
                        where t.team_id = m.team_id
                          and t.user_id = o.user_id))
       and (o.n = 1
            or not exists (select
                             from mine q
                             join messages d
                               on d.organization_id = q.organization_id
                              and d.hosted_sim_id = m.hosted_sim_id
                              and d.received_at = m.received_at
                              and d.sms_id = m.sms_id
                            where q.organization_id < o.organization_id
                              and (d.team_id is null or q.sees_all
                                   or exists (select from team_members t
                                               where t.team_id = d.team_id
                                                 and t.user_id = q.user_id))))
     order by m.received_at desc, m.id desc
     limit $5 + $6
 ) m
 order by m.received_at desc, m.id desc
 limit $5 offset $6
