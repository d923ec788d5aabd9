#!/bin/bash

# The command line tool, on databases of its own beside
# SIMRELAY_TEST_DATABASE.

cd "$(dirname "$0")/.." || exit 1

. t/lib/cli.sh


run "help names the commands" 0 "^  webhook map " help
run "no command is a usage error" 2 "^usage:"
run "an unknown command is one too" 2 "no command" sing
run "an unknown option is one too" 2 "not known" organization list --loud x
run "too few arguments are one too" 2 "too few" team create 1
SIMRELAY_DATABASE_URL='' run "a database must be given" 1 \
    "SIMRELAY_DATABASE_URL" organization list
run "one that is away is said" 1 "cannot be reached" \
    -d "host=127.0.0.1 port=1 dbname=x" organization list


# migrate

sql "create database ${name}_bare template template0" "$server/postgres"
run "without pg_partman migrate says what a superuser runs" 1 \
    "^create extension if not exists pg_partman schema partman;" \
    -d "$server/${name}_bare" migrate

empty_database

run "a database without a schema is refused" 1 "run simrelay migrate" \
    organization list

"$bin" -q migrate >"$dir/one" 2>&1 &
"$bin" -q migrate >"$dir/two" 2>&1
rc=$?
wait $!
[ $? = 0 ] && [ $rc = 0 ] && cmp -s "$dir/one" "$dir/two"
ok $? "two migrators at once both end well"
out=$(cat "$dir/one" "$dir/two")

have=$(sql "select count(*) from schema_migrations")
[ "$have" = "$(find sql/migrations -name '*.sql' | wc -l)" ]
ok $? "each migration is applied once"

run "migrate again changes nothing" 0 "^version=$have\$" migrate

sql "insert into schema_migrations (version, name) values (9999, 'newer')"
run "migrate refuses a newer schema" 1 "newer" migrate
run "and so does every command" 1 "install a newer" organization list
sql "delete from schema_migrations where version = 9999"


# key file

run "doctor misses the key file" 1 "^FAIL  key file" doctor
run "keyfile create makes it" 0 "^file=" keyfile create "$SIMRELAY_KEY_FILE"
[ "$(stat -c %a "$SIMRELAY_KEY_FILE")" = 600 ]
ok $? "for its owner alone"
run "and never over another" 1 "exists" keyfile create "$SIMRELAY_KEY_FILE"
chmod 644 "$SIMRELAY_KEY_FILE"
run "one that others can read is refused" 1 "readable by others" \
    webhook create 1 http://example.com/
chmod 600 "$SIMRELAY_KEY_FILE"


# what it makes

run "organization create gives an id" 0 "^id=1\$" organization create "A & B"
run "in an unknown plan it is refused" 1 "no such plan" \
    organization create x --plan gold
run "lists quote for the shell" 0 "name='A & B'" organization list
run "user create makes up a password" 0 "^password=[A-Za-z0-9]{20}\$" \
    user create ann@example.com --name Ann --organization 1 --role owner
run "an address can be had once" 1 "is a person with this" \
    user create ANN@example.com --name Ann
run "a person has a name" 1 "--name is missing" user create x@example.com
out=$(echo "correct horse" | "$bin" -q user create bob@example.com \
    --name Bob --password stdin 2>&1)
rc=$?
bob=$out
[ $rc = 0 ] && [[ $bob =~ ^[0-9]+$ ]]
ok $? "user create reads a password, and does not show it"
out=$(echo "short" | "$bin" user create c@example.com --name C \
    --password stdin 2>&1)
rc=$?
[ $rc = 1 ]
ok $? "but no short one"
run "a role is one of three" 1 "owner, admin or member" \
    member add bob@example.com 1 --role king
run "member add" 0 "^user_id=$bob\$" member add bob@example.com 1
run "team create" 0 "^id=1\$" team create 1 Support
run "a team's name is its own" 1 "team of this name" team create 1 Support
run "team add-user" 0 "^team_id=1\$" team add-user 1 bob@example.com
run "member remove takes it out of the team too" 0 "^user_id=$bob\$" \
    member remove "$bob" 1
run "team list counts" 0 "members=0" team list 1
run "who is no member cannot be in its team" 1 "no member of the team" \
    team add-user 1 "$bob"
run "an unknown person is said" 1 "no such person" token create nobody
run "sim add" 0 "^id=1\$" sim add +14155550123 --max-organizations 1
run "a number has one live SIM" 1 "live SIM" sim add +14155550123
run "what is no number is refused" 1 "no number" sim add 0123
run "an unknown provider too" 1 "seven, twilio or byos" \
    sim add +14155550124 --provider pigeon
run "sim attach" 0 "^hosted_sim_id=1\$" sim attach 1 1 --team 1 --alias main
run "organization create gives the next id" 0 "^id=" organization create Two
run "a SIM has as many organizations as it may" 1 "as many" sim attach 1 \
    "$(sql "select max(id) from organizations")"
