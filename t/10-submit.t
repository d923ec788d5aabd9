use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 316;

vars(hour => POSIX::strftime('%Y-%m-%dT%H', gmtime(time - 86400)));

run_tests();

__DATA__

=== TEST 1: an SMS is stored with its event, its count and its month
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"+15550009999","body":"Hello","message_id":"{{uuid1}}",
     "received_at":"{{now-60}}","sim_slot":1}
202 {"message":"SMS received and queued for processing",
    "message_id":"{{uuid1}}"}

ann GET /api/sims/105/messages
200 {"data":[{"id":"<int>","hosted_sim_id":105,"direction":"inbound",
    "from":"+15550009999","to":"+15551230105","text":"Hello",
    "message_text":"Hello","status":"received","received_at":"{{now-60}}",
    "created_at":"<time+0>"}],"...":1}
--- rows
select organization_id, team_id, lock_id, device_id from messages => 1|||201
select e.type, e.organization_id, e.holder_user_id, e.object_id = m.id
  from events e, messages m => message.inbound|1||t
select total, received from message_counts => 1|1
select organization_id, messages from organization_months => 1|1



=== TEST 2: the other path is the same
--- request
POST /api/byos/devices/201/messages
{"from":"+15550009999","body":"Hello","message_id":"{{uuid1}}"}
--- as: ann-phone
--- error_code: 202
--- json
{"message":"SMS received and queued for processing",
 "message_id":"{{uuid1}}"}



=== TEST 3: the same message id again stores nothing, whatever else it says
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"first","message_id":"{{uuid1}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"first","message_id":"{{uuid1}}"}
200 {"message":"SMS received and queued for processing",
    "message_id":"{{uuid1}}"}

ann-phone POST /api/byos/devices/201/messages
    {"from":"B","body":"second","message_id":"{{uuid1}}"}
200 {"message":"SMS received and queued for processing",
    "message_id":"{{uuid1}}"}

row select string_agg(body, ' ') from messages => first
row select count(*) from events => 1
row select sum(total) from message_counts => 1
row select sum(messages) from organization_months => 1



=== TEST 4: a message id is one, however it is written, and of one phone
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"0000abcd-0000-4000-8000-00000000ABCD"}
202 {"message_id":"0000abcd-0000-4000-8000-00000000abcd","...":1}

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"0000ABCD-0000-4000-8000-00000000abcd"}
200

ann-phone POST /api/byos/devices/203/sms
    {"from":"A","body":"a","message_id":"0000abcd-0000-4000-8000-00000000abcd"}
202



=== TEST 5: when it was received is bounded to the last seven days
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}",
     "received_at":"{{now-604700}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"2","message_id":"{{uuid2}}",
     "received_at":"{{now-604900}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"3","message_id":"{{uuid3}}",
     "received_at":"{{now+3600}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"4","message_id":"{{uuid4}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"5","message_id":"{{uuid5}}","received_at":null}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"6","message_id":"{{uuid6}}",
     "received_at":"9999-12-31T23:59:59Z"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"7","message_id":"{{uuid7}}",
     "received_at":"0000-01-01T00:00:00Z"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"8","message_id":"{{uuid8}}",
     "received_at":"9999-12-31T23:59:60.999999-23:59"}
202

row select string_agg(body, ' ' order by body) from messages
     where received_at between created_at - interval '3 s' and created_at
    => 2 3 4 5 6 7 8
row select extract(epoch from now() - received_at)::int between 604700
           and 604710 from messages where body = '1' => t



=== TEST 6: a time has any offset and fraction
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}",
     "received_at":"{{hour}}:12:34+00:00"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"b","message_id":"{{uuid2}}",
     "received_at":"{{hour}}:42:34.123456789+00:30"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"c","message_id":"{{uuid3}}",
     "received_at":"{{hour}}:12:34.5Z"}
202

