-- Leases due SMS of providers' accounts: at most "slots" in all, and of each
-- account what is left of "per_account" after those that run.  Those that name
-- no account are the only account's that its provider has, if it has but one.
--
-- A SIM with an interval sends one SMS in it, over all instances: who moves its
-- row of sim_paces on has that turn.  What has to wait for one is put off, and
-- comes back with leased = false, so that it is known that there was more.
--
-- Unlike with deliveries, a commit that is lost would hand an SMS over twice:
-- it waits for the disk.  What was locked is then updated by ctid, so that no
-- plan depends on how many rows there were when it was made.
--
-- for simrelayd
-- $1 slots int4
-- $2 lease_id uuid
-- $3 per_account int4
-- $4 accounts int8[]
-- $5 running int4[]
-- $6 interval_ms int4
-- $7 lease_ms int4
--
-- > organization_id int8
-- > message_id int8
-- > hosted_sim_id int8
-- > leased bool
-- > account_id int8
-- > provider text
-- > account text
-- > api_key bytea
-- > attempts int4
-- > sender text
-- > recipient text
-- > body text

with account as materialized (
    select p.id, p.provider, p.name, p.api_key,
           coalesce(r.running, 0) as running,
           greatest($3 - coalesce(r.running, 0), 0) as slots,
           count(*) over (partition by p.provider) = 1 as only
      from provider_accounts p
      left join unnest($4, $5) r (id, running) on r.id = p.id
     where p.disabled_at is null
     order by p.provider, p.name
), due as materialized (
    select q.id as account_id, q.provider, q.name, q.api_key, q.slots,
           q.running, s.*
      from (select a.*, a.name as account from account a
            union all
            select a.*, '' from account a where a.only) q
     cross join lateral (
           select s.ctid as tid, s.organization_id, s.message_id,
                  s.hosted_sim_id, s.attempts, s.next_attempt_at
             from sends s
            where s.provider = q.provider
              and s.provider <> 'byos'
              and s.account = q.account
              and s.state = 'queued'
              and s.next_attempt_at <= now()
            order by s.next_attempt_at, s.message_id
            limit q.slots
              for update skip locked) s
), chosen as materialized (
    select c.*,
           row_number() over (partition by c.hosted_sim_id
                              order by c.next_attempt_at, c.message_id)
           as nth
      from (select d.*,
                   coalesce(h.send_interval_ms, $6)
                   * interval '1 millisecond' as pace
              from (select d.*,
                           row_number() over (partition by d.account_id
                                              order by d.next_attempt_at,
                                                       d.message_id)
                           as turn
                      from due d) d
             cross join lateral (
                   select send_interval_ms
                     from hosted_sims
                    where id = d.hosted_sim_id
                   offset 0) h
             where d.turn <= d.slots
             order by d.running + d.turn, d.next_attempt_at, d.message_id
             limit $1) c
), paced as (
    insert into sim_paces as p (hosted_sim_id, next_send_at)
    select c.hosted_sim_id, clock_timestamp() + c.pace
      from chosen c
     where c.nth = 1
       and c.pace > interval '0'
     order by c.hosted_sim_id
        on conflict (hosted_sim_id) do update
       set next_send_at = excluded.next_send_at
     where p.next_send_at <= now()
    returning p.hosted_sim_id, p.next_send_at
), decided as materialized (
    select c.*,
           case when c.pace > interval '0'
                 and (c.nth > 1 or p.hosted_sim_id is null)
                then greatest(coalesce(p.next_send_at, o.next_send_at), now())
                     + (c.nth - 1 - (p.hosted_sim_id is not null)::int4)
                       * c.pace
           end as later
      from chosen c
      left join paced p on p.hosted_sim_id = c.hosted_sim_id
      left join lateral (
           select next_send_at
             from sim_paces
            where hosted_sim_id = c.hosted_sim_id
           offset 0) o on true
), leased as (
    update sends s
       set state = 'leased',
           attempts = s.attempts + 1,
           account = d.name,
           lease_id = $2,
           lease_until = now() + $7 * interval '1 millisecond',
           updated_at = now()
      from decided d
     where s.ctid = any (array(select tid from decided where later is null))
       and s.organization_id = d.organization_id
       and s.message_id = d.message_id
       and d.later is null
    returning s.organization_id, s.message_id
), put_off as (
    update sends s
       set next_attempt_at = d.later
      from decided d
     where s.ctid = any (array(select tid from decided
                                where later is not null))
       and s.organization_id = d.organization_id
       and s.message_id = d.message_id
)
select d.organization_id, d.message_id, d.hosted_sim_id,
       l.message_id is not null as leased, d.account_id, d.provider,
       d.name as account, d.api_key, d.attempts + 1 as attempts, m.sender,
       m.recipient, m.body
  from decided d
  left join leased l
    on l.organization_id = d.organization_id and l.message_id = d.message_id
  left join lateral (
       select sender, recipient, body
         from messages
        where organization_id = d.organization_id
          and id = d.message_id
       offset 0) m on d.later is null
