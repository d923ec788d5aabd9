use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 1029;

run_tests();

__DATA__

=== TEST 1: malformed JSON is told by the byte where it goes wrong
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level" 5}
400 {"message":"Malformed JSON at byte 17."}

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5,}
400 {"message":"Malformed JSON at byte 19."}

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5}}
400 {"message":"Malformed JSON at byte 19."}

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5} x
400 {"message":"Malformed JSON at byte 20."}

ann-phone POST /api/byos/devices/201/heartbeat {battery_level:5}
400 {"message":"Malformed JSON at byte 1."}

ann-phone POST /api/byos/devices/201/heartbeat {'battery_level':5}
400 {"message":"Malformed JSON at byte 1."}

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":+5}
400 {"message":"Malformed JSON at byte 17."}

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":NaN}
400 {"message":"Malformed JSON at byte 17."}

ann-phone POST /api/byos/devices/201/heartbeat {"sim_cards":[}
400 {"message":"Malformed JSON at byte 14."}

ann-phone POST /api/byos/devices/201/heartbeat battery_level=5
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat {"a":"\x"}
400 {"message":"<text>"}

ann-phone POST /api/byos/devices/201/heartbeat {"a":"\u12g4"}
400 {"message":"<text>"}

ann-phone POST /api/byos/devices/201/heartbeat {"a":"{{x01}}"}
400 {"message":"<text>"}

ann-phone POST /api/byos/devices/201/heartbeat {"a":/**/5}
400 {"message":"<text>"}
--- rows
select count(*) from device_presence => 0



=== TEST 2: what is JSON but no object is refused as malformed
--- steps
ann-phone POST /api/byos/devices/201/heartbeat []
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat "battery_level"
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat 5
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat null
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat [{"battery_level":5}]
400 {"message":"Malformed JSON at byte 0."}
--- rows
select count(*) from device_presence => 0



=== TEST 3: a body that was cut off anywhere is malformed
--- steps eval
my $body = '{"from":"+15557654321","body":"a\u00e9\"","message_id":'
           . '"{{uuid1}}","sim_slot":1,"received_at":null}';
my $path = '/api/byos/devices/201/sms';

CORE::join '', map { "ann-phone POST $path " . substr(SimRelay::expand($body), 0, $_)
               . qq(\n400 {"message":"<text>"}\n\n) }
             1 .. length(SimRelay::expand($body)) - 1
--- rows
select count(*) from messages => 0
select count(*) from device_submits => 0



=== TEST 4: nesting has a depth, wanted or not
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"x":{{[*7}}{{]*7}}}
200

