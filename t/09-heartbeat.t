use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 126;

run_tests();

__DATA__

=== TEST 1: a phone gives a sign of life, and a body is not needed
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
200 {"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}

ann-phone POST /api/byos/devices/201/heartbeat {}
200 {"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}
--- rows
select is_online, is_in_doze_mode, battery_level,
       last_seen_at > now() - interval '3 s'
  from device_presence where device_id = 201 => t|f||t



=== TEST 2: battery, signal and doze mode are kept
--- steps
ann-phone POST /api/byos/devices/202/heartbeat
    {"battery_level":0,"signal_strength":100,"is_in_doze_mode":true}
200

row select battery_level, is_in_doze_mode from device_presence => 0|t

row select sim_slot, signal_strength from sim_cards where device_id = 202
     order by 1 => 1|100 2|

ann-phone POST /api/byos/devices/202/heartbeat {"battery_level":null}
200

row select battery_level, is_in_doze_mode from device_presence => 0|f

ann-phone POST /api/byos/devices/202/heartbeat {"sim_cards":[
    {"phone_number":"+15551230108","signal_strength":7},
    {"phone_number":"+15551230107","signal_strength":8},
    {"phone_number":"+15550000000","signal_strength":9},
    {"phone_number":"short code","signal_strength":9},
    {"signal_strength":9}, {}]}
200

row select sim_slot, signal_strength from sim_cards where device_id = 202
     order by 1 => 1|8 2|7



=== TEST 3: coming online is told once, and again after it was offline
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
200

row select type, user_id, object_id from events => device.online|1|201

ann-phone POST /api/byos/devices/201/heartbeat
200

row select count(*) from events => 1

sql update device_presence set is_online = false

ann-phone POST /api/byos/devices/201/heartbeat
200

row select count(*) from events => 2



=== TEST 4: a pending and a disabled phone give signs too, a revoked one may not
--- steps
ann-phone POST /api/byos/devices/206/heartbeat
200

ann-phone POST /api/byos/devices/204/heartbeat
200

ann-phone POST /api/byos/devices/205/heartbeat
403 {"message":"This action is unauthorized."}

row select string_agg(device_id::text, ' ' order by device_id)
      from device_presence => 204 206



=== TEST 5: bounds hold, every fault is told
--- request
POST /api/byos/devices/201/heartbeat
{"battery_level":101,"signal_strength":-1,"is_in_doze_mode":"perhaps",
 "sim_cards":[{"phone_number":5,"signal_strength":101},7]}
--- as: ann-phone
--- error_code: 422
--- json
{"message":"The battery level field must be between 0 and 100. (and 5 more errors)",
 "errors":{
    "battery_level":["The battery level field must be between 0 and 100."],
    "signal_strength":["The signal strength field must be between 0 and 100."],
    "is_in_doze_mode":["The is in doze mode field must be true or false."],
    "sim_cards.0.phone_number":
        ["The sim_cards.0.phone_number field must be a string."],
    "sim_cards.0.signal_strength":
        ["The sim_cards.0.signal_strength field must be between 0 and 100."],
    "sim_cards.1":["The sim_cards.1 field must be an array."]}}
--- rows
select count(*) from device_presence => 0



=== TEST 6: more cards than a phone can have are too many
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"sim_cards":[{},{},{},{},{},{},{},{},{},{}]}
200

ann-phone POST /api/byos/devices/201/heartbeat
    {"sim_cards":[{},{},{},{},{},{},{},{},{},{},{}]}
422 {"message":"<text>","errors":{
    "sim_cards":["The sim cards field must not have more than 10 items."]}}

ann-phone POST /api/byos/devices/201/heartbeat {"sim_cards":"x"}
422 {"message":"<text>","errors":{
    "sim_cards":["The sim cards field must be an array."]}}



=== TEST 7: nobody gives a sign for another's phone
--- steps
- POST /api/byos/devices/201/heartbeat
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices/201/heartbeat
403 {"message":"This action is unauthorized."}

key POST /api/byos/devices/201/heartbeat
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices/201/heartbeat
403 {"message":"Invalid scope(s) provided."}

bob-phone POST /api/byos/devices/201/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

max-phone POST /api/byos/devices/201/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/999/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 999"}

sql update devices set deleted_at = now() where id = 201

ann-phone POST /api/byos/devices/201/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}
--- rows
select count(*) from device_presence => 0



=== TEST 8: a phone that may not is told so before what is wrong, not after
--- steps
ann-phone POST /api/byos/devices/205/heartbeat {"battery_level":"full"}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/204/heartbeat {"battery_level":"full"}
422

ann-phone POST /api/byos/devices/206/heartbeat {"battery_level":"full"}
422

ann-phone POST /api/byos/devices/205/heartbeat {
400
--- rows
select count(*) from device_presence => 0



=== TEST 9: a token that is over gives no signs
--- steps
expired-phone POST /api/byos/devices/201/heartbeat
401 {"message":"Unauthenticated."}

revoked POST /api/byos/devices/201/heartbeat {"battery_level":"full"}
401 {"message":"Unauthenticated."}

sql update credentials set revoked_at = now() where id = 521

ann-phone POST /api/byos/devices/201/heartbeat
401 {"message":"Unauthenticated."}
--- rows
select count(*) from device_presence => 0



=== TEST 10: what was last seen never goes back
--- sql
insert into device_presence (device_id, last_seen_at, battery_level, is_online)
values (201, now() + interval '1 minute', 50, true)
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":51}
200
--- rows
select last_seen_at > now() + interval '50 s', battery_level
  from device_presence => t|51
select count(*) from events => 0
