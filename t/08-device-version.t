use lib 't/lib';
use SimRelay;

# what makes a phone's config_version rise, and what does not

repeat_each(2);
plan tests => repeat_each() * 200;

twilio('verify', From => '+15557770001', MessageSid => 'SM1',
       Body => 'my code: sr-a2b3');
twilio('move', From => '+15551230105', MessageSid => 'SM2',
       Body => 'SR-A2B3');
twilio('miss', From => '+15557770002', MessageSid => 'SM3',
       Body => 'SR-Z9Z9');


# In the steps, "news 201 ..." and "none 201 ...": since the line of that kind
# before it, these phones' version has risen, as their configuration tells, and
# has not.

my $was = 1000;

add_block_preprocessor(sub {
    my $block = shift;

    return if !defined $block->steps;

    $block->set_value(sql => join ";\n", grep { defined } $block->sql,
                      "update devices set config_version = $was");

    $block->set_value(steps => $block->steps
                      =~ s/^(news|none) ([\d ]+)$/versions($1, $2)/mger);
});

sub versions {
    my ($kind, $ids) = @_;

    my $n = my @ids = split ' ', $ids;
    my $sign = $kind eq 'news' ? '>' : '=';
    my $list = CORE::join ', ', @ids;

    return "row select count(*) from devices where id in ($list)"
           . " and config_version $sign $was => $n\n\n"
           . "sql update devices set config_version = $was"
           . " where id in ($list)";
}


run_tests();

__DATA__

=== TEST 1: it is told by the configuration and by the phone's object
--- steps
ann-phone POST /api/byos/devices/201/disable
200 {"config_version":1001,"...":1}

ann-phone GET /api/byos/devices/201/config
200 {"metadata":{"config_version":1001,"...":1},"...":1}

ann-phone GET /api/byos/devices/201
200 {"config_version":1001,"...":1}



=== TEST 2: a phone's state is news, the same state again is none
--- steps
ann-phone POST /api/byos/devices/201/disable
200
news 201

ann-phone POST /api/byos/devices/201/disable
422
none 201

ann-phone POST /api/byos/devices/201/enable
200
news 201

ann-phone POST /api/byos/devices/201/enable
200
none 201

sql update devices set status = 'revoked' where id = 201

news 201
none 202 203 204 205 206 211 221



