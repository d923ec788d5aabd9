use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 349;

run_tests();

__DATA__

=== TEST 1: an SMS is taken, once, with all that hands it over
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
201 {"message":"Message queued for sending.","data":{"id":"<int:sms>",
    "hosted_sim_id":101,"direction":"outbound","from":"+15551230101",
    "to":"+15557654321","text":"Hello","message_text":"Hello",
    "status":"queued","received_at":"<time+0>","created_at":"<time+0>"}}
  < X-SMS-Segments: 1
  < X-SMS-Encoding: GSM-7

ann GET /api/sims/101/messages
200 {"data":[{"id":"<int:sms>","hosted_sim_id":101,"direction":"outbound",
    "from":"+15551230101","to":"+15557654321","text":"Hello",
    "message_text":"Hello","status":"queued","received_at":"<time+0>",
    "created_at":"<time+0>"}],"meta":{"total":1,"...":1},"...":1}
--- rows
select organization_id, team_id, lock_id, device_id, sms_id > 0
  from messages => 1||||t
select s.organization_id, s.message_id = m.id, s.hosted_sim_id, s.provider,
       s.account, s.device_id, s.segments, s.state, s.attempts
  from sends s, messages m => 1|t|101|seven|||1|queued|0
select total, received from message_counts => 1|0
select count(*) from events => 0



=== TEST 2: the account of the SIM goes with it
--- steps
sql update hosted_sims set provider_account = 'AC9' where id = 102

ann POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
201

row select provider, account from sends => twilio|AC9



=== TEST 3: segments are counted
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"{{a*160}}"}
201
  < X-SMS-Segments: 1
  < X-SMS-Encoding: GSM-7

ann POST /api/sims/101/messages {"to":"+15557654321","text":"{{a*152}}€{{b*8}}"}
201
  < X-SMS-Segments: 2
  < X-SMS-Encoding: GSM-7

ann POST /api/sims/101/messages {"to":"+15557654321","text":"{{Ж*71}}"}
201
  < X-SMS-Segments: 2
  < X-SMS-Encoding: UCS-2

ann POST /api/sims/101/messages {"to":"+15557654321","text":"{{\ud83d\ude00*1600}}"}
201
  < X-SMS-Segments: 49
  < X-SMS-Encoding: UCS-2

row select string_agg(segments::text, ' ' order by message_id) from sends
    => 1 2 2 49
row select char_length(body) from messages order by id desc limit 1 => 1600



=== TEST 4: what no SMS can carry becomes U+FFFD
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"a\u0000b\ud800c"}
201 {"data":{"text":"a\ufffdb\ufffdc","message_text":"a\ufffdb\ufffdc",
    "...":1},"...":1}
  < X-SMS-Encoding: UCS-2



=== TEST 5: what cannot be sent is refused, all faults at once
--- steps
ann POST /api/sims/101/messages {}
422 {"message":"The to field is required. (and 1 more error)","errors":{
    "to":["The to field is required."],
    "text":["The text field is required."]}}

ann POST /api/sims/101/messages {"to":"15557654321","text":""}
422 {"message":"The to field format is invalid. (and 1 more error)","errors":{
    "to":["The to field format is invalid."],
    "text":["The text field is required."]}}

ann POST /api/sims/101/messages {"to":1,"text":["a"]}
422 {"message":"The to field must be a string. (and 1 more error)","errors":{
    "to":["The to field must be a string."],
    "text":["The text field must be a string."]}}

ann POST /api/sims/101/messages {"to":"+15557654321","text":"{{a*1601}}"}
422 {"message":"The text field must not be greater than 1600 characters.",
    "errors":{"text":[
    "The text field must not be greater than 1600 characters."]}}

ann POST /api/sims/101/messages {"to":"BANK","text":"a"}
422