row select body, to_char(received_at at time zone 'UTC', 'MI:SS.US')
      from messages order by body =>
    a|12:34.000000 b|12:34.123456 c|12:34.500000

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"leap","message_id":"{{uuid5}}",
     "received_at":"{{hour}}:59:60Z"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"minus","message_id":"{{uuid6}}",
     "received_at":"{{hour}}:01:02-00:00"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"far","message_id":"{{uuid7}}",
     "received_at":"{{hour}}:01:02.9999999+23:59"}
202

row select body, received_at - '{{hour}}:00Z'::timestamptz from messages
     where length(body) > 1 order by body =>
    far|-23:57:57.000001 leap|01:00:00 minus|00:01:02

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"d","message_id":"{{uuid4}}",
     "received_at":"2026-02-30T00:00:00Z"}
422 {"message":"The received at field must be a valid date.","errors":{
    "received_at":["The received at field must be a valid date."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"d","message_id":"{{uuid4}}",
     "received_at":"2026-01-01T00:00:00"}
422

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"d","message_id":"{{uuid4}}","received_at":1767225600}
422



=== TEST 7: the only active card needs no slot, of several one has to be named
--- steps
ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
422 {"message":"The sim slot field is required.","errors":{
    "sim_slot":["The sim slot field is required."]}}

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"one","message_id":"{{uuid1}}","sim_slot":1}
202

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"two","message_id":"{{uuid2}}","sim_slot":2}
202

row select string_agg(body || ' ' || hosted_sim_id || ' ' || recipient, ', '
                      order by body) from messages =>
    one 107 +15551230107, two 108 +15551230108

sql update sim_cards set status = 'inactive' where id = 302

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"three","message_id":"{{uuid3}}","sim_slot":null}
202

row select hosted_sim_id from messages where body = 'three' => 108



=== TEST 8: a slot without an active card is none
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}","sim_slot":2}
422 {"message":"The selected sim slot is invalid.","errors":{
    "sim_slot":["The selected sim slot is invalid."]}}

sql update sim_cards set status = 'inactive' where id = 303

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}","sim_slot":2}
422 {"message":"The selected sim slot is invalid.","errors":{
    "sim_slot":["The selected sim slot is invalid."]}}

sql update sim_cards set status = 'inactive' where id = 302

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}","sim_slot":3}
422 {"message":"The sim slot field must be between 1 and 2.","errors":{
    "sim_slot":["The sim slot field must be between 1 and 2."]}}

row select count(*) from device_submits => 0



=== TEST 9: only an active phone submits
--- steps
ann-phone POST /api/byos/devices/204/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/205/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/206/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"This action is unauthorized."}

row select count(*) from messages => 0



=== TEST 10: a duplicate is one also where a new one would be refused
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
202

sql update devices set status = 'disabled' where id = 201;
    update sim_cards set status = 'inactive' where id = 301;
    update plans set monthly_messages = 0 where id = 1

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
200 {"message":"SMS received and queued for processing",
    "message_id":"{{uuid1}}"}

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid2}}"}
403

sql update plans set monthly_messages = 100000 where id = 1



=== TEST 11: over the plan's messages of a month is too many
--- steps
tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
202

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"2","message_id":"{{uuid2}}"}
202

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"3","message_id":"{{uuid3}}"}
429 {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 2
  < X-RateLimit-Remaining: 0

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"2","message_id":"{{uuid2}}"}
200

row select count(*) from messages => 2

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
202

sql update organization_months set month = month - interval '1 month'

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"3","message_id":"{{uuid3}}"}
202



=== TEST 12: ditto, it says when the next month begins
--- sql
insert into organization_months
select 3, date_trunc('month', now() at time zone 'utc'), 13, 2
--- request
POST /api/byos/devices/221/sms
{"from":"A","body":"3","message_id":"{{uuid3}}"}
--- as: tim-phone
--- error_code: 429
--- response_headers_like eval
use POSIX ();
my @t = gmtime;
my $next = POSIX::strftime('%s', 0, 0, 0, 1, $t[4] + 1, $t[5]);
my $left = $next - time;
my $some = CORE::join '|', $left - 600 .. $left + 5;
"Retry-After: ($some)\nX-RateLimit-Reset: $next\n"



