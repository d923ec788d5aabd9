-- Phones in every state, what the database holds of them, and what may never
-- be.  For t/lib/phones.js, beside fixture.sql.


-- The code of a pending card of the tests.
create function test.card_code(card int8) returns text
language sql immutable
as $$
    select 'SR-' || string_agg(substr('ABCDEFGHJKLMNPQRSTUVWXYZ23456789',
                                      ($1 >> (5 * i) & 31)::int4 + 1, 1), '')
      from generate_series(0, 3) i
$$;


-- A phone in a state.  Its cards have the ids 10 * phone + 1, 2, 3 and stand in
-- slots 1, 2, 3; a pending one has a code, the others a SIM of the same id and
-- the number +1444 and the id, that of an active one with a lock of Bob's.
create function test.phone(id int8, user_id int8, organization_id int8,
                           status text, cards text[])
returns void
language plpgsql
as $$
declare
    card int8;
    sim int8;
begin
    insert into devices (id, user_id, organization_id, android_id,
                         device_name, device_model, app_version, status)
    overriding system value
    values ($1, $2, $3, lpad($1::text, 16, '0'), 'Phone ' || $1, 'Pixel 8',
            '1.2.3',
            case when $4 = 'active' then 'pending_verification' else $4 end);

    insert into device_presence (device_id, last_seen_at)
    values ($1, now() - interval '1 minute');

    for i in 1 .. cardinality(cards) loop
        card := 10 * $1 + i;
        sim := case when cards[i] <> 'pending' then card end;

        if sim is not null then
            perform test.sim(sim, '+1444' || lpad(sim::text, 7, '0'), 'byos',
                             'byos');
            insert into sim_attachments (organization_id, hosted_sim_id)
            values ($3, sim);
        end if;

        perform test.card(card, $1, i, sim,
                          case when sim is null then 'pending' else 'active'
                          end);

        if sim is null then
            insert into verification_codes (code, sim_card_id)
            values (test.card_code(card), card);

        elsif cards[i] = 'inactive' then
            update sim_cards c set status = 'inactive' where c.id = card;

        else
            perform test.hold(sim, 5, $3, null, null, -10, 300);
        end if;
    end loop;
end
$$;


-- An SMS that a phone is to send by its first card; its id.
create function test.to_send(phone int8) returns int8
language sql
as $$
    with sms as materialized (
        select d.organization_id,
               message_add(d.organization_id, 10 * d.id + 1, null, null, d.id,
                           nextval('sms_ids'), 'outbound', '+15550009999',
                           '+15557654321', 'text', 'queued', now()) as id
          from devices d
         where d.id = phone
    )
    insert into sends (organization_id, message_id, hosted_sim_id, provider,
                       device_id, segments)
    select organization_id, id, 10 * phone + 1, 'byos', phone, 1
      from sms
    returning message_id
$$;


-- What the routes of phones might change, a digest of each table.  (plpgsql
-- keeps the plan.)
create function test.digests() returns jsonb
language plpgsql
as $$
begin
    return jsonb_build_object(
        'devices',
        (select sum(hashtext(t::text)) from devices t),
        'sim_cards',
        (select sum(hashtext(t::text)) from sim_cards t),
        'hosted_sims',
        (select sum(hashtext(t::text)) from hosted_sims t),
        'sim_attachments',
        (select sum(hashtext(t::text)) from sim_attachments t),
        'sim_locks',
        (select sum(hashtext(t::text)) from sim_locks t),
        'locks',
        (select sum(hashtext(t::text)) from locks t),
        'verification_codes',
        (select sum(hashtext(t::text)) from verification_codes t),
        'device_presence',
        (select sum(hashtext(t::text)) from device_presence t),
        'device_submits',
        (select sum(hashtext(t::text)) from device_submits t),
        'device_messages',
        (select sum(hashtext(t::text)) from device_messages t),
        'device_counts',
        (select sum(hashtext(t::text)) from device_counts t),
        'organization_months',
        (select sum(hashtext(t::text)) from organization_months t),
        'sends',
        (select sum(hashtext(t::text)) from sends t),
        'messages',
        (select sum(hashtext(t::text)) from messages t),
        'message_counts',
        (select sum(hashtext(t::text)) from message_counts t),
        'message_blocks',
        (select sum(hashtext(t::text)) from message_blocks t),
        'idempotency_keys',
        (select sum(hashtext(t::text)) from idempotency_keys t),
        'events',
        (select sum(hashtext(t::text)) from events t),
        'mails',
        (select sum(hashtext(t::text)) from mails t),
        'twilio_calls',
        (select sum(hashtext(t::text)) from twilio_calls t),
        'webhook_deliveries',
        (select sum(hashtext(t::text)) from webhook_deliveries t));
end
$$;


