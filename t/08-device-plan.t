use lib 't/lib';
use SimRelay;

# what an organization's plan lets its phones do

repeat_each(2);
plan tests => repeat_each() * 155;

# Twilio's calls about the codes of a phone that registers again

twilio('back', From => '+15551230107', MessageSid => 'SM1', Body => 'SR-A2B3');
twilio('other', From => '+15557770009', MessageSid => 'SM2',
       Body => 'SR-C4D5');

run_tests();

__DATA__

=== TEST 1: a plan's phones are all there are, and one that goes makes place
--- sql
update plans set max_devices = 2 where id = 2;
select test.device(222, 9, 3, 'disabled')
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

row select count(*) from devices where id > 1000 => 0

sql update devices set deleted_at = now() where id = 222

tim-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201

tim-phone POST /api/byos/devices
    {"android_id":"00112233445566ab","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

sql update plans set max_devices = 3 where id = 2

tim-phone POST /api/byos/devices
    {"android_id":"00112233445566ab","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201

row select devices from device_counts where organization_id = 3 => 3



=== TEST 2: phones in every state but deleted ones have a place
--- sql
update plans set max_devices = 4 where id = 2;
select test.device(222, 9, 3, 'disabled'),
       test.device(223, 9, 3, 'revoked'),
       test.device(224, 9, 3, 'pending_verification')
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

tim-phone GET /api/byos/devices/221/config
200 {"limits":{"max_devices":4,"current_devices":4,"...":1},"...":1}



=== TEST 3: a plan without phones has no place for one
--- sql
update plans set max_devices = 0 where id = 2;
delete from devices where organization_id = 3;
delete from device_counts where organization_id = 3
--- request
POST /api/byos/devices
{"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
 "app_version":"1"}
--- as: tim-phone
--- error_code: 403
--- json
{"message":"Device limit reached."}



=== TEST 4: the first phone of an organization needs no count that is there
--- sql
delete from devices where organization_id = 3;
delete from device_counts where organization_id = 3
--- request
POST /api/byos/devices
{"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
 "app_version":"1"}
--- as: tim-phone
--- error_code: 201
--- rows
select devices from device_counts where organization_id = 3 => 1



=== TEST 5: at the limit a pending phone registers again, and counts once
--- sql
update plans set max_devices = 1 where id = 2;
update sim_cards set status = 'inactive' where id = 321
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"0000000000000221","sim_slots":[1],"device_model":"m",
     "app_version":"2"}
200 {"id":221,"app_version":"2","...":1}

tim-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

row select devices from device_counts where organization_id = 3 => 1



=== TEST 6: over a limit that has come down a pending phone registers, no other
--- sql
update plans set max_devices = 1 where id = 2;
select test.device(222, 9, 3, 'pending_verification')
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"0000000000000222","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200

sql update devices set deleted_at = now() where id = 221

tim-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}



=== TEST 7: whose android id is taken is told so, limit or none
--- steps
tim-phone POST /api/byos/devices
    {"android_id":"0000000000000221","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id has already been taken.","errors":{
    "android_id":["The android id has already been taken."]}}

tim-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id has already been taken.","errors":{
    "android_id":["The android id has already been taken."]}}

sql insert into members values (1, 3, 'member');
    update users set current_organization_id = 3 where id = 1

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000201","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422 {"message":"The android id has already been taken.","errors":{
    "android_id":["The android id has already been taken."]}}



=== TEST 8: a pending phone that registers for another organization counts there
--- sql
insert into members values (1, 3, 'member');
update users set current_organization_id = 3 where id = 1;
update devices set config_version = 41 where id = 206
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"Device limit reached."}

row select organization_id, config_version from devices where id = 206
    => 1|41

sql update plans set max_devices = 2 where id = 2

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200 {"id":206,"...":1}

row select string_agg(organization_id || ':' || devices, ' '
                      order by organization_id) from device_counts
    => 1:5 2:1 3:2

ann-phone GET /api/byos/devices/206/config
200 {"limits":{"max_devices":2,"current_devices":2,"...":1},
    "metadata":{"config_version":42,"plan_name":"tiny","...":1},"...":1}

sql update users set current_organization_id = 1 where id = 1

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200 {"id":206,"...":1}

ann-phone GET /api/byos/devices/206/config
200 {"limits":{"max_devices":1000,"current_devices":6,"...":1},
    "metadata":{"config_version":43,"plan_name":"standard","...":1},"...":1}



=== TEST 9: who is in no organization, or no more in it, has no place for a phone
--- steps
eve-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"This action is unauthorized."}

sql delete from members where user_id = 1

ann-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
403 {"message":"This action is unauthorized."}

row select count(*) from devices where id > 1000 => 0



