use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 200;

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



=== TEST 11: in every state but revoked, also beside what is not right
--- steps
ann-phone POST /api/byos/devices/204/heartbeat {"battery_level":4}
200 {"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}

ann-phone POST /api/byos/devices/206/heartbeat {"battery_level":6,
    "sim_cards":[{"phone_number":null,"signal_strength":50}]}
200 {"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}

ann-phone POST /api/byos/devices/205/heartbeat {"battery_level":5}
403 {"message":"This action is unauthorized."}

sql delete from members where user_id = 1

ann-phone POST /api/byos/devices/201/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}
--- rows
select device_id, battery_level, is_online from device_presence order by 1 => 204|4|t 206|6|t
select object_id, status from events join devices d on d.id = object_id order by 1 => 204|disabled 206|pending_verification



=== TEST 12: the one strength is the first card's, those by number go before it
--- steps
ann-phone POST /api/byos/devices/202/heartbeat {"signal_strength":40,
    "sim_cards":[{"phone_number":"+15551230107","signal_strength":70},
                 {"phone_number":"+15551230108","signal_strength":80}]}
200

row select sim_slot, signal_strength from sim_cards where device_id = 202
     order by 1 => 1|70 2|80

sql update sim_cards set status = 'inactive' where id = 302

ann-phone POST /api/byos/devices/202/heartbeat {"signal_strength":41}
200

row select sim_slot, signal_strength from sim_cards where device_id = 202
     order by 1 => 1|70 2|41

ann-phone POST /api/byos/devices/202/heartbeat
    {"sim_cards":[{"phone_number":"+15551230106","signal_strength":3}]}
200

row select signal_strength is null from sim_cards where id = 311 => t



=== TEST 13: a strength that is known already writes nothing
--- sql
update sim_cards set signal_strength = 40 where device_id = 202;
create table test.before as
select c.id, c.ctid as tid, d.config_version as version
  from sim_cards c join devices d on d.id = c.device_id;
--- steps
ann-phone POST /api/byos/devices/202/heartbeat {"signal_strength":40,
    "sim_cards":[{"phone_number":"+15551230108","signal_strength":40}]}
200

row select count(*) from sim_cards c
      join test.before b on b.id = c.id and b.tid = c.ctid => 7

ann-phone POST /api/byos/devices/202/heartbeat {"signal_strength":39}
200

row select c.id, d.config_version = b.version from sim_cards c
      join test.before b on b.id = c.id and b.tid <> c.ctid
      join devices d on d.id = c.device_id => 302|t

sql drop table test.before



=== TEST 14: the time is the server's, and its limit only comes nearer
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"is_in_doze_mode":true}
200

row select due_at - last_seen_at from device_presence => 00:16:00

ann-phone POST /api/byos/devices/201/heartbeat
    {"last_seen_at":"2001-01-01T00:00:00Z"}
200

row select due_at - last_seen_at, last_seen_at > now() - interval '1 minute'
      from device_presence => 00:06:00|t

sql update device_presence set due_at = now() + interval '1 minute'

ann-phone POST /api/byos/devices/201/heartbeat
200

row select due_at < now() + interval '1 minute' from device_presence => t

sql update device_presence set due_at = null, is_online = false

ann-phone POST /api/byos/devices/201/heartbeat
200

row select due_at - last_seen_at from device_presence => 00:06:00



=== TEST 15: that it is back is mailed once, where it was mailed that it is gone
--- sql
insert into device_presence (device_id, last_seen_at, is_online, battery_level,
                             alerted_at)
values (201, '2026-01-02 03:04:05Z', false, 5, now()),
       (202, '2026-01-02 03:04:05Z', false, 6, null);
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
200

ann-phone POST /api/byos/devices/202/heartbeat
200

ann-phone POST /api/byos/devices/201/heartbeat
200
--- rows
select kind, recipient, user_id, params ->> 'name', params ->> 'device', params ->> 'last_seen', params ->> 'battery' from mails => device_recovered|ann@example.com|1|Ann|Phone 201 (+15551230105)|2026-01-02 03:04:05 UTC|5 %
select object_id from events order by 1 => 201 202
select count(*) from device_presence where alerted_at is not null => 0



=== TEST 16: what is no heartbeat is told with all its faults, of a card too
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":"full","signal_strength":1.5,"is_in_doze_mode":2,
     "sim_cards":{"phone_number":"+1"}}
422 {"message":"<text>","errors":{
    "battery_level":["The battery level field must be an integer."],
    "signal_strength":["The signal strength field must be an integer."],
    "is_in_doze_mode":["The is in doze mode field must be true or false."],
    "sim_cards":["The sim cards field must be an array."]}}

ann-phone POST /api/byos/devices/201/heartbeat [1]
400
--- rows
select count(*) from device_presence => 0
