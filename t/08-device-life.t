use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 155;

vars(none => '{"message":'
             . '"No query results for model [App\\\\Models\\\\ByosDevice]',
     not_now => '{"message":"The selected status is invalid.",'
                . '"errors":{"status":["The selected status is invalid."]}}');

run_tests();

__DATA__

=== TEST 1: an active phone is disabled, answered in full
--- sql
update devices
   set created_at = '2026-02-01Z', updated_at = '2026-02-02Z',
       config_version = 7
 where id = 201;
update sim_cards
   set created_at = '2026-02-03Z', updated_at = '2026-02-04Z'
 where id = 301;
insert into device_presence (device_id, last_seen_at, battery_level)
values (201, now(), 50)
--- request
POST /api/byos/devices/201/disable
--- as: ann-phone
--- json
{
    "id": 201,
    "android_id": "0000000000000201",
    "phone_number": "+15551230105",
    "device_name": "Phone 201",
    "status": "disabled",
    "is_online": true,
    "created_at": "2026-02-01T00:00:00Z",
    "twilio_number": "+15550001111",
    "sim_cards": [
        {"id": 301, "phone_number": "+15551230105", "sim_slot": 1,
         "status": "active", "signal_strength": null, "is_active": true,
         "hosted_sim_id": 105, "created_at": "2026-02-03T00:00:00Z",
         "updated_at": "2026-02-04T00:00:00Z"}
    ],
    "battery_level": 50,
    "last_seen_at": "<time+0>",
    "device_model": "Pixel 8",
    "app_version": "1.2.3",
    "config_version": 8,
    "messages_received_count": 0,
    "organization": {"id": 1, "name": "Acme"},
    "updated_at": "<time+0>"
}
--- rows
select status from hosted_sims where id = 105 => active
select count(*) from events => 0



=== TEST 2: and enabled again
--- steps
ann-phone POST /api/byos/devices/201/disable
200 {"status":"disabled","config_version":"<int>","...":1}

ann-phone POST /api/byos/devices/201/sms
    {"from":"+15557654321","body":"hi","message_id":"{{uuid7}}"}
403

sql update devices set config_version = 40 where id = 201

ann-phone POST /api/byos/devices/201/enable
200 {"status":"active","config_version":41,"updated_at":"<time+0>",
    "organization":{"id":1,"...":1},"...":1}

ann-phone POST /api/byos/devices/201/sms
    {"from":"+15557654321","body":"hi","message_id":"{{uuid7}}"}
202



=== TEST 3: one without an active card is to be verified first
--- sql
update devices set config_version = 7 where id = 204
--- steps
ann-phone POST /api/byos/devices/204/enable
200 {"status":"pending_verification","config_version":8,"...":1}

ann-phone POST /api/byos/devices/204/enable
422 {{not_now}}

ann-phone POST /api/byos/devices/201/disable
200

sql update sim_cards set status = 'inactive' where id = 301

ann-phone GET /api/byos/devices/201
200 {"status":"disabled","...":1}

ann-phone POST /api/byos/devices/201/enable
200 {"status":"pending_verification","...":1}



=== TEST 4: an active one that is enabled stays as it is
--- sql
update devices set config_version = 7, updated_at = '2026-02-02Z'
 where id = 202
--- steps
ann-phone POST /api/byos/devices/202/enable
200 {"status":"active","config_version":7,
    "updated_at":"2026-02-02T00:00:00Z","...":1}



=== TEST 5: no other states are enabled
--- steps
ann-phone POST /api/byos/devices/206/enable
422 {{not_now}}

ann-phone POST /api/byos/devices/205/enable
422 {{not_now}}

row select string_agg(status, ',' order by id) from devices
     where id in (205, 206) => revoked,pending_verification



=== TEST 6: none but an active one is disabled
--- steps
ann-phone POST /api/byos/devices/204/disable
422 {{not_now}}

ann-phone POST /api/byos/devices/205/disable
422 {{not_now}}

ann-phone POST /api/byos/devices/206/disable
422 {{not_now}}

row select string_agg(status, ',' order by id) from devices
     where id in (204, 205, 206) => disabled,revoked,pending_verification



=== TEST 7: a disabled phone sends nothing, what waits stays
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone POST /api/byos/devices/201/disable
200

ann-phone GET /api/byos/devices/201/outbox
403

ann-phone POST /api/byos/devices/201/enable
200

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"text":"a","...":1}]}



=== TEST 8: a body does not matter
--- steps
ann-phone POST /api/byos/devices/201/disable {"status":
200 {"status":"disabled","...":1}

ann-phone POST /api/byos/devices/201/enable {"status":"revoked"}
200 {"status":"active","...":1}



=== TEST 9: another's phone is as one that does not exist
--- sql
update devices set deleted_at = now() where id = 203
--- steps
ann-phone POST /api/byos/devices/211/disable
404 {{none}} 211"}

ann-phone POST /api/byos/devices/211/enable
404 {{none}} 211"}

ada-phone POST /api/byos/devices/201/disable
404 {{none}} 201"}

ada-phone POST /api/byos/devices/204/enable
404 {{none}} 204"}

ann-phone POST /api/byos/devices/203/disable
404 {{none}} 203"}

ann-phone POST /api/byos/devices/999/enable
404 {{none}} 999"}

ann-phone POST /api/byos/devices/x/enable
404 {{none}} x"}

sql delete from members where user_id = 1 and organization_id = 1

ann-phone POST /api/byos/devices/201/disable
404 {{none}} 201"}

ann-phone POST /api/byos/devices/204/enable
404 {{none}} 204"}

row select string_agg(status, ',' order by id) from devices
     where id in (201, 204, 211) => active,disabled,active



=== TEST 10: only OAuth tokens of that scope do it
--- steps
- POST /api/byos/devices/201/disable
401 {"message":"Unauthenticated."}

- POST /api/byos/devices/204/enable
401 {"message":"Unauthenticated."}

expired-phone POST /api/byos/devices/201/disable
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices/201/disable
403 {"message":"This action is unauthorized."}

key POST /api/byos/devices/204/enable
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices/201/disable
403 {"message":"Invalid scope(s) provided."}

ann-scoped POST /api/byos/devices/204/enable
403 {"message":"Invalid scope(s) provided."}

row select string_agg(status, ',' order by id) from devices
     where id in (201, 204) => active,disabled
