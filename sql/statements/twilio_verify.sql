-- A code that a phone has texted to the verification number: the card that it
-- was made for becomes active with the sender's number.  A number that comes
-- from another card of the same person leaves that one inactive, and its phone
-- pending where it has no other.
--
-- outcome: verified, foreign (the number is live on somebody else's SIM, which
-- stays theirs; the code is spent), missed (no such code is live), replayed
-- (this SMS was acted on before), ignored (too many misses of this sender).
--
-- for module
--
-- $1 message_sid text
-- $2 sender text
-- $3 code text
-- $4 country text
--
-- > outcome text
-- > device_id int8

with before as (
    select exists (select from twilio_calls where message_sid = $1) as replayed,
           (select count(*) from twilio_calls
             where sender = $2 and missed
               and created_at > now() - interval '1 hour') >= 5 as ignored,
           not exists (select from verification_codes
                        where code = $3 and used_at is null
                          and expires_at > now()) as missed
), call as (
    insert into twilio_calls (message_sid, sender, missed)
    select $1, $2, missed
      from before
     where not ignored
        on conflict do nothing
    returning message_sid
), spent as (
    update verification_codes v
       set used_at = now()
      from call
     where v.code = $3
       and v.used_at is null
       and v.expires_at > now()
    returning v.sim_card_id
), card as materialized (
    select c.id, c.hosted_sim_id, d.id as device_id, d.user_id,
           d.organization_id, l.id as live_sim_id, l.card_id as live_card_id,
           l.organization_id as live_organization_id,
           case when l.id is null then 'verified'
                when l.user_id = d.user_id then 'moved'
                else 'foreign' end as outcome
      from spent s
      join sim_cards c on c.id = s.sim_card_id
      join devices d
        on d.id = c.device_id
       and d.deleted_at is null
       and d.status <> 'revoked'
      left join lateral (
        select h.id, k.id as card_id, e.user_id, e.organization_id
          from hosted_sims h
          left join sim_cards k
            on k.hosted_sim_id = h.id and k.status = 'active'
          left join devices e on e.id = k.device_id
         where h.number = $2
           and h.status = 'active'
           and h.deleted_at is null
      ) l on true
), revived as (
    update hosted_sims h
       set status = 'active', updated_at = now()
      from card c
     where c.outcome = 'verified'
       and h.id = c.hosted_sim_id
       and h.number = $2
       and h.deleted_at is null
    returning h.id
), made as (
    insert into hosted_sims (number, country, provider, type)
    select $2, $4, 'byos', 'byos'
      from card
     where outcome = 'verified'
       and not exists (select from revived)
    returning id
), sim as materialized (
    select coalesce(c.live_sim_id, r.id, m.id) as id, c.organization_id
      from card c
      left join revived r on true
      left join made m on true
     where c.outcome <> 'foreign'
), left_behind as (
    update sim_cards k
       set status = 'inactive', hosted_sim_id = null, updated_at = now()
      from card c
     where c.outcome = 'moved'
       and k.id = c.live_card_id
       and k.id <> c.id
    returning k.id
), detached as (
    delete from sim_attachments a
     using card c
     where c.outcome = 'moved'
       and a.hosted_sim_id = c.live_sim_id
       and a.organization_id = c.live_organization_id
       and c.live_organization_id <> c.organization_id
), attached as (
    insert into sim_attachments (organization_id, hosted_sim_id)
    select organization_id, id
      from sim
        on conflict do nothing
), activated as (
    update sim_cards k
       set status = 'active', phone_number = $2, number_verified = true,
           hosted_sim_id = s.id, updated_at = now()
      from card c, sim s
     where k.id = c.id
       and (select count(*) from left_behind) >= 0
)
select case when c.outcome = 'foreign' then 'foreign'
            when c.outcome is not null then 'verified'
            when b.ignored then 'ignored'
            when b.replayed or not exists (select from call) then 'replayed'
            else 'missed' end as outcome,
       c.device_id
  from before b
  left join card c on true
