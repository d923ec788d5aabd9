use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 237;

vars(taken => '{"message":"The phone number has already been taken.",'
              . '"errors":{"phone_number":'
              . '["The phone number has already been taken."]}}',
     invalid => '{"message":"The selected phone number is invalid.",'
                . '"errors":{"phone_number":'
                . '["The selected phone number is invalid."]}}',
     format => '{"message":"The phone number field format is invalid.",'
               . '"errors":{"phone_number":'
               . '["The phone number field format is invalid."]}}',
     none => '{"message":'
             . '"No query results for model [App\\\\Models\\\\ByosDevice]');

run_tests();

__DATA__

=== TEST 1: all of it at once, answered in full
--- sql
update devices
   set created_at = '2026-02-01Z', updated_at = '2026-02-02Z',
       config_version = 7
 where id = 201;
update sim_cards
   set created_at = '2026-02-03Z', updated_at = '2026-02-04Z'
 where id = 301
--- request
PUT /api/byos/devices/201
{"device_name":"Désk 📱","phone_number":"+4915123456789","app_version":"2.0",
 "android_id":"ffffffffffffffff","status":"revoked"}
--- as: ann-phone
--- json
{
    "id": 201,
    "android_id": "0000000000000201",
    "phone_number": "+4915123456789",
    "device_name": "Désk 📱",
    "status": "active",
    "is_online": false,
    "created_at": "2026-02-01T00:00:00Z",
    "twilio_number": "+15550001111",
    "sim_cards": [
        {"id": 301, "phone_number": "+4915123456789", "sim_slot": 1,
         "status": "active", "signal_strength": null, "is_active": true,
         "hosted_sim_id": 105, "created_at": "2026-02-03T00:00:00Z",
         "updated_at": "<time+0>"}
    ],
    "battery_level": null,
    "last_seen_at": null,
    "device_model": "Pixel 8",
    "app_version": "2.0",
    "config_version": 8,
    "messages_received_count": 0,
    "organization": {"id": 1, "name": "Acme"},
    "updated_at": "<time+0>"
}
--- rows
select number, country, status, deleted_at is null,
       updated_at > now() - interval '1 minute'
  from hosted_sims where id = 105 => +4915123456789|DE|active|t|t
select number_verified from sim_cards where id = 301 => f
select count(*) from events => 0



=== TEST 2: what is not given stays, PATCH is PUT
--- steps
ann-phone PATCH /api/byos/devices/201 {"device_name":"One"}
200 {"device_name":"One","app_version":"1.2.3",
    "phone_number":"+15551230105","...":1}

ann-phone PATCH /api/byos/devices/201 {"app_version":"1.2.4"}
200 {"device_name":"One","app_version":"1.2.4",
    "phone_number":"+15551230105","...":1}

ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551239999"}
200 {"device_name":"One","app_version":"1.2.4",
    "phone_number":"+15551239999","...":1}

ann-phone PUT /api/byos/devices/201
    {"device_name":null,"app_version":null,"phone_number":null}
200 {"device_name":null,"app_version":"1.2.4",
    "phone_number":"+15551239999","...":1}

row select updated_at = now() from devices where id = 201 => f

sql update devices set updated_at = '2026-02-02Z' where id = 201

ann-phone PUT /api/byos/devices/201 {}
200 {"updated_at":"2026-02-02T00:00:00Z","...":1}

ann-phone PUT /api/byos/devices/201
200 {"updated_at":"2026-02-02T00:00:00Z","...":1}

ann-phone PUT /api/byos/devices/201 {"device_name":null,"app_version":"1.2.4"}
200 {"updated_at":"2026-02-02T00:00:00Z","...":1}

ann-phone PUT /api/byos/devices/201 {"device_name":""}
200 {"device_name":null,"...":1}



=== TEST 3: the same number again changes nothing
--- sql
update devices set config_version = 7, updated_at = '2026-02-02Z'
 where id = 202;
update sim_cards set updated_at = '2026-02-04Z' where id = 302
--- steps
ann-phone PUT /api/byos/devices/202 {"phone_number":"+15551230107"}
200 {"phone_number":"+15551230107","config_version":7,
    "updated_at":"2026-02-02T00:00:00Z","sim_cards":[
    {"updated_at":"2026-02-04T00:00:00Z","...":1},{"...":1}],"...":1}

