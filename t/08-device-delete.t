use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 199;

vars(none => '{"message":'
             . '"No query results for model [App\\\\Models\\\\ByosDevice]');

run_tests();

__DATA__

=== TEST 1: a phone goes, with its cards, codes and SIMs; its messages stay
--- sql
select test.message(7101, 1, null, 107, 'kept', now());
select test.hold(107, 1, 1, null, null, -60, 240);
insert into sim_cards (id, device_id, sim_slot, status)
overriding system value values (390, 202, 3, 'pending');
insert into verification_codes (code, sim_card_id) values ('SR-ABCD', 390);
insert into device_presence (device_id, last_seen_at) values (202, now());
delete from events
--- steps
ann-phone DELETE /api/byos/devices/202
204

row select deleted_at > now() - interval '1 minute' from devices
     where id = 202 => t
row select count(*) from sim_cards where device_id = 202 => 0
row select count(*) from verification_codes => 0
row select count(*) from device_presence => 0
row select string_agg(concat_ws(' ', id, status, deleted_at is null), ','
                      order by id)
      from hosted_sims where id in (105, 107, 108)
    => 105 active t,107 inactive f,108 inactive f
row select count(*) from sim_attachments where hosted_sim_id in (107, 108)
    => 0
row select count(*) from sim_locks where expires_at > now() => 0
row select string_agg(distinct type, ',' order by type) from events
    => number.released,number.unlocked
row select concat_ws('|', body, hosted_sim_id, organization_id)
      from messages => kept|107|1
row select devices from device_counts where organization_id = 1 => 5

ann GET /api/sims/107/messages
404

ann GET /api/sims
200

ann-phone GET /api/byos/devices/202
404 {{none}} 202"}



=== TEST 2: it is none everywhere
--- steps
ann-phone DELETE /api/byos/devices/201
204

ann-phone DELETE /api/byos/devices/201
404 {{none}} 201"}

ann-phone GET /api/byos/devices/201
404 {{none}} 201"}

ann-phone PUT /api/byos/devices/201 {"device_name":"x"}
404 {{none}} 201"}

ann-phone POST /api/byos/devices/201/enable
404 {{none}} 201"}

ann-phone POST /api/byos/devices/201/disable
404 {{none}} 201"}

ann-phone GET /api/byos/devices/201/config
404 {{none}} 201"}

ann-phone POST /api/byos/devices/201/heartbeat
404 {{none}} 201"}

ann-phone POST /api/byos/devices/201/sms
    {"from":"+15557654321","body":"hi","message_id":"{{uuid7}}"}
404 {{none}} 201"}

ann-phone GET /api/byos/devices/201/outbox
404 {{none}} 201"}

ann-phone GET /api/byos/devices
200 {"data":[{"id":206,"...":1},{"id":205,"...":1},{"id":204,"...":1},
             {"id":203,"...":1},{"id":202,"...":1}],"...":1}

row select count(*) from device_presence => 0



=== TEST 3: in every state
--- steps
ann-phone DELETE /api/byos/devices/203
204

ann-phone DELETE /api/byos/devices/204
204

ann-phone DELETE /api/byos/devices/205
204

ann-phone DELETE /api/byos/devices/206
204

row select count(*) from devices where user_id = 1 and deleted_at is null
    => 2



=== TEST 4: it registers anew, and its numbers may be a SIM's again
--- steps
ann-phone DELETE /api/byos/devices/201
204

ann-phone PUT /api/byos/devices/203 {"phone_number":"+15551230105"}
200 {"phone_number":"+15551230105","...":1}

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000201","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201 {"id":"<int:new>","status":"pending_verification","...":1}

