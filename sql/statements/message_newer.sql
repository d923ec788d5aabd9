-- A page of those of a SIM's messages whose ids are above after_id; else as
-- message_list.sql, which says more.  A block is counted as a whole where all
-- of it is newer, and read where only some of it is.
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
     where (select count(*) from sees) = 1
       and not exists (select from held)
), block as (
    select b.starts_at, b.seen, sum(b.seen) over newer as upto
      from (select b.starts_at,
                   sum(case
                       when not (select sees_all from mine)
                            and b.team_id
                                <> all ((select teams from mine)::int8[])
                       then 0
                       when b.first_id > $7
                       then b.total
                       when b.last_id > $7
                       then (select count(*)
                               from messages m
                              where m.organization_id = b.organization_id
                                and m.hosted_sim_id = $4
                                and m.received_at >= b.starts_at
                                and m.received_at
                                    < coalesce((select n.starts_at
                                                  from message_blocks n
                                                 where n.organization_id
                                                       = b.organization_id
                                                   and n.hosted_sim_id = $4
                                                   and n.starts_at
                                                       > b.starts_at
                                                 order by n.starts_at
                                                 limit 1), 'infinity')
                                and m.id > $7
                                and coalesce(m.team_id, 0) = b.team_id)::int4
                       else 0 end)::int4 as seen
              from message_blocks b
             where b.organization_id = (select organization_id from mine)
               and b.hosted_sim_id = $4
             group by b.starts_at
             order by b.starts_at desc
            offset 0) b
    window newer as (order by b.starts_at desc rows unbounded preceding)
), page as (
    select m.*
      from block b
     cross join lateral (
        select *
          from messages m
         where m.organization_id = (select organization_id from mine)
           and m.hosted_sim_id = $4
           and m.received_at >= b.starts_at
           and m.received_at
               < coalesce((select n.starts_at
                             from message_blocks n
                            where n.organization_id = (select organization_id
                                                         from mine)
                              and n.hosted_sim_id = $4
                              and n.starts_at > b.starts_at
                            order by n.starts_at
                            limit 1), 'infinity')
           and m.id > $7
           and (m.team_id is null or (select sees_all from mine)
                or m.team_id = any ((select teams from mine)::int8[]))
         order by m.received_at desc, m.id desc
         limit $5 offset greatest($6 - b.upto + b.seen, 0)) m
     where b.seen > 0
       and b.upto > $6
     limit $5
), total as materialized (
    select coalesce((select max(b.upto) from block b), 0) as n
      from mine
)
select h.lock_id, h.user_id, h.user_name, h.expires_at, t.n as total, p.id,
       p.hosted_sim_id, p.direction, p.sender, p.recipient, p.body, p.status,
       p.received_at, p.created_at
  from (select from sees limit 1) s
  left join held h on true
  left join total t on true
  left join page p on true
