-- Takes an SMS to send: the row of the organization that the caller acts in
-- where the SIM is attached there, else of its lowest one; while the caller
-- holds the SIM's lock, that of the lock.  Beside it stands what hands it over
-- (sends), for a phone's SIM with the event that tells the phone.
--
-- outcome: queued; replay (its key has sent the same before, and the row is
-- that one as it was then); busy (a request of that key is under way); mismatch
-- (the key has sent another one); inactive (the SIM cannot send); locked (by
-- somebody else); full (so many wait).  No row: the caller sees no such SIM.
--
-- The SIM's row is locked, so that whoever retires it waits for this SMS, and
-- ends it, or this one for that, and there is no SIM.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 recipient text
-- $6 body text
-- $7 segments int4
-- $8 key_digest bytea
-- $9 request_digest bytea
-- $10 most int4
--
-- > outcome text
-- > id int8
-- > hosted_sim_id int8
-- > direction text
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > received_at timestamptz
-- > created_at timestamptz

with sim as materialized (
    select p.organization_id, s.id, s.number, s.provider, s.status,
           coalesce(s.provider_account, '') as account, h.lock_id,
           case when h.lock_id is null then p.team_id
                else h.team_id end as team_id,
           exists (select
                     from sim_locks l
                    where l.hosted_sim_id = s.id
                      and l.expires_at > now()
                      and (l.user_id <> p.user_id
                           or l.api_key_id is distinct from p.api_key_id))
               as is_locked
      from principal_sims($1, $2, $3) p
      join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
      left join sim_locks h
        on h.hosted_sim_id = s.id
       and h.organization_id = p.organization_id
       and h.expires_at > now()
       and h.user_id = p.user_id
       and h.api_key_id is not distinct from p.api_key_id
     where p.hosted_sim_id = $4
     order by h.lock_id is null,
              p.organization_id = p.current_organization_id desc nulls last,
              p.organization_id
     limit 1
       for share of s
), known as materialized (
    select k.request, m.id, m.sender, m.received_at, m.created_at
      from sim s
      join idempotency_keys k
        on k.organization_id = s.organization_id
       and k.hosted_sim_id = s.id
       and k.digest = $8
       and k.expires_at > now()
      join messages m
        on m.organization_id = k.organization_id
       and m.id = k.message_id
), phone as materialized (
    select d.id, d.user_id
      from sim s
      join sim_cards c on c.hosted_sim_id = s.id and c.status = 'active'
      join devices d
        on d.id = c.device_id
       and d.status = 'active'
       and d.deleted_at is null
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
      join users u on u.id = d.user_id and u.disabled_at is null
     where s.provider = 'byos'
), checked as materialized (
    select s.*, d.id as device_id, d.user_id,
           case when k.request = $9 then 'replay'
                when k.request is not null then 'mismatch'
                when $8 is not null
                 and current_setting('simrelay.alone', true)
                     is distinct from 'true'
                then 'busy'
                when s.status <> 'active' or s.number is null
                  or s.provider = 'byos' and d.id is null
                then 'inactive'
                when s.is_locked then 'locked'
                when $10 <= (select count(*)
                               from (select
                                       from sends q
                                      where q.hosted_sim_id = s.id
                                        and q.organization_id
                                            = s.organization_id
                                        and q.state in ('queued', 'leased')
                                      limit $10) q)
                then 'full'
                else 'queued' end as outcome
      from sim s
      left join known k on true
      left join phone d on true
), sms as materialized (
    select c.*,
           message_add(c.organization_id, c.id, c.team_id, c.lock_id,
                       c.device_id, nextval('sms_ids'), 'outbound', c.number,
                       $5, $6, 'queued', now()) as message_id
      from checked c
     where c.outcome = 'queued'
), send as (
    insert into sends
           (organization_id, message_id, hosted_sim_id, provider, account,
            device_id, segments)
    select organization_id, message_id, id, provider, account, device_id, $7
      from sms
), kept as (
    insert into idempotency_keys as k
           (organization_id, hosted_sim_id, digest, request, message_id)
    select organization_id, id, $8, $9, message_id
      from sms
     where $8 is not null
        on conflict (organization_id, hosted_sim_id, digest) do update
       set request = excluded.request, message_id = excluded.message_id,
           expires_at = excluded.expires_at
), told as (
    insert into events (organization_id, user_id, type, object_id)
    select organization_id, user_id, 'sms.send', message_id
      from sms
     where device_id is not null
)
select c.outcome, coalesce(n.message_id, k.id) as id, c.id as hosted_sim_id,
       'outbound' as direction, coalesce(n.number, k.sender) as sender,
       $5 as recipient, $6 as body, 'queued' as status,
       coalesce(k.received_at, now()) as received_at,
       coalesce(k.created_at, now()) as created_at
  from checked c
  left join sms n on true
  left join known k on c.outcome = 'replay'