bob-phone POST /api/byos/devices
    {"android_id":"0000000000000201","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422

ann-phone DELETE /api/byos/devices/205
204

bob-phone POST /api/byos/devices
    {"android_id":"0000000000000205","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201

row select count(*) from devices where android_id = '0000000000000201' => 2



=== TEST 5: a plan has room for another one
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

tim-phone DELETE /api/byos/devices/221
204

tim-phone POST /api/byos/devices
    {"android_id":"0011223344556677","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201



=== TEST 6: what it was to send has failed, whether or not it has fetched it
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"leased"}
201

ann-phone GET /api/byos/devices/201/outbox
200 {"data":[{"text":"leased","...":1}]}

ann POST /api/sims/105/messages {"to":"+15557654321","text":"waits"}
201

ann POST /api/sims/107/messages {"to":"+15557654321","text":"another's"}
201

sql delete from events

ann-phone DELETE /api/byos/devices/201
204

row select string_agg(concat_ws(' ', m.body, m.status, m.error_code, s.state,
                                s.lease_until, s.lease_id), ','
                      order by m.body)
      from messages m join sends s on s.message_id = m.id
    => another's queued queued,leased failed sim_retired ended,waits failed sim_retired ended
row select count(*) from events where type = 'message.delivery' => 2

ann-phone POST /api/byos/devices/201/outbox/7001 {"status":"sent"}
404



=== TEST 7: what it has sent stays sent
--- steps
ann POST /api/sims/105/messages {"to":"+15557654321","text":"a"}
201 {"message":"<text>","data":{"id":"<int:sms>","...":1}}

sql update sends set state = 'accepted';
    select message_progress(1, message_id, 'sent', null) from sends

ann-phone DELETE /api/byos/devices/201
204

row select m.status, s.state from messages m, sends s => sent|accepted



=== TEST 8: the SIM of a card that is inactive goes, too
--- sql
update sim_cards set status = 'inactive' where id = 303
--- steps
ann-phone DELETE /api/byos/devices/202
204

row select count(*) from hosted_sims
     where id in (107, 108) and deleted_at is not null => 2



=== TEST 9: not one that is another phone's card's by now
--- sql
update sim_cards set status = 'inactive' where id = 303;
update sim_cards set status = 'inactive' where id = 304;
update sim_cards set hosted_sim_id = 108, status = 'active' where id = 304;
update hosted_sims set status = 'active' where id = 108;
--- steps
ann POST /api/sims/108/messages {"to":"+15557654321","text":"a"}
201

ann-phone DELETE /api/byos/devices/202
204

row select string_agg(concat_ws(' ', id, status, deleted_at is null), ','
                      order by id)
      from hosted_sims where id in (107, 108)
    => 107 inactive f,108 active t
row select concat_ws('|', m.status, s.device_id) from messages m, sends s
    => queued|203

ann-phone GET /api/byos/devices/203
200 {"status":"active","phone_number":"+15551230103","...":1}



=== TEST 10: another's phone is as one that does not exist
--- steps
ann-phone DELETE /api/byos/devices/211
404 {{none}} 211"}

ada-phone DELETE /api/byos/devices/201
404 {{none}} 201"}

ann-phone DELETE /api/byos/devices/999
404 {{none}} 999"}

ann-phone DELETE /api/byos/devices/x
404 {{none}} x"}

sql delete from members where user_id = 1 and organization_id = 1

ann-phone DELETE /api/byos/devices/201
404 {{none}} 201"}

row select count(*) from devices where deleted_at is not null => 0
row select count(*) from sim_cards => 7



=== TEST 11: only OAuth tokens of that scope delete phones
--- steps
- DELETE /api/byos/devices/201
401 {"message":"Unauthenticated."}

expired-phone DELETE /api/byos/devices/201
401 {"message":"Unauthenticated."}

ann DELETE /api/byos/devices/201
403 {"message":"This action is unauthorized."}

key DELETE /api/byos/devices/201
403 {"message":"This action is unauthorized."}

ann-scoped DELETE /api/byos/devices/201
403 {"message":"Invalid scope(s) provided."}

row select count(*) from devices where deleted_at is not null => 0
