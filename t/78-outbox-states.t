use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 212;

# the id that the next message gets
add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => ($block->sql // '')
        . ";select setval(pg_get_serial_sequence('messages', 'id'), 7000)");
});

run_tests();

__DATA__

=== TEST 1: a phone that is disabled while it has an SMS says what became of it
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"message_id":7001,"...":1}]}

sql update devices set status = 'disabled' where id = 201

ann-phone GET /api/byos/devices/201/outbox
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200 {"message":"Message status recorded.",
    "data":{"message_id":7001,"status":"sent"}}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200 {"data":{"message_id":7001,"status":"delivered"},"...":1}

row select m.status, s.state from messages m, sends s => delivered|ended
row select count(*) from events where type = 'message.delivery' => 2

ann GET /api/sims/105/messages
200 {"data":[{"id":7001,"status":"delivered","...":1}],"...":1}



=== TEST 2: ditto, when the lease is over: nobody is given it meanwhile
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
201

ann-phone GET /api/byos/devices/201/outbox
200

sql update sends set lease_until = now() - interval '1 hour';
    update devices set status = 'disabled' where id = 201

ann-phone POST /api/byos/devices/201/outbox/7001
    {"status":"failed","error":"RESULT_ERROR_RADIO_OFF"}
200 {"data":{"message_id":7001,"status":"failed"},"...":1}

sql update devices set status = 'active' where id = 201

ann-phone POST /api/byos/devices/201/outbox/7002 {"status":"sent"}
409 {"message":"The lease of this message has expired."}

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"message_id":7002,"...":1}]}

ann-phone POST /api/byos/devices/201/outbox/7002 {"status":"sent"}
200

row select string_agg(m.status || ' ' || coalesce(m.error_code, '-') || ' '
                      || s.state, ', ' order by m.id)
      from messages m join sends s on s.message_id = m.id
    => failed RESULT_ERROR_RADIO_OFF ended, sent - accepted



=== TEST 3: a phone that has lost its last card is pending, and tells, too
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
201

ann-phone GET /api/byos/devices/201/outbox
200

sql update sim_cards set status = 'inactive' where id = 301;
    update sends set lease_until = now() - interval '1 hour'
     where message_id = 7002

row select status from devices where id = 201 => pending_verification

ann-phone GET /api/byos/devices/201/outbox
403

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
200

ann-phone POST /api/byos/devices/201/outbox/7002 {"status":"delivered"}
200

row select string_agg(status, ' ') from messages => delivered delivered



=== TEST 4: a card that went between two SMS takes along those of its own alone
--- steps
ann POST /api/sims/107/messages {"to":"+15557654321","text":"first"}
201

ann POST /api/sims/107/messages {"to":"+15557654321","text":"waits"}
201

ann POST /api/sims/108/messages {"to":"+15557654321","text":"second"}
201

sql update sends set state = 'leased', lease_until = now()
     where message_id = 7001;
    update sim_cards set status = 'inactive' where id = 302

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[{"message_id":7003,"text":"second","sim_slot":2,"...":1}]}

ann-phone POST /api/byos/devices/202/outbox/7001 {"status":"sent"}
200 {"data":{"message_id":7001,"status":"sent"},"...":1}

sql update sends set lease_until = now() where message_id = 7003

ann-phone POST /api/byos/devices/202/outbox/7003 {"status":"sent"}
409

ann POST /api/sims/107/messages {"to":"+15557654321","text":"no card"}
422 {"message":"<text>","errors":{"hosted_sim":["<text>"]}}

sql update hosted_sims set status = 'active' where id = 107;
    update sim_cards set status = 'active' where id = 302

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[{"message_id":7002,"text":"waits","sim_slot":1,"...":1},
    {"message_id":7003,"...":1}]}



=== TEST 5: a phone that was revoked has nothing more to say
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

ann-phone GET /api/byos/devices/201/outbox
200

sql update devices set status = 'revoked' where id = 201

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/201/outbox/7001 {}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/201/outbox/9999 {"status":"sent"}
403

ann-phone GET /api/byos/devices/201/outbox
403

bob-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
404

row select m.status, s.state from messages m, sends s => queued|leased



=== TEST 6: a phone that is deleted is none, and its SMS end
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"leased"}
201

ann-phone GET /api/byos/devices/201/outbox
200

ann POST /api/sims/105/messages {"to":"+15557654321","text":"waits"}
201

ann-phone DELETE /api/byos/devices/201
204

ann-phone GET /api/byos/devices/201/outbox
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone POST /api/byos/devices/201/outbox/7001 {}
404

row select string_agg(m.status || ' ' || coalesce(m.error_code, '-') || ' '
                      || s.state, ', ' order by m.id)
      from messages m join sends s on s.message_id = m.id
    => failed sim_retired ended, failed sim_retired ended



=== TEST 7: what failed with its SIM was not sent, whatever is said later
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update sim_cards set status = 'inactive' where id = 301;
    select sim_retire(105)

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
409 {"message":"The lease of this message has expired."}

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"delivered"}
409

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"failed"}
200 {"data":{"message_id":7001,"status":"failed"},"...":1}

row select m.status, m.error_code from messages m => failed|sim_retired



=== TEST 8: it sends by the slot that the card is in now
--- steps
ann POST /api/sims/107/messages {"to":"+15557654321","text":"a"}
201

sql update sim_cards set sim_slot = 7 where id = 302

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[{"message_id":7001,"sim_slot":7,"...":1}]}

sql update sends set lease_until = now();
    update sim_cards set sim_slot = null where id = 302

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[{"message_id":7001,"sim_slot":null,"...":1}]}

sql update sends set lease_until = now();
    update sim_cards set sim_slot = 1 where id = 303;
    update sim_cards set sim_slot = 2 where id = 302

ann-phone GET /api/byos/devices/202/outbox
200 {"data":[{"message_id":7001,"sim_slot":2,"...":1}]}



=== TEST 9: what was pushed before it was disabled may have been sent
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update devices set status = 'disabled' where id = 201

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
200 {"data":{"message_id":7001,"status":"sent"},"...":1}

ann POST /api/sims/105/messages {"to":"+15557654321","text":"b"}
422 {"message":"<text>","errors":{"hosted_sim":["<text>"]}}



=== TEST 10: what is wrong is told after who may, to a disabled phone as well
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update devices set status = 'disabled' where id = 201

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"lost"}
422 {"message":"The selected status is invalid.","errors":{
    "status":["The selected status is invalid."]}}

ann-phone POST /api/byos/devices/201/outbox/7002 {"status":"lost"}
404 {"message":"No query results for model [App\\Models\\Message] 7002"}

ann-phone POST /api/byos/devices/204/outbox/7001 {"status":"sent"}
404 {"message":"No query results for model [App\\Models\\Message] 7001"}

ann-phone POST /api/byos/devices/206/outbox/7001 {}
404

ann-phone POST /api/byos/devices/205/outbox/7001 {}
403

bob-phone POST /api/byos/devices/204/outbox/7001 {}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 204"}