ann-phone POST /api/byos/devices/201/heartbeat {"x":{{[*8}}{{]*8}}}
400 {"message":"Malformed JSON at byte 12."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":{{[*15000}}
400 {"message":"Malformed JSON at byte 12."}

ann-phone POST /api/byos/devices/201/heartbeat {{{"x":*3000}}
400 {"message":"Malformed JSON at byte 40."}

ann-phone POST /api/byos/devices/201/heartbeat {{[*16384}}
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/heartbeat {"sim_cards":{{[*16000}}
400 {"message":"Malformed JSON at byte 20."}



=== TEST 5: a body has a size, whatever is in it
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{a*16376}}"}
200

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{a*16377}}"}
413 {"message":"Content Too Large"}

ann-phone POST /api/byos/devices/201/heartbeat {"x"{{ *16376}}:1}
200

ann-phone POST /api/byos/devices/201/heartbeat {"x"{{ *16400}}:1}
413 {"message":"Content Too Large"}

ann-phone POST /api/byos/devices/201/heartbeat {{a*1000000}}
413 {"message":"Content Too Large"}



=== TEST 6: values of any size are judged, not believed
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":{{9*16000}}}
422 {"message":"The battery level field must be an integer.","errors":{
       "battery_level":["The battery level field must be an integer."]}}

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":9223372036854775808,"signal_strength":1e999}
422 {"message":"<text>","errors":{
       "battery_level":["The battery level field must be an integer."],
       "signal_strength":["The signal strength field must be an integer."]}}

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":9223372036854775807,"signal_strength":-9223372036854775808}
422 {"message":"<text>","errors":{
       "battery_level":["The battery level field must be between 0 and 100."],
       "signal_strength":
           ["The signal strength field must be between 0 and 100."]}}

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":{{0*100}}}
400 {"message":"<text>"}

ann-phone POST /api/byos/devices/201/heartbeat
    {"sim_cards":[{{{},*5000}}{}]}
422 {"message":"The sim cards field must not have more than 10 items.",
     "errors":{
       "sim_cards":["The sim cards field must not have more than 10 items."]}}

ann-phone POST /api/byos/devices/201/heartbeat {{{"x":1,"y":2*1}}{{,"x":1*2500}}}
200

ann-phone POST /api/byos/devices/201/heartbeat {"{{k*16000}}":1}
200
--- rows
select battery_level is null from device_presence where device_id = 201 => t



=== TEST 7: the last of several members of one name counts
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":"x","battery_level":5}
200

row select battery_level from device_presence => 5

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":6,"battery_level":[]}
422
--- rows
select battery_level from device_presence => 5



=== TEST 8: wrong types in every field of a registration are told at once
--- steps
ann-phone POST /api/byos/devices
    {"android_id":5,"sim_slots":"1","device_model":[],"app_version":{},
     "device_name":true}
422 {"message":"The android id field must be a string. (and 4 more errors)",
     "errors":{
       "android_id":["The android id field must be a string."],
       "sim_slots":["The sim slots field must be an array."],
       "device_model":["The device model field must be a string."],
       "app_version":["The app version field must be a string."],
       "device_name":["The device name field must be a string."]}}

ann-phone POST /api/byos/devices
    {"android_id":null,"sim_slots":[null,"x"],"device_model":1.5,
     "app_version":false,"device_name":{"a":[]}}
422 {"message":"The android id field is required. (and 5 more errors)",
     "errors":{
       "android_id":["The android id field is required."],
       "sim_slots.0":["The sim_slots.0 field must be an integer."],
       "sim_slots.1":["The sim_slots.1 field must be an integer."],
       "device_model":["The device model field must be a string."],
       "app_version":["The app version field must be a string."],
       "device_name":["The device name field must be a string."]}}

ann-phone POST /api/byos/devices
    {"android_id":{},"sim_slots":{"0":1},"device_model":[1],
     "app_version":[[]],"device_name":0}
422 {"message":"The android id field must be a string. (and 4 more errors)",
     "errors":{
       "android_id":["The android id field must be a string."],
       "sim_slots":["The sim slots field must be an array."],
       "device_model":["The device model field must be a string."],
       "app_version":["The app version field must be a string."],
       "device_name":["The device name field must be a string."]}}
--- rows
select count(*) from devices where id > 300 => 0



=== TEST 9: wrong types in every field of a heartbeat are told at once
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":"full","signal_strength":true,"is_in_doze_mode":"no",
     "sim_cards":7}
422 {"message":"The battery level field must be an integer. (and 3 more errors)",
     "errors":{
       "battery_level":["The battery level field must be an integer."],
       "signal_strength":["The signal strength field must be an integer."],
       "is_in_doze_mode":["The is in doze mode field must be true or false."],
       "sim_cards":["The sim cards field must be an array."]}}

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":[],"signal_strength":{},"is_in_doze_mode":2,
     "sim_cards":[5,{"phone_number":5,"signal_strength":"x"},
                  {"phone_number":{},"signal_strength":101}]}
422 {"message":"The battery level field must be an integer. (and 7 more errors)",
     "errors":{
       "battery_level":["The battery level field must be an integer."],
       "signal_strength":["The signal strength field must be an integer."],
       "is_in_doze_mode":["The is in doze mode field must be true or false."],
       "sim_cards.0":["The sim_cards.0 field must be an array."],
       "sim_cards.1.phone_number":
           ["The sim_cards.1.phone_number field must be a string."],
       "sim_cards.1.signal_strength":
           ["The sim_cards.1.signal_strength field must be an integer."],
       "sim_cards.2.phone_number":
           ["The sim_cards.2.phone_number field must be a string."],
       "sim_cards.2.signal_strength":
           ["The sim_cards.2.signal_strength field must be between 0 and 100."]}}
--- rows
select count(*) from device_presence => 0



=== TEST 10: wrong types in every field of an SMS are told at once
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":15557654321,"body":["a"],"message_id":1,"received_at":1700000000,
     "sim_slot":"one"}
