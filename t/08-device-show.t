use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 115;

run_tests();

__DATA__

=== TEST 1: a phone with two cards, in full
--- sql
update devices
   set created_at = '2026-02-01Z', updated_at = '2026-02-02Z',
       config_version = 7
 where id = 202;
insert into sim_cards (id, device_id, sim_slot, status)
overriding system value values (390, 202, 9, 'inactive');
update sim_cards
   set created_at = '2026-02-03Z', updated_at = '2026-02-04Z',
       signal_strength = 12
 where id = 303;
insert into device_presence (device_id, last_seen_at, battery_level)
values (202, now(), 87);
insert into device_messages (device_id, month, messages)
values (202, '2026-01-01', 3), (202, '2026-02-01', 4), (203, '2026-02-01', 5);
--- request
GET /api/byos/devices/202
--- as: ann-phone
--- json
{
    "id": 202,
    "android_id": "0000000000000202",
    "phone_number": "+15551230107",
    "device_name": "Phone 202",
    "status": "active",
    "is_online": true,
    "created_at": "2026-02-01T00:00:00Z",
    "twilio_number": "+15550001111",
    "sim_cards": [
        {"id": 302, "phone_number": "+15551230107", "sim_slot": 1,
         "status": "active", "signal_strength": null, "is_active": true,
         "hosted_sim_id": 107, "created_at": "<time+0>",
         "updated_at": "<time+0>"},
        {"id": 303, "phone_number": "+15551230108", "sim_slot": 2,
         "status": "active", "signal_strength": 12, "is_active": true,
         "hosted_sim_id": 108, "created_at": "2026-02-03T00:00:00Z",
         "updated_at": "2026-02-04T00:00:00Z"},
        {"id": 390, "phone_number": null, "sim_slot": 9,
         "status": "inactive", "signal_strength": null, "is_active": false,
         "hosted_sim_id": null, "created_at": "<time+0>",
         "updated_at": "<time+0>"}
    ],
    "battery_level": 87,
    "last_seen_at": "<time+0>",
    "device_model": "Pixel 8",
    "app_version": "1.2.3",
    "config_version": 7,
    "messages_received_count": 7,
    "organization": {"id": 1, "name": "Acme"},
    "updated_at": "2026-02-02T00:00:00Z"
}



=== TEST 2: a phone that has never been heard of, with a card to be verified
--- sql
update devices
   set created_at = '2026-02-01Z', updated_at = '2026-02-02Z',
       device_name = null
 where id = 206;
update sim_cards
   set created_at = '2026-02-03Z', updated_at = '2026-02-04Z'
 where id = 305
--- request
GET /api/byos/devices/206
--- as: ann-phone
--- json
{
    "id": 206,
    "android_id": "0000000000000206",
    "phone_number": null,
    "device_name": null,
    "status": "pending_verification",
    "is_online": false,
    "created_at": "2026-02-01T00:00:00Z",
    "twilio_number": "+15550001111",
    "sim_cards": [
        {"id": 305, "phone_number": null, "sim_slot": 1, "status": "pending",
         "signal_strength": null, "is_active": false, "hosted_sim_id": null,
         "created_at": "2026-02-03T00:00:00Z",
         "updated_at": "2026-02-04T00:00:00Z"}
    ],
    "battery_level": null,
    "last_seen_at": null,
    "device_model": "Pixel 8",
    "app_version": "1.2.3",
    "config_version": 1,
    "messages_received_count": 0,
    "organization": {"id": 1, "name": "Acme"},
    "updated_at": "2026-02-02T00:00:00Z"
}



=== TEST 3: a phone is shown in every state
--- steps
ann-phone GET /api/byos/devices/201
200 {"status":"active","...":1}

ann-phone GET /api/byos/devices/204
200 {"status":"disabled","phone_number":null,"sim_cards":[],"...":1}

ann-phone GET /api/byos/devices/205
200 {"status":"revoked","...":1}

