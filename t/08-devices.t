use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 128;

run_tests();

__DATA__

=== TEST 1: a phone with two cards registers
--- request
POST /api/byos/devices
{"android_id":"00112233AABBccdd","sim_slots":[2,1],"device_model":"Pixel 8",
 "app_version":"1.2.3","device_name":"My phone 📱"}
--- as: ann-phone
--- error_code: 201
--- json
{
    "id": "<int>",
    "android_id": "00112233aabbccdd",
    "device_name": "My phone 📱",
    "device_model": "Pixel 8",
    "app_version": "1.2.3",
    "status": "pending_verification",
    "twilio_number": "+15550001111",
    "sim_cards": [
        {"id": "<int>", "sim_slot": 1, "phone_number": null,
         "status": "pending", "verification_code": "<code>",
         "twilio_number": "+15550001111"},
        {"id": "<int>", "sim_slot": 2, "phone_number": null,
         "status": "pending", "verification_code": "<code>",
         "twilio_number": "+15550001111"}
    ],
    "created_at": "<time+0>"
}
--- rows
select organization_id, user_id, status from devices where id > 1000
    => 1|1|pending_verification
select count(distinct code), min(expires_at) > now() + interval '295 s',
       max(expires_at) < now() + interval '301 s'
  from verification_codes => 2|t|t
select count(*) from hosted_sims where id > 1000 => 0



=== TEST 2: a name is not needed, slots go up to ten
--- steps
bob-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[10],"device_model":"m",
     "app_version":"1"}
201 {"device_name":null,"sim_cards":[{"sim_slot":10,"...":1}],"...":1}

bob-phone POST /api/byos/devices
    {"android_id":"0011223344556678","sim_slots":[1],"device_model":"m",
     "app_version":"1","device_name":null,"unknown":[{"a":1}]}
201 {"device_name":null,"...":1}



=== TEST 3: a pending phone registers again in place, its old codes die
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1,2],"device_model":"m",
     "app_version":"1"}
201 {"id":"<int:device>","sim_cards":[
    {"id":"<int>","verification_code":"<code>","...":1},
    {"id":"<int>","verification_code":"<code>","...":1}],"...":1}

sql create table old_codes as select code from verification_codes

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"n",
     "app_version":"2","device_name":"again"}
200 {"id":"<int:device>","device_model":"n","app_version":"2",
    "device_name":"again","sim_cards":[
    {"id":"<int>","sim_slot":1,"verification_code":"<code>","...":1}],
    "...":1}

row select count(*), count(o.code) from verification_codes
      left join old_codes o using (code) => 1|0

sql drop table old_codes

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"n",
     "app_version":"2"}
200 {"id":"<int:device>","device_name":null,"...":1}



