use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 445;

vars(
    cards => q{select string_agg(concat_ws(':', id, sim_slot, status), ' '
                                 order by id)
                 from sim_cards where device_id = },
    live => q{select count(*) from verification_codes
               where used_at is null and expires_at > now()
                 and sim_card_id = },
    phone => q{select status, config_version from devices where id = },
    sim => q{select number, country, status from hosted_sims where id = },
    text => q{"message":"<text>"},
);

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => 'update devices set config_version = 1;'
                             . ($block->sql // ''));
});

run_tests();

__DATA__

=== TEST 1: a card is added with a code of its own
--- steps
ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":2}
201 {"id":"<int:card>","sim_slot":2,"phone_number":null,"status":"pending",
    "verification_code":"<code>","twilio_number":"+15550001111"}
  < Cache-Control: no-store

row select string_agg(concat_ws(':', sim_slot, status), ' ' order by id)
      from sim_cards where device_id = 201 => 1:active 2:pending
row select c.device_id, c.sim_slot, c.number_verified, v.used_at,
           v.expires_at - now() between interval '4 min 50 s'
                                    and interval '5 min'
      from verification_codes v join sim_cards c on c.id = v.sim_card_id
    => 201|2|f||t
row {{phone}} 201 => active|1

ann-phone POST /api/byos/devices/206/sims {"sim_slot":10}
201 {"id":"<int>","sim_slot":10,"status":"pending","...":1}

ann-phone GET /api/byos/devices/201
200 {"id":201,"sim_cards":[{"id":301,"...":1},
    {"id":"<int:card>","phone_number":null,"sim_slot":2,"status":"pending",
     "signal_strength":null,"is_active":false,"hosted_sim_id":null,
     "created_at":"<time>","updated_at":"<time>"}],"...":1}