422 {"message":"The from field must be a string. (and 4 more errors)",
     "errors":{
       "from":["The from field must be a string."],
       "body":["The body field must be a string."],
       "message_id":["The message id field must be a valid UUID."],
       "received_at":["The received at field must be a valid date."],
       "sim_slot":["The sim slot field must be an integer."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":{},"body":false,"message_id":[],"received_at":{},"sim_slot":1.5}
422 {"message":"The from field must be a string. (and 4 more errors)",
     "errors":{
       "from":["The from field must be a string."],
       "body":["The body field must be a string."],
       "message_id":["The message id field must be a valid UUID."],
       "received_at":["The received at field must be a valid date."],
       "sim_slot":["The sim slot field must be an integer."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":null,"body":null,"message_id":null,"received_at":null,
     "sim_slot":null}
422 {"message":"The from field is required. (and 2 more errors)",
     "errors":{
       "from":["The from field is required."],
       "body":["The body field is required."],
       "message_id":["The message id field is required."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":"","body":"","message_id":"","received_at":"","sim_slot":""}
422 {"message":"The from field is required. (and 2 more errors)",
     "errors":{
       "from":["The from field is required."],
       "body":["The body field is required."],
       "message_id":["The message id field is required."]}}
--- rows
select count(*) from messages => 0



=== TEST 11: wrong types in a request for a channel are told at once
--- steps
ann POST /api/broadcasting/auth {"socket_id":[],"channel_name":5}
422 {"message":"The socket id field must be a string. (and 1 more error)",
     "errors":{
       "socket_id":["The socket id field must be a string."],
       "channel_name":["The channel name field must be a string."]}}

ann POST /broadcasting/auth socket_id=x&channel_name={{a*300}}
  > Content-Type: application/x-www-form-urlencoded
422 {"message":"The socket id field format is invalid. (and 1 more error)",
     "errors":{
       "socket_id":["The socket id field format is invalid."],
       "channel_name":
           ["The channel name field must not be greater than 200 characters."]}}



=== TEST 12: numbers and truth may come as text, as forms have them
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":"85","signal_strength":"+7","is_in_doze_mode":"1"}
200

row select battery_level, is_in_doze_mode from device_presence => 85|t

ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":"0","is_in_doze_mode":0}
200

row select battery_level, is_in_doze_mode from device_presence => 0|f

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":" 5"}
422

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":"0x10"}
422

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":85.5}
422



=== TEST 13: what is no UTF-8 is malformed, where it begins
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{xFF}}"}
400 {"message":"Malformed JSON at byte 6."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":"a{{xC3}}"}
400 {"message":"Malformed JSON at byte 7."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{xC0}}{{x80}}"}
400 {"message":"Malformed JSON at byte 6."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{xED}}{{xA0}}{{x80}}"}
400 {"message":"Malformed JSON at byte 6."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{xF4}}{{x90}}{{x80}}{{x80}}"}
400 {"message":"Malformed JSON at byte 6."}

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{xF0}}{{x9F}}{{x98}}
400 {"message":"Malformed JSON at byte 6."}

ann-phone POST /api/byos/devices/201/heartbeat {"{{x80}}":1}
400 {"message":"Malformed JSON at byte 2."}

ann-phone POST /api/byos/devices/201/heartbeat {{xFE}}{{xFF}}{}
400 {"message":"Malformed JSON at byte 0."}

ann-phone POST /api/byos/devices/201/sms
    {"from":"a","body":"{{xFF}}","message_id":"{{uuid1}}"}
400
--- rows
select count(*) from device_presence => 0
select count(*) from messages => 0



=== TEST 14: NUL and lone surrogates are refused where no SMS carries them
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{x00}}"}
400 {"message":"<text>"}

ann-phone POST /api/byos/devices/201/heartbeat {}{{x00}}
400 {"message":"Malformed JSON at byte 2."}

ann-phone POST /api/byos/devices
    {"android_id":"00000000000000\u0000a","sim_slots":[1],
     "device_model":"Pixel\u0000","app_version":"\ud800",
     "device_name":"\udc00\ud800"}
422 {"message":"The android id field format is invalid. (and 3 more errors)",
     "errors":{
       "android_id":["The android id field format is invalid."],
       "device_model":["The device model field format is invalid."],
       "app_version":["The app version field format is invalid."],
       "device_name":["The device name field format is invalid."]}}

ann-phone POST /api/byos/devices/201/heartbeat
    {"sim_cards":[{"phone_number":"\u0000","signal_strength":1}]}
422

ann-phone POST /api/byos/devices/201/sms
    {"from":"a","body":"b","message_id":"{{uuid1}}\u0000"}
422

ann POST /api/broadcasting/auth
    {"socket_id":"1.2","channel_name":"private-App.Models.User.1\u0000"}
422

ann POST /api/broadcasting/auth socket_id=1.2&channel_name=private-%00%FF
  > Content-Type: application/x-www-form-urlencoded
422
--- rows
select count(*) from devices where id > 300 => 0
select count(*) from device_presence => 0
select count(*) from messages => 0



=== TEST 15: an id that is no id is that of nobody's phone, with any body
--- steps eval
CORE::join '', map {
    my ($id, $shown) = /(\S+) (\S+)/;

    map { "ann-phone POST /api/byos/devices/$id/$_\n"
          . '404 {"message":"No query results for model '
          . qq([App\\\\Models\\\\ByosDevice] $shown"}\n\n) }
        'heartbeat', 'heartbeat {"battery_level":"x"}', 'sms', 'messages {}'
}
'0 0', '-1 -1', '00 00', '9223372036854775807 9223372036854775807',
'9223372036854775808 9223372036854775808', '{{9*100}} {{9*100}}',
'text text', '1e2 1e2', '%32%30%31x 201x', '0xC9 0xC9', '+201 +201',
'201%20 201{{x20}}', '%FF \ufffd'
--- rows
select count(*) from device_presence => 0



=== TEST 16: a zero before a number does not hide whose it is
--- steps
ann-phone POST /api/byos/devices/0211/heartbeat
404

ann GET /api/sims/0104/lock
404



=== TEST 17: query values that are wrong are told at once, unknown ones are not
--- steps
ann GET /api/sims/101/messages?per_page=abc&limit=0&page=-1
422 {"message":"The per page field must be an integer. (and 2 more errors)",
     "errors":{
       "per_page":["The per page field must be an integer."],
       "limit":["The limit field must be between 1 and 100."],
       "page":["<text>"]}}

ann GET /api/sims/101/messages?per_page=101
422 {"message":"The per page field must be between 1 and 100.","errors":{
       "per_page":["The per page field must be between 1 and 100."]}}

ann GET /api/sims/101/messages?per_page=9223372036854775808&page=1e3
422 {"message":"<text>","errors":{
       "per_page":["The per page field must be an integer."],
       "page":["The page field must be an integer."]}}

ann GET /api/sims/101/messages?per_page=5&per_page=%FF%00
422

ann GET /api/sims/101/messages?page={{9*4000}}
422

ann GET /api/sims/101/messages?{{a&*4000}}
200

ann GET /api/sims/101/messages?sort=x&per_page[]=x&=&&%FF=%00&%zz&;#?
200

ann GET /api/sims?per_page=abc
200

ann-phone POST /api/byos/devices/201/heartbeat?battery_level=x {"battery_level":5}
200
