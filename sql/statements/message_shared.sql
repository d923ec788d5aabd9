-- A page of a SIM's messages whose ids are above after_id, newest first, for
-- who sees the SIM in several organizations: of each those that the caller may
-- see; where several have rows of one SMS, the lowest one's counts.  It is
-- added first, so that its id is the lowest as well.
--
-- No row where the caller does not see the SIM; else at least one, as of
-- message_list.sql.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 per_page int4
-- $6 skip int8
-- $7 after_id int8
--
-- > lock_id int8
-- > user_id int8
-- > user_name text
-- > expires_at timestamptz
-- > total int8
-- > id int8
-- > hosted_sim_id int8
-- > direction text
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > received_at timestamptz
-- > created_at timestamptz

with sees as materialized (
    select p.organization_id, p.user_id, p.api_key_id,
           p.current_organization_id, p.sees_all,
           array(select t.team_id
                   from team_members t
                  where t.user_id = p.user_id) || 0::int8 as teams
      from principal_sims($1, $2, $3) p
      join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
     where p.hosted_sim_id = $4
), held as materialized (
    select l.lock_id, u.id as user_id, u.name as user_name, l.expires_at
      from (select * from sees limit 1) o
      join sim_locks l
        on l.hosted_sim_id = $4
       and l.expires_at > now()
       and (l.user_id <> o.user_id
            or l.api_key_id is distinct from o.api_key_id)
      left join users u
        on u.id = l.user_id
       and case when o.api_key_id is not null
                then l.organization_id = o.current_organization_id
                else exists (select from members m
                              where m.user_id = o.user_id
                                and m.organization_id = l.organization_id) end
), mine as materialized (
    select *
      from sees
     where not exists (select from held)
), page as (
    select m.*
      from mine o
     cross join lateral (
        select *
          from messages m
         where m.organization_id = o.organization_id
           and m.hosted_sim_id = $4
           and m.id > $7
           and (m.team_id is null or o.sees_all or m.team_id = any (o.teams))
           and not exists (select
                             from mine q
                             join messages d
                               on d.organization_id = q.organization_id
                              and d.hosted_sim_id = $4
                              and d.received_at = m.received_at
                              and d.sms_id = m.sms_id
                            where q.organization_id < o.organization_id
                              and (d.team_id is null or q.sees_all
                                   or d.team_id = any (q.teams)))
         order by m.received_at desc, m.id desc
         limit $5 + $6) m
     order by m.received_at desc, m.id desc
     limit $5 offset $6
), total as materialized (
    select count(*) as n
      from (select
              from mine o
              join messages m
                on m.organization_id = o.organization_id
               and m.hosted_sim_id = $4
               and m.id > $7
             where m.team_id is null or o.sees_all or m.team_id = any (o.teams)
             group by m.sms_id
            having $7 = 0
                or not exists (select
                                 from mine q
                                 join messages d
                                   on d.organization_id = q.organization_id
                                  and d.hosted_sim_id = $4
                                  and d.received_at = min(m.received_at)
                                  and d.sms_id = m.sms_id
                                where d.id <= $7
                                  and (d.team_id is null or q.sees_all
                                       or d.team_id = any (q.teams)))) s
    having exists (select from mine)
)
select h.lock_id, h.user_id, h.user_name, h.expires_at, t.n as total, p.id,
       p.hosted_sim_id, p.direction, p.sender, p.recipient, p.body, p.status,
       p.received_at, p.created_at
  from (select from sees limit 1) s
  left join held h on true
  left join total t on true
  left join page p on true
 order by p.received_at desc, p.id desc
