#!/bin/bash

# The command line tool: plans, who has which, and phones.

cd "$(dirname "$0")/.." || exit 1

. t/lib/cli.sh


empty_database
"$bin" migrate >/dev/null || exit 1
"$bin" organization create Acme >/dev/null
"$bin" organization create Bolt >/dev/null
"$bin" -q user create ann@example.com --name Ann --organization 1 \
    --role owner >/dev/null

month="date_trunc('month', now() at time zone 'utc')"


# plans

run "there is a plan from the beginning" 0 \
    "^name=standard max_devices=1000 monthly_messages=1000000 compression=yes \
priority_support=no debug_mode=no organizations=2\$" plan list
run "plan create gives the name" 0 "^name='big one'\$" \
    plan create "big one" --max-devices 50 --monthly-messages 2147483647 \
    --priority-support on --compression off
run "plan list shows it" 0 "^name='big one' max_devices=50 \
monthly_messages=2147483647 compression=no priority_support=yes debug_mode=no \
organizations=0\$" plan list
run "a plan's name is its own" 1 "a plan of this name" \
    plan create standard --max-devices 1 --monthly-messages 1
run "a plan has a name" 1 "1 to 255" plan create "" --max-devices 1 \
    --monthly-messages 1
run "and limits" 1 "--max-devices is missing" plan create x \
    --monthly-messages 1
run "both of them" 1 "--monthly-messages is missing" plan create x \
    --max-devices 1
run "a limit is a number" 1 "--max-devices must be a number from 0 to" \
    plan create x --max-devices many --monthly-messages 1
run "not below 0" 1 "from 0 to 2147483647" plan create x --max-devices -1 \
    --monthly-messages 1
run "and none that is too large" 1 "from 0 to 2147483647" plan create x \
    --max-devices 1 --monthly-messages 2147483648
run "a feature is on or off" 1 "--debug-mode must be on or off" \
    plan create x --max-devices 1 --monthly-messages 1 --debug-mode yes
run "a limit of nothing is one" 0 "^name=none\$" plan create none \
    --max-devices 0 --monthly-messages 0
run "plan update changes what is given" 0 "^name=small\$" plan update none \
    --name small --max-devices 2 --debug-mode on
run "and nothing else" 0 "^name=small max_devices=2 monthly_messages=0 \
compression=no priority_support=no debug_mode=yes " plan list
rows "in the database too" "2|0|f|f|t" "select max_devices, monthly_messages,
    compression, priority_support, debug_mode from plans where name = 'small'"
run "plan update needs something" 1 "nothing is given" plan update small
run "of a plan that there is" 1 "no such plan" plan update none \
    --max-devices 1
run "to a name that is free" 1 "a plan of this name" plan update small \
    --name standard


# organizations

run "organization update gives another plan" 0 "^id=1\$" \
    organization update 1 --plan small
run "organization list shows it" 0 "^id=1 name=Acme plan=small " \
    organization list
run "or another name" 0 "^id=1\$" organization update 1 --name "Acme Inc"
rows "which changes the name alone" "Acme Inc|small|Bolt|standard" \
    "select string_agg(o.name || '|' || p.name, '|' order by o.id)
       from organizations o join plans p on p.id = o.plan_id"
run "a plan that there is" 1 "no such plan" organization update 1 --plan gold
rows "or nothing changes" small "select p.name from organizations o
    join plans p on p.id = o.plan_id where o.id = 1"
run "an organization that there is" 1 "no such organization" \
    organization update 77 --plan small
run "it has a name" 1 "1 to 255" organization update 1 --name ""
run "something must be given" 1 "nothing is given" organization update 1


# phones

