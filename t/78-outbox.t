use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 344;

# the id that the next message gets
add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => ($block->sql // '')
        . ";select setval(pg_get_serial_sequence('messages', 'id'), 7000)");
});

run_tests();

__DATA__

=== TEST 1: a phone is given what it is to send, oldest first, once
--- steps
ann POST /api/sims/108/messages {"to":"+15557654321","text":"one"}
201

key POST /api/sims/107/messages {"to":"+15557654322","text":"two"}
201

ann POST /api/sims/105/messages {"to":"+15557654323","text":"another phone"}
201

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[
    {"message_id":7001,"to":"+15557654321","text":"one","sim_slot":2,
     "lease_expires_at":"<time+60>"},
    {"message_id":7002,"to":"+15557654322","text":"two","sim_slot":1,
     "lease_expires_at":"<time+60>"}]}
  < Cache-Control: no-store

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[]}

row select message_id, state, attempts, lease_id is not null,
           lease_until > now() from sends order by 1 =>
    7001|leased|1|t|t 7002|leased|1|t|t 7003|queued|0|f|

ann GET /api/sims/108/messages
200 {"data":[{"id":7001,"status":"queued","...":1}],"...":1}

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"message_id":7003,"...":1}]}

ann-phone GET /api/byos/devices/203/outbox
200 {"data":[]}



=== TEST 2: whoever asks for the headers alone is given nothing
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone HEAD /api/byos/devices/201/outbox
200

row select state from sends => queued



=== TEST 3: what it does not tell of in time it is given again
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
201

ann-phone GET /api/byos/devices/201/outbox
200

sql update sends set lease_until = now() where message_id = 7002

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"message_id":7002,"lease_expires_at":"<time+60>","...":1}]}

row select string_agg(attempts::text, ' ' order by message_id) from sends
    => 1 2



=== TEST 4: so many at once
--- sql
select message_add(1, 105, null, null, 201, 1, 'outbound', '+1', '+2',
                   n::text, 'queued', now())
  from generate_series(1, 25) n;
insert into sends (organization_id, message_id, hosted_sim_id, provider,
                   device_id, segments)
select 1, id, 105, 'byos', 201, 1 from messages
--- steps
ann-phone GET /api/byos/devices/201/outbox
200

row select count(*), count(*) filter (where state = 'leased'),
           max(message_id) filter (where state = 'leased') <
           min(message_id) filter (where state = 'queued') from sends
    => 25|20|t

ann-phone GET /api/byos/devices/201/outbox
200

row select count(*) from sends where state = 'leased' => 25



=== TEST 5: what a phone tells becomes the status of the message
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone GET /api/byos/devices/201/outbox
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200 {"message":"Message status recorded.",
    "data":{"message_id":7001,"status":"sent"}}

row select m.status, m.error_code, s.state, s.lease_id, s.lease_until
      from messages m, sends s => sent||accepted||

ann GET /api/sims/105/messages
200 {"data":[{"id":7001,"status":"sent","...":1}],"...":1}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200 {"message":"Message status recorded.",
    "data":{"message_id":7001,"status":"delivered"}}

row select m.status, m.error_code, s.state from messages m, sends s
    => delivered||ended
row select string_agg(type, ' ' order by type), count(distinct object_id)
      from events => message.delivery message.delivery sms.send|1

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[]}



=== TEST 6: it may tell the same again, or later what was before
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone GET /api/byos/devices/201/outbox
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200 {"data":{"message_id":7001,"status":"sent"},"...":1}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200 {"data":{"message_id":7001,"status":"delivered"},"...":1}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"failed"}
409 {"message":"The lease of this message has expired."}

row select m.status, s.state from messages m, sends s => delivered|ended
row select count(*) from events where type = 'message.delivery' => 2



=== TEST 7: why it failed
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"c"}
201

ann-phone GET /api/byos/devices/201/outbox
200

ann-phone POST /api/byos/devices/201/outbox/7001
    {"status":"failed","error":"RESULT_ERROR_NO_SERVICE"}
200 {"data":{"message_id":7001,"status":"failed"},"...":1}

ann-phone POST /api/byos/devices/201/outbox/7002
    {"status":"failed","error":"no service, maybe"}
200

ann-phone POST /api/byos/devices/201/outbox/7003
    {"status":"sent","error":null}
200

ann-phone POST /api/byos/devices/201/outbox/7003 {"status":"failed"}
200

ann-phone POST /api/byos/devices/201/outbox/7003 {"status":"failed"}
200

ann-phone POST /api/byos/devices/201/outbox/7003 {"status":"sent"}
200 {"data":{"message_id":7003,"status":"failed"},"...":1}

ann-phone POST /api/byos/devices/201/outbox/7003 {"status":"delivered"}
409

row select string_agg(m.status || ' ' || m.error_code || ' ' || s.state || ' '
                      || coalesce(s.error, '-'), ', ' order by m.id)
      from messages m join sends s on s.message_id = m.id =>
    failed RESULT_ERROR_NO_SERVICE ended RESULT_ERROR_NO_SERVICE, failed phone ended no service, maybe, failed phone ended -



=== TEST 8: what was pushed to it needs no lease
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200 {"data":{"message_id":7001,"status":"delivered"},"...":1}

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[]}