ann POST /api/sims/101/messages {"to":
400 {"message":"Malformed JSON at byte 6."}

row select count(*) from messages => 0



=== TEST 6: an Idempotency-Key has 1 to 255 characters
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: {{k*256}}
422 {"message":
    "The idempotency key field must be between 1 and 255 characters.",
    "errors":{"idempotency_key":[
    "The idempotency key field must be between 1 and 255 characters."]}}

ann POST /api/sims/101/messages {"to":"+15557654321"}
  > Idempotency-Key: {{k*256}}
422 {"message":"The text field is required. (and 1 more error)","errors":{
    "text":["The text field is required."],"idempotency_key":[
    "The idempotency key field must be between 1 and 255 characters."]}}

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: a{{xFF}}b
422 {"message":"The idempotency key field format is invalid.","errors":{
    "idempotency_key":["The idempotency key field format is invalid."]}}

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: {{ä*255}}
201

ann POST /api/sims/104/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: {{k*256}}
404

row select count(*) from messages => 1
row select count(*) from idempotency_keys => 1



=== TEST 7: who may send
--- steps
- POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
401 {"message":"Unauthenticated."}

revoked POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
401 {"message":"Unauthenticated."}

key-messages POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
403 {"message":"Invalid ability provided."}

ann-scoped POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
403 {"message":"Invalid scope(s) provided."}

key-lock POST /api/sims/101/messages {"to":"+15557654321","text":"key"}
201

ann-phone POST /api/sims/101/messages {"to":"+15557654321","text":"phone"}
201

ann-session POST /api/sims/101/messages {"to":"+15557654321","text":"session"}
201

mia POST /api/sims/101/messages {"to":"+15557654321","text":"member"}
201

row select string_agg(body, ' ' order by id) from messages
    => key phone session member



=== TEST 8: a SIM that the caller does not see is none, whatever the body
--- steps
ann POST /api/sims/104/messages {"to":"+15557654321","text":"a"}
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann POST /api/sims/104/messages {}
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

mia POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
404 {"message":"No query results for model [App\\Models\\HostedSim] 102"}

key-bolt POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
404

ann POST /api/sims/109/messages {"to":"+15557654321","text":"a"}
404

ann POST /api/sims/x/messages {"to":"+15557654321","text":"a"}
404 {"message":"No query results for model [App\\Models\\HostedSim] x"}

eve POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
404

row select count(*) from messages => 0



=== TEST 9: the team of the attachment goes with it
--- steps
max POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
201

row select organization_id, team_id, lock_id from messages => 1|11|
row select team_id, total, received from message_counts where total > 0
    => 11|1|0

mia GET /api/sims/102/messages
404



=== TEST 10: it is of the organization that the caller acts in
--- steps
dua POST /api/sims/103/messages {"to":"+15557654321","text":"acme"}
201

sql update users set current_organization_id = 2 where id = 6

dua POST /api/sims/103/messages {"to":"+15557654321","text":"bolt"}
201

dua POST /api/sims/101/messages {"to":"+15557654321","text":"lowest"}
201

key-bolt POST /api/sims/103/messages {"to":"+15557654321","text":"key"}
201

row select string_agg(body || ' ' || organization_id || ' '
                      || coalesce(team_id, 0), ', ' order by id) from messages
    => acme 1 0, bolt 2 21, lowest 1 0, key 2 21

bob GET /api/sims/103/messages
200 {"data":[{"text":"key","...":1},{"text":"bolt","...":1}],"...":1}

ann GET /api/sims/103/messages
200 {"data":[{"text":"acme","...":1}],"...":1}



=== TEST 11: while somebody else holds the lock nobody sends
--- steps
key POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","...":1}

ann POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time+300>"}

key-other POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409

bob POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time+300>"}

bob POST /api/sims/103/messages {}
422

row select count(*) from messages => 0

key POST /api/sims/103/messages {"to":"+15557654321","text":"mine"}
201

key DELETE /api/sims/103/lock
200

ann POST /api/sims/103/messages {"to":"+15557654321","text":"free"}
201

row select string_agg(body || ' ' || (lock_id is not null), ', ' order by id)
      from messages => mine true, free false



=== TEST 12: what its holder sends is the lock's, organization and team
--- sql
select test.hold(103, 6, 2, 21, null, -10, 100)
--- steps
dua POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
201

row select m.organization_id, m.team_id, m.lock_id = l.lock_id
      from messages m, sim_locks l => 2|21|t

sql update sim_locks set expires_at = now() - interval '1 second'

dua POST /api/sims/103/messages {"to":"+15557654321","text":"b"}
201

row select organization_id, team_id, lock_id from messages where body = 'b'
    => 1||



=== TEST 13: the same key and message is the same SMS
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
  > Idempotency-Key: k1
201 {"data":{"id":"<int:sms>","status":"queued","received_at":"<any>",
    "created_at":"<any>","hosted_sim_id":101,"direction":"outbound",
    "from":"+15551230101","to":"+15557654321","text":"Hello",
    "message_text":"Hello"},"message":"Message queued for sending."}
  < X-SMS-Segments: 1

sql select message_progress(organization_id, id, 'delivered', null)
      from messages;
    update messages set received_at = received_at - interval '1 hour',
                        created_at = created_at - interval '1 hour';
    update hosted_sims set number = '+15551239999' where id = 101

ann POST /api/sims/101/messages {"text":"Hello", "more":1, "to":"+15557654321"}
  > Idempotency-Key: k1
201 {"message":"Message queued for sending.","data":{"id":"<int:sms>",
    "status":"queued","received_at":"<time-3600>","created_at":"<time-3600>",
    "hosted_sim_id":101,"direction":"outbound","from":"+15551230101",
    "to":"+15557654321","text":"Hello","message_text":"Hello"}}
  < X-SMS-Segments: 1
  < X-SMS-Encoding: GSM-7

key POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
  > Idempotency-Key: k1
201 {"data":{"id":"<int:sms>","...":1},"...":1}

row select count(*) from messages => 1
row select count(*) from sends => 1
row select total from message_counts => 1



=== TEST 14: the same key for another message is refused
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
  > Idempotency-Key: k1
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello!"}
  > Idempotency-Key: k1
422 {"message":
    "The idempotency key has already been used for another message.","errors":{
    "idempotency_key":[
    "The idempotency key has already been used for another message."]}}

ann POST /api/sims/101/messages {"to":"+15557654322","text":"Hello"}
  > Idempotency-Key: k1
422

row select count(*) from messages => 1

ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
  > Idempotency-Key: K1
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"Hello"}
201