=== TEST 4: an android id that is somebody's is taken
--- steps
bob-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id has already been taken.","errors":{
    "android_id":["The android id has already been taken."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000201","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id has already been taken.","errors":{
    "android_id":["The android id has already been taken."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000205","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422

row select count(*) from sim_cards where id > 1000 => 0

sql update devices set deleted_at = now() where id = 201

bob-phone POST /api/byos/devices
    {"android_id":"0000000000000201","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201



=== TEST 5: the plan's devices are all there are, a pending one may come again
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

row select count(*) from devices where id > 1000 => 0

sql update devices set status = 'pending_verification' where id = 221

tim-phone POST /api/byos/devices
    {"android_id":"0000000000000221","sim_slots":[2],"device_model":"m",
     "app_version":"1"}
200 {"id":221,"...":1}

sql update devices set deleted_at = now() where id = 221

tim-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201



=== TEST 6: every fault of a registration is told at once
--- request
POST /api/byos/devices
{"android_id":"xyz","sim_slots":[0,11],"device_model":7,"app_version":{},
 "device_name":[]}
--- as: ann-phone
--- error_code: 422
--- json
{
    "message": "The android id field format is invalid. (and 5 more errors)",
    "errors": {
        "android_id": ["The android id field format is invalid."],
        "sim_slots.0": ["The sim_slots.0 field must be between 1 and 10."],
        "sim_slots.1": ["The sim_slots.1 field must be between 1 and 10."],
        "device_model": ["The device model field must be a string."],
        "app_version": ["The app version field must be a string."],
        "device_name": ["The device name field must be a string."]
    }
}
--- rows
select count(*) from devices where id > 1000 => 0



=== TEST 7: what is missing is told at once
--- request
POST /api/byos/devices
--- as: ann-phone
--- error_code: 422
--- json
{
    "message": "The android id field is required. (and 3 more errors)",
    "errors": {
        "android_id": ["The android id field is required."],
        "sim_slots": ["The sim slots field is required."],
        "device_model": ["The device model field is required."],
        "app_version": ["The app version field is required."]
    }
}



=== TEST 8: slots are one or two different numbers
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1,2,3],"device_model":"m",
     "app_version":"1"}
422 {"message":"The sim slots field must not have more than 2 items.",
    "errors":{"sim_slots":
        ["The sim slots field must not have more than 2 items."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[],"device_model":"m",
     "app_version":"1"}
422 {"message":"The sim slots field is required.","errors":{
    "sim_slots":["The sim slots field is required."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[2,2],"device_model":"m",
     "app_version":"1"}
422 {"message":"The sim_slots.0 field has a duplicate value. (and 1 more error)",
    "errors":{
        "sim_slots.0":["The sim_slots.0 field has a duplicate value."],
        "sim_slots.1":["The sim_slots.1 field has a duplicate value."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":["a",1.5],"device_model":"m",
     "app_version":"1"}
422 {"message":"<text>","errors":{
        "sim_slots.0":["The sim_slots.0 field must be an integer."],
        "sim_slots.1":["The sim_slots.1 field must be an integer."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":1,"device_model":"m",
     "app_version":"1"}
422 {"message":"The sim slots field must be an array.","errors":{
    "sim_slots":["The sim slots field must be an array."]}}

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":{"0":1},"device_model":"m",
     "app_version":"1"}
422
--- rows
select count(*) from devices where id > 1000 => 0



=== TEST 9: lengths are counted in characters
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],
     "device_model":"{{é*100}}","app_version":"{{é*50}}",
     "device_name":"{{😀*255}}"}
201

ann-phone POST /api/byos/devices
    {"android_id":"0011223344556678","sim_slots":[1],
     "device_model":"{{é*101}}","app_version":"{{é*51}}",
     "device_name":"{{😀*256}}"}
422 {"message":"<text>","errors":{
    "device_model":
      ["The device model field must not be greater than 100 characters."],
    "app_version":
      ["The app version field must not be greater than 50 characters."],
    "device_name":
      ["The device name field must not be greater than 255 characters."]}}

ann-phone POST /api/byos/devices
    {"android_id":"00112233445566778","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id field format is invalid.","errors":{
    "android_id":["The android id field format is invalid."]}}



=== TEST 10: names hold no NUL and no half of a character
--- request
POST /api/byos/devices
{"android_id":"0011223344556677","sim_slots":[1],"device_model":"a\u0000b",
 "app_version":"\ud800","device_name":"\udc00"}
--- as: ann-phone
--- error_code: 422
--- json
{"message":"<text>","errors":{
    "device_model":["The device model field format is invalid."],
    "app_version":["The app version field format is invalid."],
    "device_name":["The device name field format is invalid."]}}



=== TEST 11: only OAuth tokens of that scope register phones
--- steps
- POST /api/byos/devices {}
401 {"message":"Unauthenticated."}

expired-phone POST /api/byos/devices {}
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices {}
403 {"message":"This action is unauthorized."}

key POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Invalid scope(s) provided."}
--- rows
select count(*) from devices where id > 1000 => 0



=== TEST 12: who is in no organization has no place for a phone
--- request
POST /api/byos/devices
{"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
 "app_version":"1"}
--- as: eve-phone
--- error_code: 403
--- json
{"message":"This action is unauthorized."}
