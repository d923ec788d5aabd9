-- Takes the lock of a SIM, or extends the caller's own.  The row of sim_locks
-- is what two callers meet at: one of them waits for the other to commit, and
-- then judges what that one left, by the time that it is then: a lock that was
-- given back meanwhile is none.  No row: somebody else holds it, or there is
-- no such SIM.
--
-- A new hold is told by a trigger (number.locked), an extended one is not.
-- One that had expired, and was not told to be over yet, is told first.
--
-- The SIM stays attached to the holder's organization until the hold is there,
-- so that whoever takes it away ends that hold too.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 ttl_seconds int4
-- $6 max_seconds int4
--
-- > lock_id int8

with sim as materialized (
    select p.*, clock_timestamp() as at, nextval('lock_ids') as new_id
      from principal_sims($1, $2, $3) p
      join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
      join sim_attachments a
        on a.organization_id = p.organization_id
       and a.hosted_sim_id = p.hosted_sim_id
     where p.hosted_sim_id = $4
     order by p.organization_id = p.current_organization_id desc nulls last,
              p.organization_id
     limit 1
       for key share of a
), hold as (
    insert into sim_locks as l
           (hosted_sim_id, lock_id, organization_id, team_id, user_id,
            api_key_id, started_at, expires_at)
    select s.hosted_sim_id, s.new_id, s.organization_id,
           coalesce(s.team_id,
                    (select min(t.team_id) from team_members t
                      where t.user_id = s.user_id
                        and t.organization_id = s.organization_id)),
           s.user_id, s.api_key_id, s.at, s.at + make_interval(secs => $5)
      from sim s
        on conflict (hosted_sim_id) do update
       set (lock_id, organization_id, team_id, user_id, api_key_id,
            started_at, expires_at)
         = (select case when live then l.lock_id
                        else excluded.lock_id end,
                   case when live then l.organization_id
                        else excluded.organization_id end,
                   case when live then l.team_id
                        else excluded.team_id end,
                   excluded.user_id,
                   excluded.api_key_id,
                   case when live then l.started_at else at end,
                   case when live then least(at + make_interval(secs => $5),
                                             l.started_at
                                             + make_interval(secs => $6))
                        else at + make_interval(secs => $5) end
              from (select at, l.expires_at > at
                      from (select clock_timestamp()) c(at)) x(at, live))
     where l.expires_at <= clock_timestamp()
        or (l.user_id = excluded.user_id
            and l.api_key_id is not distinct from excluded.api_key_id)
    returning l.*
), over as (
    update locks k
       set ended_at = clock_timestamp()
      from hold h
      join sim s on s.new_id = h.lock_id
     where k.hosted_sim_id = h.hosted_sim_id
       and k.ended_at is null
    returning k.id
), kept as (
    insert into locks as k
           (id, hosted_sim_id, organization_id, team_id, user_id, api_key_id,
            started_at, expires_at)
    select lock_id, hosted_sim_id, organization_id, team_id, user_id,
           api_key_id, started_at, expires_at
      from hold
     where (select count(*) from over) >= 0
        on conflict (id) do update set expires_at = excluded.expires_at
)
select lock_id
  from hold
