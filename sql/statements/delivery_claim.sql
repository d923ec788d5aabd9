-- Leases due deliveries of the integrations given, at most as many of each as
-- it has slots, and returns all that sending them takes.  An attempt whose
-- end was never recorded, since its lease ran out, counts; where it was the
-- last one, it is made anew, but no more than $3 times.  A delivery that never
-- gets further ends here and does not come back, nor do those of an
-- integration that is deleted or not active.
--
-- A commit that is lost leaves them due, so it need not wait for the disk.
-- What was locked is then updated by ctid, so that no plan depends on how many
-- rows there were when it was made.
--
-- for simrelayd
-- $1 endpoints int8[]
-- $2 slots int4[]
-- $3 lost int4
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

with endpoint as materialized (
    select x.id, x.slots, i.id is not null as active, i.timeout_seconds,
           i.retry_count
      from unnest($1, $2) x (id, slots)
      left join webhook_integrations i on i.id = x.id and i.is_active
), due as materialized (
    select case when not x.active then 'the integration is not active'
                when d.lease_id is not null
                 and d.attempts > x.retry_count + $3
                then 'no attempt came to an end'
           end as error,
           x.timeout_seconds, d.tid, d.id, d.created_at
      from endpoint x
     cross join lateral (
           select d.ctid as tid, d.id, d.created_at, d.attempts, d.lease_id
             from webhook_deliveries d
            where d.webhook_integration_id = x.id
              and d.state = 'pending'
              and d.next_attempt_at <= now()
            order by d.next_attempt_at
            limit case when x.active then x.slots else 1000 end
              for update skip locked) d
), ended as (
    update webhook_deliveries d
       set state = 'failed', error = due.error,
           next_attempt_at = null, lease_id = null, lease_until = null,
           finished_at = now()
      from due
     where d.ctid = any (array(select tid from due))
       and d.created_at >= (select min(created_at) from due)
       and d.created_at <= (select max(created_at) from due)
       and d.id = due.id
       and due.error is not null
), leased as (
    update webhook_deliveries d
       set attempts = d.attempts + 1,
           lease_id = gen_random_uuid(),
           lease_until = now()
                         + make_interval(secs => due.timeout_seconds + 30),
           next_attempt_at = now()
                         + make_interval(secs => due.timeout_seconds + 30)
      from due
     where d.ctid = any (array(select tid from due))
       and d.created_at >= (select min(created_at) from due)
       and d.created_at <= (select max(created_at) from due)
       and d.id = due.id
       and due.error is null
    returning d.*
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
       d.organization_id
  from (select set_config('synchronous_commit', 'off', true)) n
 cross join leased d
 cross join lateral (
       select *
         from webhook_integrations i
        where i.id = d.webhook_integration_id
       offset 0) i
  left join lateral (
       select *
         from messages m
        where d.event in ('message.inbound', 'message.delivery')
          and m.organization_id = d.organization_id
          and m.id = d.object_id
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