-- A phone in a line: its state, and of each card its slot, its state, that of
-- its SIM, whether it has a code that works, and a lock.
create function test.seen(phone int8) returns text
language plpgsql
as $$
begin
    return (
    select case when d.deleted_at is null then d.status else 'deleted' end
           || coalesce((select string_agg(concat_ws(' ', ';',
                               coalesce(c.sim_slot::text, '-'), c.status,
                               case when h.deleted_at is null then h.status
                                    else 'retired' end,
                               case when exists (
                                         select from verification_codes v
                                          where v.sim_card_id = c.id
                                            and v.used_at is null
                                            and v.expires_at > now())
                                    then 'code' end,
                               case when l.expires_at > now()
                                    then 'locked' end), ''
                               order by c.sim_slot, c.status, c.id)
                          from sim_cards c
                          left join hosted_sims h on h.id = c.hosted_sim_id
                          left join sim_locks l
                            on l.hosted_sim_id = h.id
                         where c.device_id = d.id), '')
      from devices d
     where d.id = phone);
end
$$;


-- May a phone go from one state to another?
create function test.goes(old text, new text) returns bool
language plpgsql
as $$
begin
    insert into devices (id, user_id, organization_id, android_id,
                         device_model, app_version, status)
    overriding system value
    values (9, 1, 1, '0000000000000009', 'm', '1', old);

    begin
        update devices set status = new where id = 9;
    exception when check_violation then
        delete from devices where id = 9;
        return false;
    end;

    delete from devices where id = 9;
    return true;
end
$$;


-- What may never be, a line each.
create function test.unsound() returns setof text
language plpgsql
as $$
begin
    return query
    select format('phone %s is %s with %s active cards', d.id, d.status, c.n)
      from devices d
     cross join lateral (select count(*) as n
                           from sim_cards c
                          where c.device_id = d.id
                            and c.status = 'active') c
     where d.status = 'active' and c.n = 0
        or d.status = 'pending_verification' and c.n > 0
        or d.deleted_at is not null and c.n > 0
    union all
    select format('card %s is active, its SIM %s %s, %s', c.id, h.status,
                  h.number, c.phone_number)
      from sim_cards c
      left join hosted_sims h on h.id = c.hosted_sim_id
     where c.status = 'active'
       and (h.status, h.number, h.deleted_at is null)
           is distinct from ('active', c.phone_number, true)
    union all
    select format('SIM %s of card %s is not the phone''s organization''s', h.id,
                  c.id)
      from sim_cards c
      join devices d on d.id = c.device_id
      join hosted_sims h on h.id = c.hosted_sim_id
     where c.status = 'active'
       and not exists (select
                         from sim_attachments a
                        where a.hosted_sim_id = h.id
                          and a.organization_id = d.organization_id)
    union all
    select format('SIM %s is active without a card', h.id)
      from hosted_sims h
     where h.provider = 'byos'
       and h.status = 'active'
       and not exists (select
                         from sim_cards c
                        where c.hosted_sim_id = h.id
                          and c.status = 'active')
    union all
    select format('%s SIMs have the number %s', count(*), number)
      from hosted_sims
     where status = 'active' and deleted_at is null
     group by number
    having count(*) > 1
    union all
    select format('SIM %s is %s, and locked', h.id, h.status)
      from hosted_sims h
      join sim_locks l on l.hosted_sim_id = h.id
     where l.expires_at > now()
       and h.status <> 'active'
    union all
    select format('card %s is %s, and has a code', c.id, c.status)
      from verification_codes v
      join sim_cards c on c.id = v.sim_card_id
     where v.used_at is null
       and v.expires_at > now()
       and c.status <> 'pending'
    union all
    select format('phone %s is %s, and has a code', d.id, d.status)
      from verification_codes v
      join sim_cards c on c.id = v.sim_card_id
      join devices d on d.id = c.device_id
     where v.used_at is null
       and v.expires_at > now()
       and d.deleted_at is not null
    union all
    select format('organization %s has %s phones, and counts %s',
                  o.id, d.n, k.devices)
      from organizations o
     cross join lateral (select count(*) as n
                           from devices d
                          where d.organization_id = o.id
                            and d.deleted_at is null) d
      left join device_counts k on k.organization_id = o.id
     where d.n <> coalesce(k.devices, 0)
    union all
    select format('phone %s has submitted %s, and counts %s', d.id, s.n, m.n)
      from devices d
     cross join lateral (select count(*) as n
                           from device_submits s
                          where s.device_id = d.id) s
     cross join lateral (select coalesce(sum(m.messages), 0) as n
                           from device_messages m
                          where m.device_id = d.id) m
     where s.n <> m.n
    union all
    select format('organization %s has submitted %s, and counts %s', o.id, s.n,
                  m.n)
      from organizations o
     cross join lateral (select count(*) as n
                           from devices d
                           join device_submits s on s.device_id = d.id
                          where d.organization_id = o.id) s
     cross join lateral (select coalesce(sum(m.messages), 0) as n
                           from organization_months m
                          where m.organization_id = o.id) m
     where s.n <> m.n;
end
$$;
