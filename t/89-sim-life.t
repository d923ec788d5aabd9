#!/bin/bash

# The life of a SIM by the command line tool, and who held which when.

cd "$(dirname "$0")/.." || exit 1

. t/lib/cli.sh

# The number.* events since the last time: type, organization, team.
told() {
    rows "$1" "$2" "
        with e as (
            update events
               set planned_at = now()
             where planned_at is null and type like 'number.%'
            returning type, organization_id, team_id, created_at, id
        )
        select string_agg(concat_ws(':', substr(type, 8), organization_id,
                                    team_id), ' '
                          order by created_at, organization_id, id)
          from e"
}


empty_database
"$bin" migrate >/dev/null || exit 1
for org in Acme Bolt Cargo; do
    "$bin" organization create $org >/dev/null
done
"$bin" -q user create ann@example.com --name Ann --organization 1 \
    --role owner >/dev/null
"$bin" -q user create bob@example.com --name Bob --organization 2 >/dev/null
"$bin" team create 1 Sales >/dev/null
"$bin" team create 2 Desk >/dev/null


# to make and change one

run "a SIM is made" 0 '^id=1$' \
    sim add +14155550101 --provider twilio --account AC1 --type shared \
    --max-organizations 2
run "a number is a SIM's once" 1 'there is a live SIM with this number' \
    sim add +14155550101
run "it is shown" 0 \
    'id=1 number=\+14155550101 provider=twilio account=AC1 type=shared status=active max_organizations=2 send_interval_ms= organizations=$' \
    sim list

run "it is changed" 0 '^hosted_sim_id=1$' \
    sim update 1 --provider seven --account main --send-interval 250
run "in what is given" 0 \
    'provider=seven account=main type=shared status=active max_organizations=2 send_interval_ms=250' \
    sim list
run "and back" 0 '^hosted_sim_id=1$' \
    sim update 1 --account '' --send-interval default --status inactive
run "to what it was" 0 \
    'account= type=shared status=inactive .* send_interval_ms= ' sim list
run "another changes" 0 '' sim update 1 --status active --provider twilio
run "a status is one of two" 1 '--status must be active or inactive' \
    sim update 1 --status gone
run "a provider one of three" 1 \
    '--provider must be seven, twilio or byos' sim update 1 --provider x
run "an interval is a number" 1 '--send-interval must be a number' \
    sim update 1 --send-interval -1
run "one that is not there" 1 'there is no such SIM' \
    sim update 99 --status active


# organizations and teams

run "it is given to a team" 0 '^hosted_sim_id=1$' \
    sim attach 1 1 --team 1 --alias Front
told "which the organization is told" claimed:1:1
run "not to another organization's team" 1 \
    'the organization has no such team' sim attach 1 2 --team 1
run "not to one that is not there" 1 'there is no such organization' \
    sim attach 1 99
told "nobody is told of that" ""
run "to a second organization" 0 '' sim attach 1 2 --team 2
told "told again" claimed:2:2
run "not to a third" 1 \
    'the SIM has as many organizations as it may have' sim attach 1 3
run "nor may it have fewer than it has" 1 \
    'the SIM has more organizations than that' \
    sim update 1 --max-organizations 1
run "team and alias change" 0 '' sim attach 1 1 --alias Back
rows "there alone" '1||Back
2|2|' "select organization_id, team_id, alias from sim_attachments order by 1"
told "of which nobody is told" ""
run "as many as there are" 0 '' sim update 1 --max-organizations any
run "is more" 0 '' sim attach 1 3
run "it is taken away" 0 '^hosted_sim_id=1$' sim detach 1 3
run "once" 1 'the organization does not have this SIM' sim detach 1 3
told "both are told" "claimed:3 released:3"

# many at once

sql "insert into organizations (name, plan_id)
     select 'o' || n, 1 from generate_series(10, 29) n;
     update events set planned_at = now()"
"$bin" -q sim add +14155550102 --max-organizations 5 >/dev/null

for org in $(seq 4 23); do
    "$bin" sim attach 3 "$org" >/dev/null 2>&1 &
done
wait

rows "of twenty at once, as many get it as may" "5|5" "
    select count(*), (select count(*) from events
                       where type = 'number.claimed' and object_id = 3)
      from sim_attachments where hosted_sim_id = 3"
sql "update events set planned_at = now()"


# locks

sql "insert into locks (id, hosted_sim_id, organization_id, team_id, user_id,
                        started_at, expires_at, released_at, ended_at)
     values (1, 1, 1, null, 1, now() - interval '3 days',
             now() - interval '3 days' + interval '5 minutes', null, now()),
            (2, 1, 2, 2, 2, now() - interval '1 day',
             now() - interval '1 day' + interval '5 minutes',
             now() - interval '1 day' + interval '1 minute', now());
     insert into credentials (digest, kind, abilities, user_id,
                              organization_id, name, key_prefix)
     values (sha256('k'), 4, 15, 1, 1, 'robot', 'sk_live_0000');
     insert into locks (id, hosted_sim_id, organization_id, user_id,
                        api_key_id, started_at, expires_at)
     values (3, 1, 1, 1, 1, now(), now() + interval '5 minutes');
     insert into sim_locks (hosted_sim_id, lock_id, organization_id, user_id,
                            api_key_id, started_at, expires_at)
     select hosted_sim_id, id, organization_id, user_id, api_key_id,
            started_at, expires_at
       from locks where id = 3"