ann-phone GET /api/byos/devices/206
200 {"status":"pending_verification","...":1}



=== TEST 4: a phone's number is that of its lowest active slot
--- steps
sql update sim_cards set status = 'inactive' where id = 302

ann-phone GET /api/byos/devices/202
200 {"phone_number":"+15551230108","sim_cards":[{"id":302,"...":1},
    {"id":303,"...":1}],"...":1}

sql update sim_cards set sim_slot = null where id = 303

ann-phone GET /api/byos/devices/202
200 {"phone_number":"+15551230108","sim_cards":[{"id":302,"...":1},
    {"id":303,"sim_slot":null,"...":1}],"...":1}

sql update sim_cards set status = 'active', sim_slot = 10 where id = 302

ann-phone GET /api/byos/devices/202
200 {"phone_number":"+15551230107","sim_cards":[{"id":302,"...":1},
    {"id":303,"...":1}],"...":1}

sql update sim_cards set sim_slot = 3 where id = 303

ann-phone GET /api/byos/devices/202
200 {"phone_number":"+15551230108","sim_cards":[{"id":303,"...":1},
    {"id":302,"...":1}],"...":1}



=== TEST 5: online is what was heard of in time, whoever else looks
--- steps
sql insert into device_presence (device_id, last_seen_at)
    values (201, now() - interval '300 s')

ann-phone GET /api/byos/devices/201
200 {"is_online":true,"last_seen_at":"<time-300>","...":1}

sql update device_presence set last_seen_at = now() - interval '361 s'

ann-phone GET /api/byos/devices/201
200 {"is_online":false,"last_seen_at":"<time-361>","...":1}

sql update device_presence set is_in_doze_mode = true

ann-phone GET /api/byos/devices/201
200 {"is_online":true,"...":1}

sql update device_presence set last_seen_at = now() - interval '961 s'

ann-phone GET /api/byos/devices/201
200 {"is_online":false,"...":1}

sql update device_presence set last_seen_at = now(), is_online = false

ann-phone GET /api/byos/devices/201
200 {"is_online":false,"...":1}



=== TEST 6: another's phone is as one that does not exist
--- sql
update devices set deleted_at = now() where id = 203
--- steps
ann-phone GET /api/byos/devices/211
404 {"message":"No query results for model [App\\Models\\ByosDevice] 211"}

ada-phone GET /api/byos/devices/201
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone GET /api/byos/devices/999
404 {"message":"No query results for model [App\\Models\\ByosDevice] 999"}

ann-phone GET /api/byos/devices/203
404 {"message":"No query results for model [App\\Models\\ByosDevice] 203"}

ann-phone GET /api/byos/devices/x
404 {"message":"No query results for model [App\\Models\\ByosDevice] x"}

ann-phone GET /api/byos/devices/99999999999999999999
404 {"message":
    "No query results for model [App\\Models\\ByosDevice] 99999999999999999999"}



=== TEST 7: who has left the organization has left the phone
--- steps
ann-phone GET /api/byos/devices/201
200

sql delete from members where user_id = 1 and organization_id = 1

ann-phone GET /api/byos/devices/201
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}



=== TEST 8: a phone of another organization of one's own
--- sql
select test.device(207, 6, 2, 'active')
--- steps
dua-phone GET /api/byos/devices/207
200 {"organization":{"id":2,"name":"Bolt"},"...":1}



=== TEST 9: only OAuth tokens of that scope see phones
--- steps
- GET /api/byos/devices/201
401 {"message":"Unauthenticated."}

expired-phone GET /api/byos/devices/201
401 {"message":"Unauthenticated."}

ann GET /api/byos/devices/201
403 {"message":"This action is unauthorized."}

key GET /api/byos/devices/201
403 {"message":"This action is unauthorized."}

ann-scoped GET /api/byos/devices/201
403 {"message":"Invalid scope(s) provided."}
