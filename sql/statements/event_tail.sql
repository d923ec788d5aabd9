-- What became visible since the last look, for the sockets of one instance:
-- events of the transactions that the last snapshot did not see, which are
-- those from its xmax on and those that were running in it.  Neither a late
-- commit nor a long transaction hides or delays another's events, and a look
-- reads what is new alone.
--
-- A look goes over $3 transactions at most, null for all: the snapshot to look
-- from next time is then one that saw no others, and "more" says that they
-- wait.  So no backlog takes longer than a statement may.
--
-- At least one row, each with that snapshot; event_id is null where there is
-- nothing to tell.  listeners are the ids that end the names of the channels:
-- those of phones where is_phone says so, else those of one person, or of the
-- audience that was fixed in the event.
-- Whoever is in several organizations is told of an SMS once, by the row of
-- the lowest one, and of a lock once; who holds it is told to people of the
-- holder's organization alone, so that such an event may come twice, each time
-- with other listeners.  What is told is as it is now.
--
-- The upper bound on txid says nothing new, nor does a range from x to x; with
-- them the planner takes the index, whatever a bulk of events made of its
-- statistics.  The bounds on created_at leave two or three partitions.  What
-- joins rows by keys stands behind "offset 0", so that it stays a look-up by
-- index whatever the planner makes of the number of events.
--
-- for simrelayd
--
-- $1 last pg_snapshot
-- $2 wanted bool
-- $3 most int8
--
-- > snapshot pg_snapshot
-- > event_id int8
-- > type text
-- > listeners int8[]
-- > is_phone bool
-- > id int8
-- > hosted_sim_id int8
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > error_code text
-- > received_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz
-- > is_online bool
-- > user_id int8
-- > user_name text
-- > team_id int8
-- > expires_at timestamptz
-- > sim_slot int4
-- > more bool

