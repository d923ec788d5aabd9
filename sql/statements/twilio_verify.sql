-- A code that a phone has texted to the verification number: the card that it
-- was made for becomes active with the sender's number, while its sender
-- (twilio_hold) and the phones (twilio_lock) are locked.
--
-- Who has the number already (docs/verification.md):
--   nobody                 the SIM that the card stood for, or one that was
--                          removed from the phone, where that had this number
--                          in this organization; else a new one
--   a card of the same     it becomes inactive, and its SIM moves here, unless
--   person                 that has all the organizations that it may have
--   a card of another      it becomes inactive with its SIM, of which nothing
--   person, not verified   comes here; its owner is told
--   anybody else           it stays theirs, and they are told, once a day
-- The SIM that the card stood for before, and stands for no more, is retired,
-- unless it takes over that of a card which was removed: these swap.
--
-- outcome: verified, contested (the number stays somebody else's; the code is
-- spent), missed (no such code is live), gone (its phone is no more, or its
-- owner), replayed (this SMS was acted on before), ignored (too many misses of
-- this sender).
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

with before as materialized (
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
    select c.id, c.hosted_sim_id as old_sim_id, r.hosted_sim_id as same_sim_id,
           d.id as device_id, d.organization_id, l.id as live_sim_id,
           l.card_id as live_card_id,
           l.user_id as live_user_id, l.organization_id as live_organization_id,
           case when l.id is null then 'free'
                when l.user_id = d.user_id and l.has_room then 'moved'
                when not l.number_verified then 'won'
                else 'contested' end as outcome
      from spent s
      join sim_cards c on c.id = s.sim_card_id
      join devices d
        on d.id = c.device_id
       and d.deleted_at is null
       and d.status <> 'revoked'
      join users u on u.id = d.user_id and u.disabled_at is null
      join members m
        on m.user_id = d.user_id and m.organization_id = d.organization_id
      left join lateral (
        select h.id, k.id as card_id, k.number_verified, e.user_id,
               e.organization_id,
               coalesce((select count(*) from sim_attachments a
                          where a.hosted_sim_id = h.id
                            and a.organization_id <> d.organization_id
                            and a.organization_id <> e.organization_id)
                        < h.shared_max_orgs, true) as has_room
          from hosted_sims h
          left join sim_cards k
            on k.hosted_sim_id = h.id and k.status = 'active'
          left join devices e on e.id = k.device_id
         where h.number = $2
           and h.status = 'active'
           and h.deleted_at is null
      ) l on true
      left join lateral (
        select k.hosted_sim_id
          from sim_cards k
          join hosted_sims h on h.id = k.hosted_sim_id
          join sim_attachments a
            on a.hosted_sim_id = h.id
           and a.organization_id = d.organization_id
         where k.device_id = d.id
           and (k.status = 'inactive' or k.id = c.id)
           and h.number = $2
           and h.status = 'inactive'
           and h.deleted_at is null
           and l.user_id is distinct from d.user_id
         order by k.id = c.id desc, k.id desc
         limit 1
      ) r on true
), left_behind as (
    update sim_cards k
       set status = 'inactive',
           hosted_sim_id = case c.outcome when 'won' then k.hosted_sim_id end,
           updated_at = now()
      from card c
     where c.outcome in ('moved', 'won')
       and k.id = c.live_card_id
       and k.id <> c.id
    returning k.id
), closed as (
    update hosted_sims h
       set status = 'inactive', updated_at = now()
      from card c
     where c.outcome = 'won'
       and h.id = c.live_sim_id
    returning h.id
), ended as materialized (
    select lock_end(id, null)
      from closed
), revived as (
    update hosted_sims h
       set status = 'active', updated_at = now()
      from card c
     where c.outcome in ('free', 'won')
       and h.id = c.same_sim_id
       and (select count(*) from ended) >= 0
    returning h.id
), swapped as (
    update sim_cards k
       set hosted_sim_id = c.old_sim_id, updated_at = now()
      from card c, revived r
     where k.device_id = c.device_id
       and k.id <> c.id
       and k.hosted_sim_id = r.id
       and k.status = 'inactive'
    returning k.id
), made as (
    insert into hosted_sims (number, country, provider, type)
    select $2, $4, 'byos', 'byos'
      from card
     where outcome in ('free', 'won')
       and (select count(*) from ended) >= 0
       and not exists (select from revived)
    returning id
), sim as materialized (
    select case when c.outcome = 'moved' then c.live_sim_id
                else coalesce(r.id, m.id) end as id,
           c.organization_id, c.old_sim_id
      from card c
      left join revived r on true
      left join made m on true
     where c.outcome <> 'contested'
), activated as (
    update sim_cards k
       set status = 'active', phone_number = $2, number_verified = true,
           hosted_sim_id = s.id, updated_at = now()
      from card c, sim s
     where k.id = c.id
       and (select count(*) from left_behind) >= 0
    returning k.id
), detached as (
    delete from sim_attachments a
     using card c
     where c.outcome = 'moved'
       and a.hosted_sim_id = c.live_sim_id
       and a.organization_id = c.live_organization_id
       and c.live_organization_id <> c.organization_id
    returning a.hosted_sim_id
), attached as (
    insert into sim_attachments (organization_id, hosted_sim_id)
    select organization_id, id
      from sim
     where (select count(*) from detached) >= 0
        on conflict do nothing
), retired as materialized (
    select sim_retire(s.old_sim_id)
      from sim s
     where s.old_sim_id <> s.id
       and not exists (select from swapped)
       and not exists (select from sim_cards k, card c
                        where k.hosted_sim_id = s.old_sim_id
                          and k.status = 'active'
                          and k.id <> c.id)
), contested as (
    update hosted_sims h
       set contested_at = now()
      from card c
     where c.outcome = 'contested'
       and h.id = c.live_sim_id
       and (h.contested_at is null
            or h.contested_at <= now() - interval '1 day')
    returning h.id
), owner as (
    select c.live_user_id as user_id
      from card c
     where c.live_user_id is not null
    union
    select m.user_id
      from card c
      join sim_attachments a on a.hosted_sim_id = c.live_sim_id
      join members m
        on m.organization_id = a.organization_id
       and m.role in ('owner', 'admin')
     where c.live_user_id is null
), mailed as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select case c.outcome when 'won' then 'number_lost'
                          else 'number_contested' end,
           u.email, u.id, jsonb_build_object('name', u.name, 'number', $2),
           now() + interval '1 day'
      from card c
     cross join owner o
      join users u on u.id = o.user_id and u.disabled_at is null
     where c.outcome = 'won'
        or exists (select from contested)
)
select case when c.outcome = 'contested' then 'contested'
            when c.outcome is not null then 'verified'
            when b.ignored then 'ignored'
            when b.replayed or not exists (select from call) then 'replayed'
            when b.missed then 'missed'
            else 'gone' end as outcome,
       c.device_id
  from before b
  left join card c on true
  left join retired r on true