=== TEST 3: a card that is verified is news, to its phone alone
--- sql
insert into verification_codes (code, sim_card_id) values ('SR-A2B3', 305)
--- steps
- POST /api/webhooks/twilio/sms {{miss}}
  > X-Twilio-Signature: {{miss_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>
none 206

- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: {{verify_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>

ann-phone GET /api/byos/devices/206/config
200 {"device":{"id":206,"phone_number":"+15557770001","status":"active"},
    "metadata":{"config_version":1001,"...":1},"...":1}

none 201 202 203 204 205 211 221
news 206

- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: {{verify_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>
none 206



=== TEST 4: a number that goes over to another phone is news to both
--- sql
insert into verification_codes (code, sim_card_id) values ('SR-A2B3', 305)
--- steps
- POST /api/webhooks/twilio/sms {{move}}
  > X-Twilio-Signature: {{move_sign}}
  > Content-Type: application/x-www-form-urlencoded
200 ~ <Response/>

ann-phone GET /api/byos/devices/206/config
200 {"device":{"id":206,"phone_number":"+15551230105","status":"active"},
    "...":1}

ann-phone GET /api/byos/devices/201/config
200 {"device":{"id":201,"phone_number":null,
    "status":"pending_verification"},"...":1}

none 202 203 204 205 211 221
news 201 206



=== TEST 5: a number that is set by hand is news, the same again is none
--- steps
ann-phone PUT /api/byos/devices/202 {"phone_number":"+15557770003"}
200 {"phone_number":"+15557770003","...":1}
news 202

ann-phone PUT /api/byos/devices/202 {"phone_number":"+15557770003"}
200
none 202

ann-phone PUT /api/byos/devices/202/sim-cards/303
    {"phone_number":"+15557770004"}
200
news 202

ann-phone PUT /api/byos/devices/202/sim-cards/303
    {"phone_number":"+15557770004","sim_slot":2}
200
none 202

ann-phone PUT /api/byos/devices/202 {"phone_number":"+15551230105"}
422
none 202

ann-phone PUT /api/byos/devices/202/sim-cards/302 {"sim_slot":7}
200
news 202

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15557770004","status":"active"},
    "...":1}

ann-phone PUT /api/byos/devices/202/sim-cards/303 {"sim_slot":null}
200
news 202

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15557770003","status":"active"},
    "...":1}



=== TEST 6: a card that is removed is news, one that comes or waits is none
--- steps
ann-phone DELETE /api/byos/devices/202/sim-cards/302
204
news 202

ann-phone DELETE /api/byos/devices/202/sim-cards/303
204

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":null,
    "status":"pending_verification"},"...":1}
news 202

ann-phone POST /api/byos/devices/202/sim-cards {"sim_slot":3}
201 {"id":"<int:card>","...":1}
none 202

ann-phone POST /api/byos/devices/202/sim-cards/303/verify
200
none 202

ann-phone DELETE /api/byos/devices/202/sim-cards/303
204
none 202



=== TEST 7: another plan is news to an organization's phones, the same is none
--- sql
insert into plans (id, name, max_devices, monthly_messages, compression)
overriding system value values (3, 'same', 1000, 1000000, true)
--- steps
sql update organizations set plan_id = 2 where id = 1

news 201 202 203 204 205 206
none 211 221

sql update organizations set plan_id = 2, name = 'A' where id = 1

none 201 202 203 204 205 206 211 221

sql update organizations set plan_id = 3 where id = 1

ann-phone GET /api/byos/devices/201/config
200 {"metadata":{"plan_name":"same","config_version":1001,"...":1},"...":1}
news 201 202 203 204 205 206



=== TEST 8: what changes in a plan is news to the phones that have it
--- steps
sql update plans set max_devices = 9 where id = 2

news 221
none 201 202 203 204 205 206 211

sql update plans set monthly_messages = 9 where id = 2

news 221

sql update plans set compression = true where id = 2

news 221

sql update plans set priority_support = true where id = 2

news 221

sql update plans set debug_mode = true where id = 2

news 221

sql update plans set name = 'wee' where id = 2

tim-phone GET /api/byos/devices/221/config
200 {"limits":{"max_devices":9,"monthly_messages":9,"...":1},
    "features":{"compression":true,"priority_support":true,
    "debug_mode":true},
    "metadata":{"plan_name":"wee","config_version":1001,"...":1},"...":1}

news 221
none 201 202 203 204 205 206 211

sql update plans set name = 'wee', max_devices = 9, debug_mode = true
     where id = 2

none 221



=== TEST 9: nothing else is news: signs of life, SMS, names, other phones
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
    {"battery_level":7,"signal_strength":40,"is_in_doze_mode":true,
     "sim_cards":[{"phone_number":"+15551230105","signal_strength":33}]}
200
none 201

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
202
none 201

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_month_messages":1,"current_devices":6,"...":1},
    "metadata":{"config_version":1000,"...":1},"...":1}

ann-phone PUT /api/byos/devices/201
    {"device_name":"other","app_version":"9.9.9"}
200 {"device_name":"other","app_version":"9.9.9","...":1}
none 201

ann POST /api/sims/105/lock {}
200

ann POST /api/sims/105/messages {"to":"+15557654321","text":"hi"}
201

ann-phone GET /api/byos/devices/201/outbox
200
none 201

ann-phone POST /api/byos/devices
    {"android_id":"00112233445566aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201

ann-phone DELETE /api/byos/devices/203
204

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_devices":6,"...":1},
    "metadata":{"config_version":1000,"...":1},"...":1}

none 201 202 204 205 206 211 221



=== TEST 10: it never falls, wherever a pending phone registers again
--- sql
insert into members values (1, 2, 'member')
--- steps
sql update users set current_organization_id = 2 where id = 1

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200 {"id":206,"...":1}
news 206

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1,2],"device_model":"n",
     "app_version":"2"}
200 {"id":206,"...":1}
none 206

sql update users set current_organization_id = 1 where id = 1

ann-phone POST /api/byos/devices
    {"android_id":"0000000000000206","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
200 {"id":206,"...":1}
news 206