told "a lock is told to all that have the SIM" "locked:1 locked:2:2"

run "who held what is shown, the newest first" 0 \
    '^lock_id=3 sim=1 number=\+14155550101 organization=1 team= user_id=1 email=ann@example.com key=robot started_at=.* state=held ended_at=$' \
    lock list
rows "all of them" 3 "select count(*) from locks"
[ "$(grep -c . <<<"$("$bin" -q lock list)")" = 3 ]
ok $? "each in a line"
run "of an organization" 0 \
    '^lock_id=2 .* team=2 user_id=2 email=bob@example.com key= .* state=released ended_at=20' \
    lock list --organization 2
[ "$("$bin" -q lock list --organization 1 | tr '\n' ' ')" = "3 1 " ]
ok $? "and no other's"
run "one that has expired" 0 '^lock_id=1 .* state=expired ended_at=20' \
    lock list --sim 1
[ -z "$("$bin" -q lock list --sim 3)" ]
ok $? "of a SIM alone"
[ "$("$bin" -q lock list --since "$(date -u -d '2 days ago' +%FT%TZ)" \
    | tr '\n' ' ')" = "3 2 " ]
ok $? "since a time"
run "which must be one" 1 '--since must be a time' lock list --since today

run "a person ends it" 0 '^lock_id=3$' lock release 1
run "once" 1 'nobody holds this SIM' lock release 1
rows "for good" "t|t|t" "
    select released_at <= now(), ended_at = released_at,
           (select expires_at <= now() from sim_locks)
      from locks where id = 3"
told "which all are told" "unlocked:1 unlocked:2:2"


# the end of one

sql "select message_add(1, 1, null, null, null, nextval('sms_ids'),
                        'outbound', '+14155550101', '+14155550999', b,
                        'queued', now())
       from unnest(array['waits', 'leased', 'sent']) b;
     insert into sends (organization_id, message_id, hosted_sim_id, provider,
                        segments, state)
     select 1, id, 1, 'twilio', 1,
            case body when 'waits' then 'queued' when 'leased' then 'leased'
                      else 'accepted' end
       from messages;
     select message_progress(1, id, 'sent', null) from messages
      where body = 'sent';
     update events set planned_at = now();
     insert into locks (id, hosted_sim_id, organization_id, user_id,
                        started_at, expires_at)
     values (4, 1, 2, 2, now(), now() + interval '5 minutes');
     update sim_locks
        set (lock_id, organization_id, user_id, api_key_id, expires_at)
          = (4, 2, 2, null, now() + interval '5 minutes');
     update events set planned_at = now()" >/dev/null

run "a SIM ends" 0 '^hosted_sim_id=1$' sim retire 1
run "once" 1 'there is no such SIM' sim retire 1
run "and is not given to anybody" 1 'there is no such SIM' sim attach 1 3
rows "its lock and its attachments go with it" "0|0|inactive|t" "
    select (select count(*) from sim_attachments where hosted_sim_id = 1),
           (select count(*) from sim_locks where expires_at > now()), status,
           deleted_at is not null
      from hosted_sims where id = 1"
rows "what it was to send has failed, what is under way goes on" \
'leased|queued||leased
sent|sent||accepted
waits|failed|sim_retired|ended' "
    select m.body, m.status, m.error_code, s.state
      from messages m
      join sends s on s.message_id = m.id
     order by 1"
rows "which is told of that one" 1 "
    select count(*) from events
     where planned_at is null and type = 'message.delivery'"
told "its organizations are told of the lock, and that it is theirs no more" \
    "unlocked:1 unlocked:2:2 released:1 released:2:2"

run "its number may be a SIM's again" 0 '^id=[0-9]' sim add +14155550101
run "which is shown alone" 0 '^id=4 number=\+14155550101' sim list
run "and is given to who had it" 0 '' sim attach 4 1

sql "insert into devices (organization_id, user_id, android_id, device_model,
                          app_version, status)
     values (1, 1, '00000000000000aa', 'm', '1', 'active');
     insert into sim_cards (device_id, sim_slot, hosted_sim_id, status)
     values (1, 1, 4, 'active')"
run "a phone's SIM goes with its card" 1 'a phone has this SIM' sim retire 4


# what is kept of locks

sql "insert into locks (id, hosted_sim_id, organization_id, user_id,
                        started_at, expires_at, ended_at)
     select 100 + n, 4, 1, 1, now() - interval '1 hour' * n,
            now() - interval '1 hour' * n, now()
       from generate_series(1, 3000) n;
     analyze locks"

plan=$(sql "explain $(grep -v '^--' sql/statements/housekeeping_locks.sql)")
grep -q 'locks_over' <<<"$plan" && ! grep -q 'Seq Scan' <<<"$plan"
ok $? "old ones are found by an index"

plan=$(sql "explain $(grep -v '^--' sql/statements/lock_expire.sql)")
grep -q 'locks_open' <<<"$plan" && ! grep -q 'Seq Scan on locks' <<<"$plan"
ok $? "and so are those that expire"

echo "1..$n"
exit $failed
