-- Plans: takes events that nobody has planned yet, oldest first, and makes a
-- delivery for each integration that wants one.  As many as fit into the slots
-- are leased at once and come back with all that sending them takes; of
-- the others only the integration comes back, once, its lease_id null.  There is
-- always a row, so that these are known: "more", there may be more of them, and
-- "top", the highest id.
--
-- Nothing is lost if this commit is: the events are planned again, and a
-- delivery that was sent meanwhile is sent once more under its event_id.  So
-- it need not wait for the disk.
--
-- What joins rows by keys stands behind "offset 0", so that no plan depends on
-- how many events and messages were there when it was made.
--
-- for simrelayd
-- $1 floor int8
-- $2 slots int4
-- $3 endpoint_slots int4
-- $4 endpoints int8[]
-- $5 endpoints_slots int4[]
-- $6 events int4
--
-- > id int8
-- > created_at timestamptz
-- > webhook_integration_id int8
-- > lease_id uuid
-- > attempts int4
-- > event text
-- > event_id text
-- > event_created_at timestamptz
-- > url text
-- > secret bytea
-- > previous_secret bytea
-- > headers text
-- > timeout_seconds int4
-- > retry_count int4
-- > message_id text
-- > hosted_sim_id int8
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > received_at timestamptz
-- > updated_at timestamptz
-- > error_code text
-- > number text
-- > lock_id int8
-- > user_id int8
-- > team_id int8
-- > expires_at timestamptz
-- > organization_id int8
-- > more bool
-- > top int8

with batch as materialized (
    select e.id, e.created_at, e.organization_id, e.type, e.object_id
      from events e
     where e.planned_at is null and e.id > $1
     order by e.id
     limit $6
       for update skip locked
), planned as (
    update events e
       set planned_at = now()
     where e.id = any (array(select id from batch))
       and e.planned_at is null
       and e.created_at >= (select min(created_at) from batch)
       and e.created_at <= (select max(created_at) from batch)
), matched as (
    select b.id, b.created_at, b.organization_id, b.type, b.object_id,
           i.id as integration_id, i.timeout_seconds
      from batch b
     cross join lateral (
           select *
             from webhook_integrations i
            where i.organization_id = b.organization_id and i.is_active
           offset 0) i
      left join lateral (
           select *
             from messages m
            where b.type in ('message.inbound', 'message.delivery')
              and m.organization_id = b.organization_id
              and m.id = b.object_id
           offset 0) m on true
     where b.type in ('number.locked', 'number.unlocked',
                      'number.claimed', 'number.released')
        or m.id is not null
           and exists (
               select
                 from webhook_mappings p
                where p.webhook_integration_id = i.id
                  and p.is_active
                  and case p.forwarding_mode
                           when 'always'
                           then m.team_id is null or m.team_id = p.team_id
                           else m.lock_id is not null
                                and m.team_id = p.team_id
                      end)
), ranked as (
    select m.*,
           row_number() over (partition by m.integration_id order by m.id)
           as nth,
           row_number() over (order by m.id) as total
      from matched m
), leased as (
    select r.*,
           case when r.total <= $2
                 and r.nth <= coalesce(x.slots, $3)
                then now() + make_interval(secs => r.timeout_seconds + 30)
           end as until
      from ranked r
      left join unnest($4, $5) x (id, slots) on x.id = r.integration_id
), made as (
    insert into webhook_deliveries
           (organization_id, webhook_integration_id, event_id,
            event_created_at, event, object_id, attempts, next_attempt_at,
            lease_id, lease_until)
    select l.organization_id, l.integration_id, l.id, l.created_at, l.type,
           l.object_id, (l.until is not null)::int4,
           coalesce(l.until, now()),
           case when l.until is not null then gen_random_uuid() end, l.until
      from leased l
     order by l.id
    returning *
)
select d.id, d.created_at, d.webhook_integration_id, d.lease_id, d.attempts,
       d.event, 'evt_' || d.event_id as event_id, d.event_created_at,
       i.url, i.secret,
       case when i.previous_secret_until > now() then i.previous_secret end
       as previous_secret,
       case when i.headers <> '{}'
            then (select string_agg(h.key || ':' || h.value, e'\n')
                    from jsonb_each_text(i.headers) h)
       end as headers,
       i.timeout_seconds, i.retry_count,
       'msg_' || m.id as message_id,
       coalesce(m.hosted_sim_id, s.id) as hosted_sim_id, m.sender,
       m.recipient, m.body, m.status, m.received_at, m.updated_at,
       m.error_code, s.number, l.id as lock_id,
       case when l.organization_id = d.organization_id then l.user_id end
       as user_id,
       case when l.organization_id = d.organization_id then l.team_id end
       as team_id,
       coalesce(l.released_at, l.expires_at) as expires_at,
       d.organization_id, n.more, n.top
  from (select count(*) = $6 as more, max(b.id) as top,
               set_config('synchronous_commit', 'off', true)
          from batch b) n
  left join (select *
               from made
              where lease_id is not null
             union all
             (select distinct on (webhook_integration_id) *
                from made
               where lease_id is null)) d on true
  left join lateral (
       select *
         from webhook_integrations i
        where i.id = d.webhook_integration_id
          and d.lease_id is not null
       offset 0) i on true
  left join lateral (
       select *
         from messages m
        where d.event in ('message.inbound', 'message.delivery')
          and m.organization_id = d.organization_id
          and m.id = d.object_id
          and i.id is not null
       offset 0) m on true
  left join lateral (
       select *
         from locks l
        where d.event in ('number.locked', 'number.unlocked')
          and l.id = d.object_id
       offset 0) l on true
  left join lateral (
       select *
         from hosted_sims s
        where s.id = case when d.event in ('number.claimed',
                                           'number.released')
                          then d.object_id else l.hosted_sim_id end
       offset 0) s on true