row select string_agg(number_verified::text, ',') from sim_cards
     where device_id = 202 => true,true
row select updated_at from hosted_sims where id = 107
    => 2026-01-02 03:04:05+00

ann-phone PUT /api/byos/devices/202 {"phone_number":"+15551230199"}
200 {"config_version":8,"...":1}

ann-phone PUT /api/byos/devices/202 {"phone_number":"+15551230107"}
200 {"config_version":9,"...":1}

row select string_agg(number_verified::text, ',' order by id) from sim_cards
     where device_id = 202 => false,true



=== TEST 4: the number is that of the lowest active slot
--- steps
ann-phone PUT /api/byos/devices/202 {"phone_number":"+447911123456"}
200 {"phone_number":"+447911123456","sim_cards":[
    {"id":302,"phone_number":"+447911123456","...":1},
    {"id":303,"phone_number":"+15551230108","...":1}],"...":1}

sql update sim_cards set status = 'inactive' where id = 302

ann-phone PUT /api/byos/devices/202 {"phone_number":"+33612345678"}
200 {"phone_number":"+33612345678","sim_cards":[
    {"id":302,"phone_number":"+447911123456","...":1},
    {"id":303,"phone_number":"+33612345678","...":1}],"...":1}

row select id, number, country from hosted_sims where id in (107, 108)
     order by id => 107|+447911123456|GB 108|+33612345678|FR



=== TEST 5: a number of no country, and one of a country again
--- steps
ann-phone PUT /api/byos/devices/201 {"phone_number":"+870773111632"}
200 {"phone_number":"+870773111632","...":1}

row select country is null from hosted_sims where id = 105 => t

ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551230105"}
200

row select country from hosted_sims where id = 105 => US



=== TEST 6: a number of another live SIM is taken
--- steps
ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551230101"}
422 {{taken}}

ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551230106"}
422 {{taken}}

ann-phone PUT /api/byos/devices/202
    {"phone_number":"+15551230108","device_name":"x"}
422 {{taken}}

row select string_agg(concat_ws(' ', id, device_name), ',' order by id)
      from devices where id in (201, 202)
    => 201 Phone 201,202 Phone 202

sql update sim_cards set status = 'inactive' where id = 303

ann-phone PUT /api/byos/devices/202 {"phone_number":"+15551230108"}
200 {"phone_number":"+15551230108","...":1}

ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551230109"}
200 {"phone_number":"+15551230109","...":1}



=== TEST 7: where no card is active there is none to have the number
--- steps
ann-phone PUT /api/byos/devices/206 {"phone_number":"+15551239999"}
422 {{invalid}}

ann-phone PUT /api/byos/devices/204
    {"phone_number":"+15551239999","device_name":"x"}
422 {{invalid}}

ann-phone PUT /api/byos/devices/206 {"phone_number":"+15551230101"}
422 {{invalid}}

row select count(*) from devices where device_name = 'x' => 0



=== TEST 8: in which states
--- sql
select test.sim(120, '+15551230120', 'byos', 'byos'),
       test.card(390, 204, 1, 120);
--- steps
ann-phone PUT /api/byos/devices/206 {"device_name":"pending"}
200 {"device_name":"pending","status":"pending_verification","...":1}

ann-phone PUT /api/byos/devices/204
    {"device_name":"off","phone_number":"+15551239999"}
200 {"device_name":"off","status":"disabled","phone_number":"+15551239999",
    "...":1}

ann-phone PUT /api/byos/devices/205 {"device_name":"gone"}
403 {"message":"This action is unauthorized."}

ann-phone PUT /api/byos/devices/205 {"device_name":7}
403 {"message":"This action is unauthorized."}

ann-phone PUT /api/byos/devices/205 {"phone_number":"+15551230101"}
403 {"message":"This action is unauthorized."}

row select device_name, status from devices where id = 205
    => Phone 205|revoked



=== TEST 9: every fault is told at once
--- steps
ann-phone PUT /api/byos/devices/201
    {"device_name":[],"phone_number":"0151 234","app_version":1}