sql "insert into devices (id, organization_id, user_id, android_id,
                          device_name, device_model, app_version)
     overriding system value
     select n, case when n = 14 then 2 else 1 end, 1, lpad(n::text, 16, '0'),
            'Ann''s ' || n, 'm', '1'
       from generate_series(11, 15) n;

     insert into hosted_sims (id, number, provider, type)
     overriding system value
     values (31, '+14155550131', 'byos', 'byos'),
            (32, '+14155550132', 'byos', 'byos'),
            (33, '+14155550133', 'byos', 'byos');

     insert into sim_attachments (organization_id, hosted_sim_id)
     values (1, 31), (1, 32), (1, 33);

     insert into sim_cards (id, device_id, sim_slot, phone_number, status,
                            hosted_sim_id)
     overriding system value
     values (21, 11, 2, '+14155550131', 'active', 31),
            (22, 11, 1, '+14155550132', 'active', 32),
            (23, 12, 1, '+14155550133', 'active', 33),
            (24, 13, 1, null, 'pending', null);

     insert into verification_codes (code, sim_card_id)
     values ('SR-AAAA', 24);

     insert into device_presence (device_id, last_seen_at, is_online, due_at,
                                  alerted_at)
     values (11, now(), true, now() + interval '5 minutes', now()),
            (12, '2026-01-02 03:04:05Z', true, now(), null),
            (13, '2026-01-02 03:04:05Z', false, null, null);

     update devices set deleted_at = now() where id = 15"

run "phone list shows whose it is, its state and number" 0 \
    "^id=11 organization=1 user_id=1 email=ann@example.com \
name='Ann'\\\\''s 11' status=active online=yes last_seen_at=20[0-9TZ:-]+ \
number=\\+14155550132\$" phone list
run "one that is silent is not online" 0 "^id=12 .* status=active online=no \
last_seen_at=2026-01-02T03:04:05Z number=\\+14155550133\$" phone list
run "nor one that was never heard of" 0 "^id=14 organization=2 .* \
status=pending_verification online=no last_seen_at= number=\$" phone list
[ "$(wc -l <<<"$out")" = 4 ]
ok $? "deleted ones are none"
run "phone list of an organization" 0 "^id=14 " phone list --organization 2
[ "$(wc -l <<<"$out")" = 1 ]
ok $? "shows those of no other"
run "organization list counts them" 0 "id=1 .* phones=3 month_messages=0 " \
    organization list
sql "insert into organization_months
     values (1, $month, 0, 3), (1, $month, 15, 4),
            (1, $month - interval '1 month', 15, 8)"
run "and what they received this month" 0 "phones=3 month_messages=7 " \
    organization list


# what they are told of

news() {
    rows "$1" "$2" "select string_agg(id::text, ' ' order by id) from devices
                     where config_version > 1000"
    sql "update devices set config_version = 1000"
}

sql "update devices set config_version = 1000"
"$bin" plan update small --monthly-messages 5 >/dev/null
news "a plan's new limit is news to the phones that have it" "11 12 13"
"$bin" plan update small --monthly-messages 5 >/dev/null
"$bin" organization update 1 --plan small --name Acme >/dev/null
news "the same again is none" ""
"$bin" organization update 2 --plan "big one" >/dev/null
news "another plan is news to an organization's phones" 14


# revoking

sql "insert into locks (id, hosted_sim_id, organization_id, user_id,
                        started_at, expires_at)
     values (51, 31, 1, 1, now(), now() + interval '5 minutes');
     insert into sim_locks
     select hosted_sim_id, id, organization_id, team_id, user_id, api_key_id,
            started_at, expires_at from locks;

     do \$\$
     begin
         for n in 1 .. 5 loop
             perform message_add(1, 31, null, null, null, n, 'outbound',
                                 '+14155550131', '+14155550999', 'text',
                                 'queued', now());
         end loop;
     end \$\$;

     insert into sends (organization_id, message_id, hosted_sim_id, provider,
                        device_id, segments, state, lease_id, lease_until)
     select 1, m.id, 31, 'byos', case m.sms_id when 5 then 12 else 11 end, 1,
            case m.sms_id when 2 then 'leased' when 3 then 'accepted'
                          when 4 then 'ended' else 'queued' end,
            case m.sms_id when 2 then gen_random_uuid() end,
            case m.sms_id when 2 then now() + interval '1 minute' end
       from messages m;

     delete from events"

