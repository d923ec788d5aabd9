-- Is a wait for a message after an id over: is there one that the caller may
-- see, or may the caller not read (any more), or not now, since somebody else
-- holds the lock?  Where the caller sees the SIM in several organizations, only
-- the lowest one's row of an SMS counts.
--
-- for simrelayd
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 after_id int8
--
-- > is_over bool

with sees as materialized (
    select p.organization_id, p.user_id, p.api_key_id, p.sees_all
      from principal_sims($1, $2, $3) p
      join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
     where p.hosted_sim_id = $4
)
select not exists (select from sees)
       or exists (
          select
            from sees o
            join sim_locks l
              on l.hosted_sim_id = $4
             and l.expires_at > now()
             and (l.user_id <> o.user_id
                  or l.api_key_id is distinct from o.api_key_id))
       or exists (
          select
            from sees o
           cross join lateral (
              select
                from messages m
               where m.organization_id = o.organization_id
                 and m.hosted_sim_id = $4
                 and m.id > $5
                 and (m.team_id is null or o.sees_all
                      or exists (select
                                   from team_members t
                                  where t.team_id = m.team_id
                                    and t.user_id = o.user_id))
                 and not exists (
                     select
                       from sees q
                       join messages d
                         on d.organization_id = q.organization_id
                        and d.hosted_sim_id = $4
                        and d.received_at = m.received_at
                        and d.sms_id = m.sms_id
                      where q.organization_id < o.organization_id
                        and (d.team_id is null or q.sees_all
                             or exists (select
                                          from team_members t
                                         where t.team_id = d.team_id
                                           and t.user_id = q.user_id)))
               limit 1) n) as is_over
