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
-- nothing to tell.  user_ids are who is to be told: one person, or those of
-- the audience that was fixed in the event.  Whoever is in several
-- organizations is told of an SMS once, by the row of the lowest one.  Where
-- there is a device_id, the phone is to be told, on its own channel.
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
-- > user_ids int8[]
-- > id int8
-- > hosted_sim_id int8
-- > sender text
-- > recipient text
-- > body text
-- > received_at timestamptz
-- > created_at timestamptz
-- > device_id int8
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
), inbound as (
    select f.*, m.sms_id
      from fresh f
     cross join lateral (
        select m.sms_id
          from messages m
         where m.organization_id = f.organization_id
           and m.id = f.object_id
        offset 0
     ) m
     where f.type = 'message.inbound'
), listener as (
    select distinct on (i.sms_id, b.user_id)
           i.id, i.organization_id, i.object_id, b.user_id
      from inbound i
     cross join lateral (
        select b.user_id
          from members b
          join users u on u.id = b.user_id
         where b.organization_id = i.organization_id
           and u.disabled_at is null
           and (i.user_id is null or i.user_id = b.user_id)
           and (i.holder_user_id is null or i.holder_user_id = b.user_id)
           and (i.team_id is null or b.role <> 'member'
                or exists (select from team_members t
                            where t.team_id = i.team_id
                              and t.user_id = b.user_id))
        offset 0
     ) b
     order by i.sms_id, b.user_id, i.organization_id
), told as (
    select l.id, 'message.inbound' as type, l.user_ids, l.object_id,
           m.hosted_sim_id, m.sender, m.recipient, m.body, m.received_at,
           m.created_at, null::int8 as device_id, null::int4 as sim_slot
      from (select id, organization_id, object_id,
                   array_agg(user_id) as user_ids
              from listener
             group by id, organization_id, object_id) l
     cross join lateral (
        select *
          from messages m
         where m.organization_id = l.organization_id
           and m.id = l.object_id
        offset 0
     ) m
    union all
    select f.id, f.type, array[f.user_id], f.object_id, null, null, null,
           null, coalesce(p.last_seen_at, f.created_at), f.created_at, null,
           null
      from fresh f
     cross join lateral (
        select (select p.last_seen_at
                  from device_presence p
                 where p.device_id = f.object_id) as last_seen_at
          from users u
         where u.id = f.user_id
           and u.disabled_at is null
        offset 0
     ) p
     where f.type in ('device.online', 'device.offline')
    union all
    select f.id, f.type, array[f.user_id], f.object_id, null, null, null,
           null, f.created_at, f.created_at, d.id, null
      from fresh f
     cross join lateral (
        select null::int8 as id
        union all
        select d.id
          from devices d
         where d.user_id = f.user_id
           and d.deleted_at is null
     ) d
     where f.type = 'access.ended'
    union all
    select f.id, f.type, array[f.user_id], f.object_id, m.hosted_sim_id,
           m.sender, m.recipient, m.body, m.received_at, m.created_at,
           m.device_id, m.sim_slot
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
       t.id as event_id, t.type, t.user_ids, t.object_id as id,
       t.hosted_sim_id, t.sender, t.recipient, t.body, t.received_at,
       t.created_at, t.device_id, t.sim_slot,
       l.top < pg_snapshot_xmax(l.now) as more
  from look l
  left join told t on true
 order by t.id