=== TEST 2: its slot is a number from 1 to 10 that is free there
--- steps
ann-phone POST /api/byos/devices/201/sim-cards
422 {"message":"The sim slot field is required.",
    "errors":{"sim_slot":["The sim slot field is required."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":null}
422 {"message":"The sim slot field is required.",
    "errors":{"sim_slot":["The sim slot field is required."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":"two"}
422 {"message":"The sim slot field must be an integer.",
    "errors":{"sim_slot":["The sim slot field must be an integer."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":1.5}
422 {"message":"The sim slot field must be an integer.",
    "errors":{"sim_slot":["The sim slot field must be an integer."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":[2]}
422 {"message":"The sim slot field must be an integer.",
    "errors":{"sim_slot":["The sim slot field must be an integer."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":0}
422 {"message":"The sim slot field must be between 1 and 10.",
    "errors":{"sim_slot":["The sim slot field must be between 1 and 10."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":11}
422 {"message":"The sim slot field must be between 1 and 10.",
    "errors":{"sim_slot":["The sim slot field must be between 1 and 10."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":4294967298}
422

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":1}
422 {"message":"The sim slot has already been taken.",
    "errors":{"sim_slot":["The sim slot has already been taken."]}}

ann-phone POST /api/byos/devices/206/sim-cards {"sim_slot":1}
422 {"message":"The sim slot has already been taken.",
    "errors":{"sim_slot":["The sim slot has already been taken."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":
400

row select count(*) from sim_cards where id > 1000 => 0
row select count(*) from verification_codes => 0



=== TEST 3: ten cards are all that a phone has, those without a slot too
--- sql
insert into sim_cards (device_id, sim_slot)
select 201, case when n < 5 then n end from generate_series(2, 10) n
--- steps
ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":9}
422 {"message":"The selected sim slot is invalid.",
    "errors":{"sim_slot":["The selected sim slot is invalid."]}}

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":4}
422 {"message":"The sim slot has already been taken.",
    "errors":{"sim_slot":["The sim slot has already been taken."]}}

sql update sim_cards set status = 'inactive'
     where id = (select max(id) from sim_cards)

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":9}
201

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":8}
422

row select count(*) from sim_cards where device_id = 201 => 10



=== TEST 4: cards that were added and removed do not pile up
--- sql
insert into sim_cards (device_id, sim_slot, status, phone_number)
select 201, 2, 'inactive', '+15557770001' from generate_series(1, 50);
insert into sim_cards (id, device_id, sim_slot, status, hosted_sim_id,
                       number_verified)
overriding system value
values (900, 201, 2, 'inactive', 109, true),
       (901, 201, 2, 'inactive', null, true),
       (902, 202, 3, 'inactive', null, false),
       (903, 201, 3, 'pending', null, false)
--- steps
ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":1}
422

row select count(*) from sim_cards where device_id = 201 => 54

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":2}
201 {"id":"<int:card>","...":1}

row select count(*) from sim_cards where device_id = 201 => 5
row select count(*) from sim_cards where id between 900 and 903 => 4



=== TEST 5: a slot and a number are changed, what is not given stays
--- steps
ann-phone PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":2}
200 {"id":301,"phone_number":"+15551230105","sim_slot":2,"status":"active",
    "signal_strength":null,"is_active":true,"hosted_sim_id":105,
    "created_at":"<time>","updated_at":"<time>"}

row {{phone}} 201 => active|2
row {{sim}} 105 => +15551230105|US|active

ann-phone PATCH /api/byos/devices/201/sim-cards/301
    {"phone_number":"+447700900123"}
200 {"id":301,"phone_number":"+447700900123","sim_slot":2,"...":1}

row {{phone}} 201 => active|3
row {{sim}} 105 => +447700900123|GB|active
row select number_verified from sim_cards where id = 301 => f

ann-phone PATCH /api/byos/devices/201/sim-cards/301 {}
200 {"id":301,"phone_number":"+447700900123","sim_slot":2,"...":1}

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+447700900123","sim_slot":2,"more":1}
200 {"id":301,"...":1}

row {{phone}} 201 => active|3

ann-phone PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":null}
200 {"id":301,"sim_slot":null,"phone_number":"+447700900123","...":1}

row {{phone}} 201 => active|4

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+21012345678","sim_slot":7}
200 {"id":301,"sim_slot":7,"phone_number":"+21012345678","...":1}

row {{sim}} 105 => +21012345678||active
row {{phone}} 201 => active|5

ann GET /api/sims
200 {"data":[{"id":101,"...":1},{"id":102,"...":1},{"id":103,"...":1},
    {"id":105,"number":"+21012345678","...":1},{"id":107,"...":1},
    {"id":108,"...":1}]}



=== TEST 6: the same number stays verified
--- steps
ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+15551230105","sim_slot":1}
200 {"id":301,"phone_number":"+15551230105","sim_slot":1,"...":1}

row select number_verified, updated_at = created_at from sim_cards
     where id = 301 => t|t
row {{phone}} 201 => active|1



=== TEST 7: a number of another live SIM is taken, one that is live no more is not
--- steps
ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+15551230106","sim_slot":5}
422 {"message":"The phone number has already been taken.",
    "errors":{"phone_number":["The phone number has already been taken."]}}

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+15551230101"}
422 {"message":"The phone number has already been taken.",
    "errors":{"phone_number":["The phone number has already been taken."]}}

ann-phone PUT /api/byos/devices/202/sim-cards/302
    {"phone_number":"+15551230108"}
422

row {{sim}} 105 => +15551230105|US|active
row select sim_slot, phone_number, number_verified from sim_cards
     where id = 301 => 1|+15551230105|t
row {{phone}} 201 => active|1

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"+15551230109"}
200 {"id":301,"phone_number":"+15551230109","...":1}



=== TEST 8: an active card has a number
--- steps
ann-phone PUT /api/byos/devices/201/sim-cards/301 {"phone_number":null}
422 {"message":"The phone number field is required.",
    "errors":{"phone_number":["The phone number field is required."]}}

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"","sim_slot":3}
422 {"message":"The phone number field is required.",
    "errors":{"phone_number":["The phone number field is required."]}}

row select sim_slot, phone_number from sim_cards where id = 301
    => 1|+15551230105

ann-phone PUT /api/byos/devices/206/sim-cards/305
    {"phone_number":"+15551230106"}
200 {"id":305,"phone_number":"+15551230106","sim_slot":1,"status":"pending",
    "signal_strength":null,"is_active":false,"hosted_sim_id":null,
    "created_at":"<time>","updated_at":"<time>"}

row select count(*) from hosted_sims where number = '+15551230106' => 1

ann-phone PUT /api/byos/devices/206/sim-cards/305 {"phone_number":null}
200 {"id":305,"phone_number":null,"...":1}



=== TEST 9: every fault of a change is told at once
--- steps
ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":"15551230105","sim_slot":11}
422 {"message":"The phone number field format is invalid. (and 1 more error)",
    "errors":{"phone_number":["The phone number field format is invalid."],
              "sim_slot":["The sim slot field must be between 1 and 10."]}}

ann-phone PUT /api/byos/devices/201/sim-cards/301
    {"phone_number":15551230105,"sim_slot":"x"}
422 {{{text}},"errors":{
    "phone_number":["The phone number field must be a string."],
    "sim_slot":["The sim slot field must be an integer."]}}

ann-phone PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":0}
422 {{{text}},"errors":{
    "sim_slot":["The sim slot field must be between 1 and 10."]}}

ann-phone PUT /api/byos/devices/201/sim-cards/301 [1]
400

row {{phone}} 201 => active|1



=== TEST 10: a slot in use is taken, that of a card that is gone is free
--- steps
ann-phone PUT /api/byos/devices/202/sim-cards/303 {"sim_slot":1}
422 {"message":"The sim slot has already been taken.",
    "errors":{"sim_slot":["The sim slot has already been taken."]}}

row {{cards}} 202 => 302:1:active 303:2:active

ann-phone DELETE /api/byos/devices/202/sim-cards/302
204

ann-phone PUT /api/byos/devices/202/sim-cards/303 {"sim_slot":1}
200 {"id":303,"sim_slot":1,"...":1}

ann-phone POST /api/byos/devices/202/sim-cards {"sim_slot":2}
201



=== TEST 11: with a card that is removed its number and its codes end
--- sql
insert into verification_codes (code, sim_card_id) values ('SR-AAAA', 302);
select test.hold(107, 1, 1, null, null, -10, 200)
--- steps
ann-phone DELETE /api/byos/devices/202/sim-cards/302
204

row {{cards}} 202 => 302:1:inactive 303:2:active
row {{phone}} 202 => active|2
row {{sim}} 107 => +15551230107|US|inactive
row {{sim}} 108 => +15551230108|US|active
row select hosted_sim_id from sim_cards where id = 302 => 107
row {{live}} 302 => 0
row select count(*) from sim_locks where expires_at > now() => 0
row select type from events order by type => number.locked number.unlocked

sql create table kept as select * from sim_cards where id = 302

ann-phone DELETE /api/byos/devices/202/sim-cards/302
204

row select count(*) from sim_cards natural join kept => 0

sql drop table kept

row {{phone}} 202 => active|2

ann-phone DELETE /api/byos/devices/202/sim-cards/303
204

row {{phone}} 202 => pending_verification|3

ann-phone POST /api/byos/devices/202/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
403



=== TEST 12: a card that was removed, or is pending, is verified again
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-AAAA', 305), ('SR-BBBB', 302)
--- steps
ann-phone POST /api/byos/devices/206/sim-cards/305/verify
200 {"id":305,"sim_slot":1,"phone_number":null,"status":"pending",
    "verification_code":"<code>","twilio_number":"+15550001111"}
  < Cache-Control: no-store

row {{live}} 305 => 1
row select count(*) from verification_codes where code = 'SR-AAAA' => 0

ann-phone POST /api/byos/devices/206/sim-cards/305/reverify {"x":1}
200 {"id":305,"verification_code":"<code>","...":1}

row {{live}} 305 => 1

ann-phone POST /api/byos/devices/202/sim-cards/302/verify
422 {"message":"SIM card is already active."}

row select code from verification_codes where sim_card_id = 302 => SR-BBBB

ann-phone DELETE /api/byos/devices/202/sim-cards/302
204

ann-phone POST /api/byos/devices/202/sim-cards/302/verify
200 {"id":302,"sim_slot":1,"phone_number":"+15551230107","status":"pending",
    "verification_code":"<code>","twilio_number":"+15550001111"}

row {{cards}} 202 => 302:1:pending 303:2:active
row {{sim}} 107 => +15551230107|US|inactive
row {{live}} 302 => 1



=== TEST 13: not where its slot was taken meanwhile, or the phone is full
--- steps
ann-phone DELETE /api/byos/devices/202/sim-cards/302
204

ann-phone PUT /api/byos/devices/202/sim-cards/303 {"sim_slot":1}
200

ann-phone POST /api/byos/devices/202/sim-cards/302/verify
422 {"message":"The sim slot has already been taken.",
    "errors":{"sim_slot":["The sim slot has already been taken."]}}

ann-phone PUT /api/byos/devices/202/sim-cards/302 {"sim_slot":null}
200 {"id":302,"sim_slot":null,"status":"inactive","...":1}

sql insert into sim_cards (device_id) select 202 from generate_series(1, 9)

ann-phone POST /api/byos/devices/202/sim-cards/302/verify
422 {"message":"The selected sim slot is invalid.",
    "errors":{"sim_slot":["The selected sim slot is invalid."]}}

sql delete from sim_cards where id > 1000

ann-phone POST /api/byos/devices/202/sim-cards/302/verify
200 {"id":302,"sim_slot":null,"...":1}



=== TEST 14: cards come and go while a phone is pending or active alone
--- steps
ann-phone POST /api/byos/devices/204/sim-cards {"sim_slot":5}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/205/sim-cards {"sim_slot":5}
403 {"message":"This action is unauthorized."}

ann-phone POST /api/byos/devices/205/sim-cards {"sim_slot":50}
403 {"message":"This action is unauthorized."}

sql insert into sim_cards (id, device_id, sim_slot) overriding system value
    values (904, 204, 1), (905, 205, 1)

ann-phone PUT /api/byos/devices/204/sim-cards/904 {"sim_slot":5}
403

ann-phone PUT /api/byos/devices/205/sim-cards/905 {"sim_slot":50}
403 {"message":"This action is unauthorized."}

ann-phone DELETE /api/byos/devices/204/sim-cards/904
403

ann-phone DELETE /api/byos/devices/205/sim-cards/905
403

ann-phone POST /api/byos/devices/204/sim-cards/904/verify
403

ann-phone POST /api/byos/devices/205/sim-cards/905/reverify
403 {"message":"This action is unauthorized."}

row {{cards}} 204 => 904:1:pending
row {{cards}} 205 => 905:1:pending
row select count(*) from verification_codes => 0



=== TEST 15: somebody else's phone is none, a card of another phone neither
--- steps
bob-phone POST /api/byos/devices/201/sim-cards {"sim_slot":2}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone POST /api/byos/devices/201/sims {"sim_slot":20}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":2}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":20}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone DELETE /api/byos/devices/201/sim-cards/301
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone POST /api/byos/devices/201/sim-cards/301/verify
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone POST /api/byos/devices/211/sim-cards/301/verify
404 {"message":"No query results for model [App\\Models\\SimCard] 301"}

ann-phone PUT /api/byos/devices/201/sim-cards/302 {"sim_slot":2}
404 {"message":"No query results for model [App\\Models\\SimCard] 302"}

ann-phone PUT /api/byos/devices/201/sim-cards/302 {"sim_slot":20}
404 {"message":"No query results for model [App\\Models\\SimCard] 302"}

ann-phone DELETE /api/byos/devices/201/sim-cards/302
404 {"message":"No query results for model [App\\Models\\SimCard] 302"}

ann-phone DELETE /api/byos/devices/201/sim-cards/99999
404 {"message":"No query results for model [App\\Models\\SimCard] 99999"}

ann-phone POST /api/byos/devices/201/sim-cards/302/verify
404 {"message":"No query results for model [App\\Models\\SimCard] 302"}

ann-phone POST /api/byos/devices/201/sim-cards/x/verify
404 {"message":"No query results for model [App\\Models\\SimCard] x"}

ann-phone DELETE /api/byos/devices/201/sim-cards/99999999999999999999
404

ann-phone POST /api/byos/devices/99999/sim-cards {"sim_slot":2}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 99999"}

sql update devices set deleted_at = now() where id = 202;
    delete from members where user_id = 1

ann-phone POST /api/byos/devices/202/sim-cards {"sim_slot":5}
404

ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":5}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone DELETE /api/byos/devices/201/sim-cards/301
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

row {{cards}} 201 => 301:1:active
row {{cards}} 202 => 302:1:active 303:2:active
row {{cards}} 211 => 311:1:active



=== TEST 16: only OAuth tokens of that scope change cards
--- steps
- POST /api/byos/devices/201/sim-cards {"sim_slot":2}
401 {"message":"Unauthenticated."}

- PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":2}
401 {"message":"Unauthenticated."}

- DELETE /api/byos/devices/201/sim-cards/301
401 {"message":"Unauthenticated."}

- POST /api/byos/devices/201/sim-cards/301/verify
401 {"message":"Unauthenticated."}

expired-phone DELETE /api/byos/devices/201/sim-cards/301
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices/201/sim-cards {"sim_slot":2}
403 {"message":"This action is unauthorized."}

key PUT /api/byos/devices/201/sim-cards/301 {"sim_slot":2}
403 {"message":"This action is unauthorized."}

ann-session DELETE /api/byos/devices/201/sim-cards/301
401 {"message":"Unauthenticated."}

key DELETE /api/byos/devices/201/sim-cards/301
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices/201/sim-cards/301/verify
403 {"message":"Invalid scope(s) provided."}

ann-scoped DELETE /api/byos/devices/201/sim-cards/301
403 {"message":"Invalid scope(s) provided."}

row {{cards}} 201 => 301:1:active



=== TEST 17: other methods than these there are none
--- steps
ann-phone GET /api/byos/devices/201/sim-cards
405 {"message":"The GET method is not supported for route api/byos/devices/201/sim-cards. Supported methods: POST."}
  < Allow: POST

ann-phone GET /api/byos/devices/201/sim-cards/301
405 {"message":"The GET method is not supported for route api/byos/devices/201/sim-cards/301. Supported methods: PUT, PATCH, DELETE."}

ann-phone GET /api/byos/devices/201/sim-cards/301/verify
405



=== TEST 18: whoever meets another one at a code gets one of its own
--- sql
create sequence test.meetings;
create function test.meet() returns trigger language plpgsql as $$
begin
    if nextval('test.meetings') % 2 = 1 then
        raise unique_violation using constraint = 'verification_codes_pkey';
    end if;
    return new;
end $$;
create trigger meet before insert on verification_codes
   for each row execute function test.meet()
--- steps
ann-phone POST /api/byos/devices/201/sim-cards {"sim_slot":2}
201 {"verification_code":"<code>","...":1}

ann-phone POST /api/byos/devices/206/sim-cards/305/verify
200 {"verification_code":"<code>","...":1}

ann-phone POST /api/byos/devices
    {"android_id":"00000000000000aa","sim_slots":[1],"device_model":"m",
     "app_version":"1"}
201 {"sim_cards":[{"verification_code":"<code>","...":1}],"...":1}

sql drop trigger meet on verification_codes;
    drop function test.meet();
    drop sequence test.meetings

row select count(*), count(distinct code) from verification_codes => 3|3