=== TEST 10: cards that were active once outlast registering again
--- sql
update sim_cards set status = 'inactive' where id in (302, 303);
update sim_cards set status = 'pending' where id = 303;
insert into sim_cards (id, device_id, sim_slot)
overriding system value values (306, 202, 1);
insert into verification_codes (code, sim_card_id)
values ('SR-AAAA', 302), ('SR-BBBB', 303), ('SR-CCCC', 306);
insert into verification_codes (code, sim_card_id, used_at)
values ('SR-DDDD', 302, now())
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0000000000000202","sim_slots":[2,1],"device_model":"m",
     "app_version":"1"}
200 {"id":202,"device_name":null,"status":"pending_verification","sim_cards":[
    {"id":"<int:one>","sim_slot":1,"status":"pending","phone_number":null,
     "verification_code":"<code>","...":1},
    {"id":"<int:two>","sim_slot":2,"status":"pending","phone_number":null,
     "verification_code":"<code>","...":1}],"...":1}

row select string_agg(id || ':' || hosted_sim_id || ':' || status, ' '
                      order by id)
      from sim_cards where device_id = 202 and id < 1000
    => 302:107:inactive 303:108:inactive
row select count(*) filter (where v.used_at is null and c.id > 1000),
           count(*) filter (where v.used_at is null and c.id < 1000),
           count(*) filter (where v.used_at is not null)
      from verification_codes v join sim_cards c on c.id = v.sim_card_id
    => 2|0|1
row select count(*) from hosted_sims
     where id in (107, 108) and status = 'inactive' and deleted_at is null
    => 2
row select count(*) from sim_attachments where hosted_sim_id in (107, 108)
    => 2

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000202","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200

row select string_agg(sim_slot || ':' || status, ' ' order by id)
      from sim_cards where device_id = 202
    => 1:inactive 2:inactive 1:pending



=== TEST 11: registering again in place is no news of the phone's configuration
--- sql
update devices set config_version = 7 where id = 206
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1,2],"device_model":"n",
     "app_version":"2","device_name":"new"}
200

row select config_version, device_name from devices where id = 206 => 7|new



=== TEST 12: a revoked phone is its owner's to delete and to register anew
--- steps
ann-phone GET /api/byos/devices/205/config
403

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000205","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
422

ann-phone DELETE /api/byos/devices/205
204

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000205","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201 {"id":"<int>","status":"pending_verification","...":1}

sql update users set disabled_at = now() where id = 1

ann-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
401

row select count(*) from devices where android_id = '0000000000000205'
                                   and deleted_at is null and id > 1000 => 1



=== TEST 13: a number that was removed comes back to its SIM, another does not
--- sql
update sim_cards set status = 'inactive' where id in (302, 303);
select test.message(1, 1, null, 107, 'before', now())
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0000000000000202","sim_slots":[1,2],"device_model":"m",
     "app_version":"1"}
200

sql update verification_codes v
       set code = case c.sim_slot when 1 then 'SR-A2B3' else 'SR-C4D5' end
      from sim_cards c
     where c.id = v.sim_card_id and c.device_id = 202

- POST /api/webhooks/twilio/sms {{back}}
  > X-Twilio-Signature: {{back_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>

- POST /api/webhooks/twilio/sms {{other}}
  > X-Twilio-Signature: {{other_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>

row select string_agg(concat_ws(':', sim_slot, status, phone_number,
                                case when hosted_sim_id < 1000
                                     then hosted_sim_id::text
                                     else 'new' end), ' ' order by id)
      from sim_cards
     where device_id = 202 and status = 'active'
    => 1:active:+15551230107:107 2:active:+15557770009:new
row select string_agg(id || ':' || coalesce(hosted_sim_id, 0), ' ' order by id)
      from sim_cards where device_id = 202 and status = 'inactive'
    => 302:0 303:108
row select string_agg(id || ':' || status, ' ' order by id) from hosted_sims
     where id in (107, 108) and deleted_at is null => 107:active 108:inactive

ann GET /api/sims/107/messages
200 {"data":[{"text":"before","...":1}],"...":1}



=== TEST 14: where the phone is another organization's by now, it has a new SIM
--- sql
update sim_cards set status = 'inactive' where id in (302, 303);
insert into members values (1, 2, 'member');
update users set current_organization_id = 2 where id = 1
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"0000000000000202","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200

sql update verification_codes set code = 'SR-A2B3'

- POST /api/webhooks/twilio/sms {{back}}
  > X-Twilio-Signature: {{back_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>

row select c.hosted_sim_id > 1000, h.number, h.status,
           (select string_agg(a.organization_id::text, ' ')
              from sim_attachments a where a.hosted_sim_id = h.id)
      from sim_cards c join hosted_sims h on h.id = c.hosted_sim_id
     where c.device_id = 202 and c.status = 'active'
    => t|+15551230107|active|2
row select status, deleted_at is null from hosted_sims where id = 107
    => inactive|t