422 {"message":"The device name field must be a string. (and 2 more errors)",
    "errors":{
      "device_name":["The device name field must be a string."],
      "phone_number":["The phone number field format is invalid."],
      "app_version":["The app version field must be a string."]}}

ann-phone PUT /api/byos/devices/201
    {"device_name":"{{😀*256}}","app_version":"{{é*51}}",
     "phone_number":"+1555123456789012"}
422 {"message":"<text>","errors":{
      "device_name":
        ["The device name field must not be greater than 255 characters."],
      "phone_number":["The phone number field format is invalid."],
      "app_version":
        ["The app version field must not be greater than 50 characters."]}}

ann-phone PUT /api/byos/devices/201
    {"device_name":"a\u0000b","app_version":"\ud800"}
422 {"message":"<text>","errors":{
      "device_name":["The device name field format is invalid."],
      "app_version":["The app version field format is invalid."]}}

ann-phone PUT /api/byos/devices/201
    {"device_name":"{{😀*255}}","app_version":"{{é*50}}"}
200

ann-phone PUT /api/byos/devices/201 {"device_name":
400 {"message":"<text>"}



=== TEST 10: a number is E.164
--- steps
ann-phone PUT /api/byos/devices/201 {"phone_number":"+0151234567"}
422 {{format}}

ann-phone PUT /api/byos/devices/201 {"phone_number":"15551239999"}
422 {{format}}

ann-phone PUT /api/byos/devices/201 {"phone_number":"+1 (555) 123-9999"}
422 {{format}}

ann-phone PUT /api/byos/devices/201 {"phone_number":"+123456"}
422 {{format}}

ann-phone PUT /api/byos/devices/201 {"phone_number":15551239999}
422

ann-phone PUT /api/byos/devices/201 {"phone_number":"+1234567"}
200 {"phone_number":"+1234567","...":1}



=== TEST 11: another's phone is as one that does not exist
--- sql
update devices set deleted_at = now() where id = 203
--- steps
ann-phone PUT /api/byos/devices/211 {"device_name":"mine"}
404 {{none}} 211"}

ann-phone PUT /api/byos/devices/211 {"device_name":7}
404 {{none}} 211"}

ada-phone PUT /api/byos/devices/201 {"device_name":"mine"}
404 {{none}} 201"}

ann-phone PATCH /api/byos/devices/203 {"device_name":"mine"}
404 {{none}} 203"}

ann-phone PUT /api/byos/devices/999 {"phone_number":"x"}
404 {{none}} 999"}

ann-phone PUT /api/byos/devices/x {"device_name":"mine"}
404 {{none}} x"}

sql delete from members where user_id = 1 and organization_id = 1

ann-phone PUT /api/byos/devices/201 {"device_name":"mine"}
404 {{none}} 201"}

row select count(*) from devices where device_name = 'mine' => 0



=== TEST 12: only OAuth tokens of that scope change phones
--- steps
- PUT /api/byos/devices/201 {"device_name":7}
401 {"message":"Unauthenticated."}

expired-phone PUT /api/byos/devices/201 {"device_name":"x"}
401 {"message":"Unauthenticated."}

ann PUT /api/byos/devices/201 {"device_name":7}
403 {"message":"This action is unauthorized."}

key PUT /api/byos/devices/201 {"device_name":"x"}
403 {"message":"This action is unauthorized."}

ann-scoped PUT /api/byos/devices/201 {"device_name":"x"}
403 {"message":"Invalid scope(s) provided."}

row select count(*) from devices where device_name = 'x' => 0



=== TEST 13: what the new number's SIM sends and receives is under it
--- steps
ann-phone PUT /api/byos/devices/201 {"phone_number":"+15551239999"}
200

ann GET /api/sims/105/messages
200

ann-phone POST /api/byos/devices/201/sms
    {"from":"+15557654321","body":"hi","message_id":"{{uuid7}}"}
202

ann POST /api/sims/105/messages {"to":"+15557654321","text":"ho"}
201 {"message":"<text>","data":{"from":"+15551239999","...":1}}

ann GET /api/sims/105/messages
200 {"data":[{"from":"+15551239999","direction":"outbound","...":1},
    {"to":"+15551239999","direction":"inbound","...":1}],"...":1}