=== TEST 13: every fault is told at once
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"","body":"","message_id":"x","received_at":"yesterday",
     "sim_slot":0}
422 {"message":"The from field is required. (and 4 more errors)","errors":{
    "from":["The from field is required."],
    "body":["The body field is required."],
    "message_id":["The message id field must be a valid UUID."],
    "received_at":["The received at field must be a valid date."],
    "sim_slot":["The sim slot field must be between 1 and 2."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":1,"body":["a"],"message_id":{},"received_at":true,"sim_slot":"x"}
422 {"message":"<text>","errors":{
    "from":["The from field must be a string."],
    "body":["The body field must be a string."],
    "message_id":["The message id field must be a valid UUID."],
    "received_at":["The received at field must be a valid date."],
    "sim_slot":["The sim slot field must be an integer."]}}

row select count(*) from device_submits => 0



=== TEST 14: nobody submits for another's phone
--- steps
- POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
401 {"message":"Unauthenticated."}

expired-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"This action is unauthorized."}

key POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403 {"message":"Invalid scope(s) provided."}

bob-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

max-phone POST /api/byos/devices/201/messages
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/999/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 999"}

row select count(*) from device_submits => 0



=== TEST 15: who has left the phone's organization has no phone there
--- steps
sql delete from members where user_id =
    (select user_id from devices where id = 201)

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/201/sms {}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/201/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /broadcasting/auth
    {"socket_id":"1.1","channel_name":"private-byos.device.201"}
403 {"message":"This action is unauthorized."}

row select count(*) from device_submits => 0



=== TEST 16: a phone that may not is told so before what is wrong, not after
--- steps
ann-phone POST /api/byos/devices/204/sms {}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/205/sms {"from":5}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/206/messages
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/204/sms {
400

bob-phone POST /api/byos/devices/204/sms {}
404



=== TEST 17: a duplicate is one in every state of a phone, and of no phone else
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
202

sql update devices set status = 'disabled' where id = 201

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
200

sql update devices set status = 'pending_verification' where id = 201

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}","sim_slot":2}
200

sql update devices set status = 'revoked' where id = 201

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
200

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"","message_id":"{{uuid1}}"}
403

bob-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
422

sql update devices set deleted_at = now() where id = 201

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404

row select count(*) from messages => 1
row select count(*) from device_submits => 1
row select sum(messages) from organization_months => 1



=== TEST 18: all phones of an organization share its plan's month, no others do
--- sql
update organizations set plan_id = 2 where id = 1;
insert into organization_months
select 2, date_trunc('month', now() at time zone 'utc'), 3, 1000;
insert into organization_months
select 1, date_trunc('month', now() at time zone 'utc') - interval '1 month',
       9, 1000
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"A","body":"2","message_id":"{{uuid2}}"}
202

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"3","message_id":"{{uuid3}}","sim_slot":1}
429 {"message":"Too Many Attempts."}

bob-phone POST /api/byos/devices/211/sms
    {"from":"A","body":"4","message_id":"{{uuid4}}"}
202

row select string_agg(distinct body, ' ' order by body) from messages
    => 1 2 4
row select count(*) from device_submits => 3
row select count(*) from events where type = 'message.inbound' => 4



=== TEST 19: neither a colleague nor a superior submits for somebody's phone
--- steps
ada-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

dua-phone POST /api/byos/devices/211/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 211"}

key-revoked POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
401

zed-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
401

- POST /api/byos/devices/201/sms {"from":"A","body":"a"}
  > X-API-Key: {{token:ann-phone}}
401

row select count(*) from device_submits => 0