run "sim detach" 0 "^hosted_sim_id=1\$" sim detach 1 1
run "webhook create shows the secret" 0 "^secret=[0-9a-f]{64}\$" \
    webhook create 1 https://example.com/hook
run "webhook map" 0 "^id=1\$" webhook map 1 1 --mode lock_required
run "in a mode that there is" 1 "always or lock_required" \
    webhook map 1 1 --mode never
run "what is no URL is refused" 1 "no http" webhook create 1 ftp://x/
run "webhook list shows the mapping" 0 "mappings='?1:lock_required" \
    webhook list 1
sql "insert into webhook_deliveries
            (id, organization_id, webhook_integration_id, event_id,
             event_created_at, event, object_id, state, attempts, http_status,
             error, next_attempt_at, lease_id, lease_until, created_at)
     select 7000 + n, 1, 1, n, now(), 'message.inbound', 1,
            case when n < 4 then 'failed' when n = 4 then 'pending'
                 else 'delivered' end, 4, 500, 'HTTP 500', null,
            case when n = 4 then gen_random_uuid() end,
            now() + interval '1 hour', now() - n * interval '1 hour'
       from generate_series(1, 5) n"
run "webhook deliveries shows the log" 0 \
    "^id=7001 .* event_id=evt_1 status=failed attempts=4 http_status=500 " \
    webhook deliveries 1
run "those of one state, so many" 0 "^id=7001 .*error='HTTP 500'\$" \
    webhook deliveries 1 --status failed --limit 1
[ "$(wc -l <<<"$out")" = 1 ]
ok $? "and no more"
run "a state is one of three" 1 "pending, delivered or failed" \
    webhook deliveries 1 --status lost
run "webhook redeliver queues one" 0 "^count=1\$" webhook redeliver 1 7005
rows "due now, with all its attempts" "pending|0|t|HTTP 500" \
    "select state, attempts, next_attempt_at <= now(), error
       from webhook_deliveries where id = 7005"
run "not one that is being sent" 1 "being sent" webhook redeliver 1 7004
run "nor one that is not there" 1 "no such delivery" webhook redeliver 1 7
run "or all that failed since a time" 0 "^count=2\$" webhook redeliver 1 \
    --since "$(date -u -d '150 minutes ago' +%Y-%m-%dT%H:%M:%SZ)"
rows "and not before" 7003 \
    "select id from webhook_deliveries where state = 'failed'"
run "one or the other is given" 1 "not both" webhook redeliver 1
run "a time is one" 1 "no time" webhook redeliver 1 --since yesterday
sql "update webhook_integrations set is_active = false"
run "not of an integration that is off" 1 "not active" \
    webhook redeliver 1 7003
sql "update webhook_integrations set is_active = true;
     delete from webhook_deliveries"
run "token create" 0 "^token='[0-9]+\\|[A-Za-z0-9]{48}'\$" \
    token create ann@example.com
run "key create" 0 "^key=sk_live_" key create 1 1 all
run "with permissions that there are" 1 "no permission" \
    key create 1 1 some --permissions numbers.fly
run "of a name of its own" 1 "API key of this name" key create 1 1 all
run "client create" 0 "^id=[0-9a-f-]{36}\$" client create App \
    http://127.0.0.1/callback
run "oauth-token create" 0 "^token=[A-Za-z0-9]{48}\$" oauth-token create 1 \
    "$(sql "select id from oauth_clients")" --days 1
run "credential list" 0 "kind=api_key name=all" credential list 1
run "credential revoke" 0 "^id=1\$" credential revoke 1
run "once" 1 "no such live" credential revoke 1


# seed and doctor

out=$("$bin" seed 2>&1)
rc=$?
grep -q "^SIMRELAY2_OAUTH_TOKEN='[A-Za-z0-9]\{48\}'\$" <<<"$out"
ok $? "seed prints variables"
before=$(sql "select count(*) from organizations")
out=$("$bin" seed 2>&1)
rc=$?
[ $rc = 0 ] && [ "$before" = "$(sql "select count(*) from organizations")" ]
ok $? "seed again makes nothing twice"

# nobody plans them here, however long it has taken to get to this line
sql "update events set planned_at = now()"
run "doctor misses simrelayd alone" 1 "^FAIL  0 simrelayd" doctor
[ "$(grep -c "^FAIL" <<<"$out")" = 1 ]
ok $? "and nothing else"

rm "$SIMRELAY_KEY_FILE"
"$bin" keyfile create "$SIMRELAY_KEY_FILE" >/dev/null
run "doctor sees that a secret cannot be opened" 1 \
    "^FAIL  1 of 1 webhook secrets" doctor

sql "update events set planned_at = now();
     insert into events (organization_id, type, object_id, created_at)
     values (1, 'message.inbound', 1, now() - interval '1 minute')"
run "doctor sees an event that nobody plans" 1 "^FAIL  1 events wait" doctor

echo "1..$n"
exit $failed
