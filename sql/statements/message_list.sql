-- A page of a SIM's messages that the caller may see, newest first.
--
-- No row where the caller does not see the SIM; else at least one, whose id is
-- null where the page is empty.  total is that of all pages; null without any
-- message where somebody else holds the lock (lock_id, and what the caller may
-- know of the holder) or where the caller sees the SIM in several organizations
-- (message_shared.sql).
--
-- message_blocks lead to the page: they are summed, newest first, until it
-- begins, and messages are read of those blocks alone that it lies in.  What
-- reads them stands without an order of its own, for which it would read to
-- the end: the blocks come in order, and so do each one's messages.
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
                   sum(b.total) filter (
                       where (select sees_all from mine)
                          or b.team_id = any ((select teams from mine)::int8[])
                   )::int4 as seen
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
           and (m.team_id is null or (select sees_all from mine)
                or m.team_id = any ((select teams from mine)::int8[]))
         order by m.received_at desc, m.id desc
         limit $5 offset greatest($6 - b.upto + b.seen, 0)) m
     where b.seen > 0
       and b.upto > $6
     limit $5
), total as materialized (
    select coalesce(sum(c.total), 0)::int8 as n
      from mine o
      left join message_counts c
        on c.organization_id = o.organization_id
       and c.hosted_sim_id = $4
       and (o.sees_all or c.team_id = any (o.teams))
     group by o.organization_id
)
select h.lock_id, h.user_id, h.user_name, h.expires_at, t.n as total, p.id,
       p.hosted_sim_id, p.direction, p.sender, p.recipient, p.body, p.status,
       p.received_at, p.created_at
  from (select from sees limit 1) s
  left join held h on true
  left join total t on true
  left join page p on true