before=$(sql "select config_version from devices where id = 11")
run "phone revoke says what it has ended" 0 "^id=11 cards=2 messages=2\$" \
    phone revoke 11
rows "the phone is revoked, which is news to it" "revoked|t" \
    "select status, config_version > $before from devices where id = 11"
rows "its cards are inactive, and keep their SIMs" "inactive|31 inactive|32" \
    "select string_agg(status || '|' || hosted_sim_id, ' ' order by id)
       from sim_cards where device_id = 11"
rows "its SIMs are too, so that their numbers are free" 2 \
    "select count(*) from hosted_sims
      where id in (31, 32) and status = 'inactive' and deleted_at is null"
sql "insert into hosted_sims (number, provider, type)
     values ('+14155550131', 'byos', 'byos')"
ok $? "even for another SIM"
rows "the lock of one has ended" "t|t" \
    "select l.expires_at <= now(), k.ended_at is not null
       from sim_locks l join locks k on k.id = l.lock_id"
rows "what waited for it has failed, what it had sent has not" \
    "1|ended|failed|phone_revoked 2|ended|failed|phone_revoked \
3|accepted|queued|- 4|ended|queued|- 5|queued|queued|-" \
    "select string_agg(concat_ws('|', m.sms_id, s.state, m.status,
                                 coalesce(m.error_code, '-')), ' '
                       order by m.sms_id)
       from sends s join messages m on m.id = s.message_id"
rows "nobody waits for it any more" "f||" \
    "select is_online, due_at, alerted_at
       from device_presence where device_id = 11"
rows "and that is told" "device.offline:11:1 message.delivery message.delivery \
number.unlocked" \
    "select string_agg(type || case type when 'device.offline'
                                    then ':' || object_id || ':' || user_id
                                    else '' end, ' ' order by type)
       from events"
rows "other phones stay as they are" "active|active pending_verification|pending \
pending_verification" \
    "select string_agg(concat_ws('|', d.status, c.status), ' ' order by d.id)
       from devices d left join sim_cards c on c.device_id = d.id
      where d.id in (12, 13, 14)"

sql "delete from events"
run "again there is nothing to end" 0 "^id=11 cards=0 messages=0\$" \
    phone revoke 11
rows "or to tell" 0 "select count(*) from events"

run "a pending phone is revoked" 0 "^id=13 cards=1 messages=0\$" \
    phone revoke 13
rows "with its code, and no word of one that was offline" "0|0" \
    "select (select count(*) from verification_codes),
            (select count(*) from events)"
sql "update devices set status = 'disabled' where id = 12"
run "and a disabled one" 0 "^id=12 cards=1 messages=1\$" phone revoke 12
run "an unknown phone is said" 1 "no such phone" phone revoke 99
run "and so is a deleted one" 1 "no such phone" phone revoke 15
rows "which stays as it was" pending_verification \
    "select status from devices where id = 15"
run "what is no id is no phone" 1 "must be a number" phone revoke ann


# deleting for an owner who has left

messages=$(sql "select count(*) from messages")
sql "delete from members where user_id = (select user_id from devices
                                           where id = 11)"
run "a phone is deleted, also a revoked one" 0 "^id=11\$" phone delete 11
rows "its cards and SIMs are gone" "0|2" \
    "select (select count(*) from sim_cards where device_id = 11),
            (select count(*) from hosted_sims
              where id in (31, 32) and deleted_at is not null)"
rows "its messages are not" "$messages" "select count(*) from messages"
rows "its android id may be registered again" t \
    "select deleted_at is not null from devices where id = 11"
run "it is no phone any more" 1 "no such phone" phone delete 11

echo "1..$n"
exit $failed