=== TEST 9: a lease that ran out takes no result, one that is taken again does
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone GET /api/byos/devices/201/outbox
200

sql update sends set lease_until = now() - interval '1 second'

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
409 {"message":"The lease of this message has expired."}

row select m.status, s.state from messages m, sends s => queued|leased

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"message_id":7001,"...":1}]}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200

sql update sends set lease_until = now() - interval '1 second'

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200



=== TEST 10: what nobody fetched in a day has failed, and stays so
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update sends set created_at = now() - interval '24 hours 1 second'

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[]}

sql update sends set state = 'ended', error = 'expired';
    select message_progress(1, 7001, 'failed', 'expired')

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
409

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
409

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"failed"}
200

row select status, error_code from messages => failed|expired



=== TEST 11: what is to be told is checked
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone POST /api/byos/devices/201/outbox/7001 {}
422 {"message":"The status field is required.","errors":{
    "status":["The status field is required."]}}

ann-phone POST /api/byos/devices/201/outbox/7001
    {"status":"queued","error":5}
422 {"message":"The selected status is invalid. (and 1 more error)","errors":{
    "status":["The selected status is invalid."],
    "error":["The error field must be a string."]}}

ann-phone POST /api/byos/devices/201/outbox/7001
    {"status":"failed","error":"{{a*256}}"}
422 {"message":"The error field must not be greater than 255 characters.",
    "errors":{"error":[
    "The error field must not be greater than 255 characters."]}}

ann-phone POST /api/byos/devices/201/outbox/7001
    {"status":"failed","error":"{{a*255}}"}
200

row select m.status, m.error_code, char_length(s.error) from messages m,
    sends s => failed|phone|255



=== TEST 12: a message that is not the phone's is none, whatever the body
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"b"}
201

ann-phone POST /api/byos/devices/202/outbox/7001 {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\Message] 7001"}

ann-phone POST /api/byos/devices/202/outbox/7001 {}
404 {"message":"No query results for model [App\\Models\\Message] 7001"}

ann-phone POST /api/byos/devices/201/outbox/7002 {"status":"sent"}
404

ann-phone POST /api/byos/devices/201/outbox/9999 {"status":"sent"}
404

ann-phone POST /api/byos/devices/201/outbox/x {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\Message] x"}

ann-phone POST /api/byos/devices/201/outbox/x {}
404 {"message":"No query results for model [App\\Models\\Message] x"}

row select count(*) from events where type = 'message.delivery' => 0



=== TEST 13: a phone of somebody else is none
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

bob-phone GET /api/byos/devices/201/outbox
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ada-phone GET /api/byos/devices/201/outbox
404

bob-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone POST /api/byos/devices/201/outbox/7001 {}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone POST /api/byos/devices/211/outbox/7001 {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\Message] 7001"}

row select m.status, s.state from messages m, sends s => queued|queued



=== TEST 14: only an active phone is given what it is to send
--- steps
ann-phone GET /api/byos/devices/204/outbox
403 {"message":"This action is unauthorized."}

ann-phone GET /api/byos/devices/205/outbox
403

ann-phone GET /api/byos/devices/206/outbox
403

ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update devices set status = 'disabled' where id = 201

ann-phone GET /api/byos/devices/201/outbox
403

row select state from sends => queued



=== TEST 15: only as an app
--- steps
- GET /api/byos/devices/201/outbox
401 {"message":"Unauthenticated."}

ann GET /api/byos/devices/201/outbox
403 {"message":"This action is unauthorized."}

key GET /api/byos/devices/201/outbox
403 {"message":"This action is unauthorized."}

ann-scoped GET /api/byos/devices/201/outbox
403 {"message":"Invalid scope(s) provided."}

ann POST /api/byos/devices/201/outbox/1 {"status":"sent"}
403

expired-phone POST /api/byos/devices/201/outbox/1 {"status":"sent"}
401



=== TEST 16: a phone that has lost the card is not given the SMS, nor another
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update sim_cards set status = 'inactive' where id = 301;
    insert into sim_cards (device_id, sim_slot, hosted_sim_id, phone_number,
                           status)
    values (203, 2, 105, '+15551230105', 'active');
    update hosted_sims set status = 'active' where id = 105

ann-phone GET /api/byos/devices/201/outbox
403 {"message":"This action is unauthorized."}

ann-phone GET /api/byos/devices/203/outbox
200 {"data":[]}

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
201

ann-phone GET /api/byos/devices/203/outbox
200 {"data":[{"message_id":7002,"text":"b","sim_slot":2,"...":1}]}



=== TEST 17: a shared SIM's phone sends for every organization
--- steps
bob POST /api/sims/103/messages {"to":"+15557654321","text":"bolt"}
201

ann POST /api/sims/103/messages {"to":"+15557654321","text":"acme"}
201

ann-phone GET /api/byos/devices/203/outbox
200 {"data":[{"message_id":7001,"text":"bolt","...":1},
    {"message_id":7002,"text":"acme","...":1}]}

ann-phone POST /api/byos/devices/203/outbox/7001 {"status":"sent"}
200

row select organization_id, type from events where type = 'message.delivery'
    => 2|message.delivery