row select count(*) from messages => 3



=== TEST 15: a key is one of an organization and SIM
--- steps
ann POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
201

bob POST /api/sims/103/messages {"to":"+15557654321","text":"b"}
  > Idempotency-Key: k1
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"c"}
  > Idempotency-Key: k1
201

row select string_agg(body, ' ' order by id) from messages => a b c



=== TEST 16: a key counts for 24 hours
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
201

row select expires_at > now() + interval '86390 s'
       and expires_at <= now() + interval '24 hours' from idempotency_keys
    => t

sql update idempotency_keys set expires_at = now()

ann POST /api/sims/101/messages {"to":"+15557654321","text":"b"}
  > Idempotency-Key: k1
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"b"}
  > Idempotency-Key: k1
201

row select string_agg(body, ' ' order by id) from messages => a b
row select count(*) from idempotency_keys => 1



=== TEST 17: what was sent is told again though the SIM is locked or gone silent
--- steps
ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
201 {"data":{"id":"<int:sms>","...":1},"...":1}

key POST /api/sims/101/lock
200

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
201 {"data":{"id":"<int:sms>","...":1},"...":1}

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k2
409

sql update hosted_sims set status = 'inactive' where id = 101

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
201 {"data":{"id":"<int:sms>","...":1},"...":1}

row select count(*) from messages => 1
row select count(*) from idempotency_keys => 1



=== TEST 18: what was refused keeps no key
--- steps
key POST /api/sims/101/lock
200

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
  > Idempotency-Key: k1
409

key DELETE /api/sims/101/lock
200

ann POST /api/sims/101/messages {"to":"+15557654321","text":"b"}
  > Idempotency-Key: k1
201



=== TEST 19: an inactive SIM sends nothing
--- steps
sql update hosted_sims set status = 'inactive' where id in (101, 105)

ann POST /api/sims/101/messages {"to":"+15557654321","text":"a"}
422 {"message":"The selected hosted sim is inactive.","errors":{
    "hosted_sim":["The selected hosted sim is inactive."]}}

ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
422

row select count(*) from messages => 0



=== TEST 20: a phone's SIM needs its phone
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201

sql update devices set status = 'disabled' where id = 201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
422 {"message":"The selected hosted sim is inactive.","errors":{
    "hosted_sim":["The selected hosted sim is inactive."]}}

sql update devices set status = 'active' where id = 201;
    update sim_cards set status = 'inactive' where id = 301

ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
422

sql update sim_cards set status = 'active' where id = 301;
    update devices set deleted_at = now() where id = 201

ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
422

row select count(*) from messages => 1



=== TEST 21: so many wait and no more
--- sql
insert into sends (organization_id, message_id, hosted_sim_id, provider,
                   segments, state)
select 1, -n, 103, 'byos', 1,
       (array['queued', 'leased'])[1 + n % 2]
  from generate_series(1, 999) n;
insert into sends (organization_id, message_id, hosted_sim_id, provider,
                   segments, state)
select 1, -n, 103, 'byos', 1,
       (array['accepted', 'unconfirmed', 'ended'])[1 + n % 3]
  from generate_series(1000, 1100) n
--- steps
ann POST /api/sims/103/messages {"to":"+15557654321","text":"last"}
  > Idempotency-Key: k1
201

ann POST /api/sims/103/messages {"to":"+15557654321","text":"over"}
429 {"message":"Too Many Attempts."}
  < Retry-After: 60
  < X-RateLimit-Limit: 1000
  < X-RateLimit-Remaining: 0

bob POST /api/sims/103/messages {"to":"+15557654321","text":"other"}
201

ann POST /api/sims/101/messages {"to":"+15557654321","text":"other"}
201

ann POST /api/sims/103/messages {"to":"+15557654321","text":"last"}
  > Idempotency-Key: k1
201

sql update sends set state = 'ended' where message_id = -1

ann POST /api/sims/103/messages {"to":"+15557654321","text":"again"}
201

row select string_agg(body, ' ' order by id) from messages
    => last other other again



=== TEST 22: an SMS that a phone is to send is told to it
--- steps
bob POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
201

row select e.organization_id, e.user_id, e.holder_user_id,
           e.object_id = m.id, s.device_id, m.device_id
      from events e, messages m, sends s where e.type = 'sms.send'
    => 2|1||t|203|203