with look as materialized (
    select s.now,
           case when $2
                then least(pg_snapshot_xmax(s.now),
                           (pg_snapshot_xmax($1)::text::int8 + $3)
                               ::text::xid8)
                else pg_snapshot_xmax(s.now) end as top
      from (select pg_current_snapshot() as now) s
), fresh as (
    select e.id, e.organization_id, e.team_id, e.holder_user_id, e.user_id,
           e.type, e.object_id, e.created_at
      from events e
     where $2
       and e.txid >= pg_snapshot_xmax($1)
       and e.txid < (select top from look)
       and e.created_at > now() - interval '1 day'
       and e.created_at < now() + interval '1 hour'
    union all
    select e.id, e.organization_id, e.team_id, e.holder_user_id, e.user_id,
           e.type, e.object_id, e.created_at
      from pg_snapshot_xip($1) x
     cross join lateral (
        select *
          from events e
         where e.txid between x and x
           and e.created_at > now() - interval '1 day'
           and e.created_at < now() + interval '1 hour'
        offset 0
     ) e
     where $2
), subject as (
    select f.*, s.kind, s.whole, s.owner_id
      from fresh f
     cross join lateral (
        select 1 as kind, m.sms_id as whole, f.organization_id as owner_id
          from messages m
         where f.type = 'message.inbound'
           and m.organization_id = f.organization_id
           and m.id = f.object_id
        union all
        select 2, f.id, f.organization_id
         where f.type = 'message.delivery'
        union all
        select case f.type when 'number.locked' then 3 else 4 end, k.id,
               k.organization_id
          from locks k
         where f.type in ('number.locked', 'number.unlocked')
           and k.id = f.object_id
        offset 0
     ) s
), listener as (
    select distinct on (s.kind, s.whole, b.user_id)
           s.id, s.created_at, s.type, s.kind, s.organization_id,
           s.object_id, b.user_id,
           s.owner_id = s.organization_id
           or exists (select from members h
                       where h.user_id = b.user_id
                         and h.organization_id = s.owner_id
                      offset 0) as is_near
      from subject s
     cross join lateral (
        select b.user_id
          from members b
          join users u on u.id = b.user_id
         where b.organization_id = s.organization_id
           and u.disabled_at is null
           and (s.user_id is null or s.user_id = b.user_id)
           and (s.holder_user_id is null or s.holder_user_id = b.user_id)
           and (s.team_id is null or b.role <> 'member'
                or exists (select from team_members t
                            where t.team_id = s.team_id
                              and t.user_id = b.user_id))
        offset 0
     ) b
     order by s.kind, s.whole, b.user_id, s.organization_id
), heard as (
    select id, created_at, type, kind, organization_id, object_id, is_near,
           array_agg(user_id) as listeners
      from listener
     group by id, created_at, type, kind, organization_id, object_id, is_near
), told as (
    select h.id as event_id, h.created_at as at, h.type, h.listeners,
           false as is_phone, h.object_id as id,
           m.live_sim_id as hosted_sim_id, m.sender, m.recipient, m.body,
           m.status, m.error_code, m.received_at, m.created_at, m.updated_at,
           null::bool as is_online, null::int8 as user_id, null as user_name,
           null::int8 as team_id, null::timestamptz as expires_at,
           null::int4 as sim_slot
      from heard h
     cross join lateral (
        select m.*,
               case when not exists (select from hosted_sims s
                                      where s.id = m.hosted_sim_id
                                        and s.deleted_at is not null
                                     offset 0)
                    then m.hosted_sim_id end as live_sim_id
          from messages m
         where h.kind in (1, 2)
           and m.organization_id = h.organization_id
           and m.id = h.object_id
        offset 0
     ) m
    union all
    select h.id, h.created_at, h.type, h.listeners, false, k.id,
           k.hosted_sim_id, null, null, null, null, null, null, null, null,
           null, k.user_id, k.user_name, k.team_id, k.expires_at, null
      from heard h
     cross join lateral (
        select k.id, k.hosted_sim_id,
               least(k.expires_at, k.released_at) as expires_at,
               case when h.is_near then k.user_id end as user_id,
               case when h.is_near then k.team_id end as team_id,
               case when h.is_near
                    then (select u.name from users u where u.id = k.user_id)
               end as user_name
          from locks k
         where h.kind in (3, 4)
           and k.id = h.object_id
        offset 0
     ) k
    union all
    select f.id, f.created_at, f.type, array[f.user_id], false, f.object_id,
           null, null, null, null, null, null, p.last_seen_at, null, null,
           f.type = 'device.online', null, null, null, null, null
      from fresh f
     cross join lateral (
        select coalesce((select p.last_seen_at
                           from device_presence p
                          where p.device_id = f.object_id),
                        f.created_at) as last_seen_at
          from users u
         where u.id = f.user_id
           and u.disabled_at is null
        offset 0
     ) p
     where f.type in ('device.online', 'device.offline')
    union all
    select f.id, f.created_at, f.type, d.listeners, d.is_phone, f.object_id,
           null, null, null, null, null, null, null, null, null, null, null,
           null, null, null, null
      from fresh f
     cross join lateral (
        select array[f.user_id] as listeners, false as is_phone
        union all
        select array_agg(d.id), true
          from devices d
         where d.user_id = f.user_id
           and d.deleted_at is null
        offset 0
     ) d
     where f.type = 'access.ended'
    union all
    select f.id, f.created_at, f.type, array[m.device_id], true, f.object_id,
           m.hosted_sim_id, m.sender, m.recipient, m.body, m.status, null,
           m.received_at, m.created_at, m.updated_at, null, null, null, null,
           null, m.sim_slot
      from fresh f
     cross join lateral (
        select m.*, c.sim_slot
          from sends s
          join messages m
            on m.organization_id = s.organization_id
           and m.id = s.message_id
          join sim_cards c
            on c.hosted_sim_id = s.hosted_sim_id
           and c.status = 'active'
           and c.device_id = s.device_id
          join devices d
            on d.id = s.device_id
           and device_may(d.status, 'outbox')
         where s.organization_id = f.organization_id
           and s.message_id = f.object_id
           and s.state = 'queued'
        offset 0
     ) m
     where f.type = 'sms.send'
)
select case when l.top = pg_snapshot_xmax(l.now)
            then l.now
            else (least(pg_snapshot_xmin(l.now), l.top)::text || ':' || l.top
                  || ':'
                  || coalesce((select string_agg(x::text, ',' order by x)
                                 from pg_snapshot_xip(l.now) x
                                where x < l.top), ''))::pg_snapshot
       end as snapshot,
       t.event_id, t.type, t.listeners, t.is_phone, t.id, t.hosted_sim_id,
       t.sender, t.recipient, t.body, t.status, t.error_code, t.received_at,
       t.created_at, t.updated_at, t.is_online, t.user_id, t.user_name,
       t.team_id, t.expires_at, t.sim_slot,
       l.top < pg_snapshot_xmax(l.now) as more
  from look l
  left join told t on true
 order by t.at, t.event_id
