use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 229;

# Twilio's forms, with their signatures

twilio(verify => From => '+14155550100', MessageSid => 'SM1',
       Body => 'SR-AAAA');
twilio(verify2 => From => '+14155550100', MessageSid => 'SM2',
       Body => 'SR-AAAA');
twilio(other => From => '+14155550199', MessageSid => 'SM3',
       Body => 'SR-BBBB');
twilio(inside => From => '+447700900123', MessageSid => 'SM4', ApiVersion =>
       '2010-04-01', NumMedia => '0', FromCity => "Zürich & Co+ = ?",
       Body => "Hi, my code is:\nsr-aaaa. Thanks! 😀");
twilio(first => From => '+14155550100', MessageSid => 'SM5',
       Body => 'SR-CCCC SR-AAAA');
twilio(account => From => '+14155550100', MessageSid => 'SM6',
       Body => 'SR-AAAA', AccountSid => 'AC2');
twilio(to => From => '+14155550100', MessageSid => 'SM7', Body => 'SR-AAAA',
       To => '+15550002222');
twilio(sender => From => 'Bank', MessageSid => 'SM8', Body => 'SR-AAAA');
twilio(none => From => '+14155550100', MessageSid => 'SM9', Body => 'Hello');
twilio(bob => From => '+15551230106', MessageSid => 'SM10',
       Body => 'SR-AAAA');
twilio(ann => From => '+15551230105', MessageSid => 'SM11',
       Body => 'SR-AAAA');
twilio(long => From => '+14155550100', MessageSid => 'SM12',
       Body => 'SR-AAAA', Extra => 'x' x 70000);
twilio(many => From => '+14155550100', MessageSid => 'SM13',
       Body => 'SR-AAAA', map { ("F$_" => 'x') } 1 .. 200);
twilio("miss$_" => From => '+14155550100', MessageSid => "SMM$_",
       Body => "SR-ZZZ$_") for 2 .. 7;

add_block_preprocessor(sub {
    my $block = shift;

    # Twilio sends forms; "twilio name" is the request, signature included

    my $steps = $block->steps;
    $steps =~ s{^twilio (\w+)$}{- POST /api/webhooks/twilio/sms {{$1}}
  > Content-Type: application/x-www-form-urlencoded
  > X-Twilio-Signature: {{$1_sign}}}mg;
    $steps =~ s{^empty$}{200 ~ <Response/>\n  < Content-Type: text/xml}mg;
    $block->set_value(steps => $steps);

    $block->set_value(sql => <<'END' . ($block->sql // ''));
insert into verification_codes (code, sim_card_id) values ('SR-AAAA', 305);
END
});

run_tests();

__DATA__

=== TEST 1: the code of a card makes it active with the sender's number
--- steps
twilio verify
empty

row select status, phone_number, number_verified, hosted_sim_id > 1000
      from sim_cards where id = 305 => active|+14155550100|t|t
row select status, config_version from devices where id = 206 => active|2
row select number, country, provider, type, status from hosted_sims
     where id > 1000 => +14155550100|US|byos|byos|active
row select organization_id, team_id from sim_attachments
     where hosted_sim_id > 1000 => 1|
row select used_at is not null from verification_codes => t

ann-phone POST /api/byos/devices/206/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
202

ann GET /api/sims
200 {"data":[{"id":101,"...":1},{"id":102,"...":1},{"id":103,"...":1},
    {"id":105,"...":1},{"id":107,"...":1},{"id":108,"...":1},
    {"number":"+14155550100","type":"byos","messages_received_count":1,
     "...":1}]}



=== TEST 2: the code is found anywhere and in any case, whatever else is sent
--- steps
twilio inside
empty

row select status, phone_number from sim_cards where id = 305
    => active|+447700900123
row select country from hosted_sims where id > 1000 => GB



=== TEST 3: the same SMS once more changes nothing
--- steps
twilio verify
empty

sql update verification_codes set used_at = null;
    update sim_cards set status = 'pending', hosted_sim_id = null,
                         phone_number = null where id = 305

twilio verify
empty

row select status from sim_cards where id = 305 => pending
row select used_at from verification_codes =>



=== TEST 4: a code works once
--- steps
twilio verify
empty

sql update sim_cards set status = 'pending' where id = 305

twilio verify2
empty

row select status from sim_cards where id = 305 => pending



=== TEST 5: a code that has expired is none
--- sql
update verification_codes set expires_at = now()
--- steps
twilio verify
empty

row select c.status, d.status, used_at
      from sim_cards c, devices d, verification_codes
     where c.id = 305 and d.id = 206 => pending|pending_verification|



=== TEST 6: a code is of its card alone
--- sql
insert into sim_cards (id, device_id, sim_slot) overriding system value
values (900, 211, 2);
insert into verification_codes (code, sim_card_id) values ('SR-BBBB', 900)
--- steps
twilio other
empty

row select id, status, phone_number from sim_cards where id in (305, 900)
     order by id => 305|pending| 900|active|+14155550199
row select organization_id from sim_attachments where hosted_sim_id > 1000
    => 2



=== TEST 7: only the first code of an SMS is tried
--- steps
twilio first
empty

row select status from sim_cards where id = 305 => pending



=== TEST 8: a number that is live on another card of the same user moves
--- steps
twilio ann
empty

row select id, status, phone_number, hosted_sim_id from sim_cards
     where id in (301, 305) order by id =>
    301|inactive|+15551230105| 305|active|+15551230105|105
row select count(*) from hosted_sims where id > 1000 => 0
row select status from devices where id = 206 => active

ann-phone POST /api/byos/devices/206/sms
    {"from":"A","body":"a","message_id":"{{uuid1}}"}
202

row select hosted_sim_id from messages => 105



=== TEST 9: a number that is live on somebody else's stays theirs
--- steps
twilio bob
empty

row select id, status, hosted_sim_id from sim_cards
     where id in (305, 311) order by id => 305|pending| 311|active|106
row select used_at is not null from verification_codes => t
row select status from devices where id = 206 => pending_verification
row select organization_id from sim_attachments where hosted_sim_id = 106
    => 2



=== TEST 10: a number that was live once is free again
--- sql
update sim_cards set status = 'inactive' where id = 311;
update hosted_sims set status = 'inactive' where id = 106
--- steps
twilio bob
empty

row select c.status, c.hosted_sim_id > 1000 from sim_cards c where id = 305
    => active|t
row select organization_id from sim_attachments where hosted_sim_id = 106
    => 2



=== TEST 11: a disabled phone stays disabled, a deleted one takes no code
--- sql
update devices set status = 'active' where id = 206;
update devices set status = 'disabled' where id = 206;
--- steps
twilio verify
empty

row select c.status, d.status from sim_cards c, devices d
     where c.id = 305 and d.id = 206 => active|disabled



=== TEST 12: ditto, deleted
--- sql
update devices set deleted_at = now() where id = 206;
--- steps
twilio verify
empty

row select status from sim_cards where id = 305 => pending
row select count(*) from hosted_sims where id > 1000 => 0



=== TEST 13: what nobody has signed is refused
--- steps
- POST /api/webhooks/twilio/sms {{verify}}
  > Content-Type: application/x-www-form-urlencoded
400 {"message":"<text>"}

- POST /api/webhooks/twilio/sms
400 {"message":"<text>"}

ann POST /api/webhooks/twilio/sms {{verify}}
400

row select status from sim_cards where id = 305 => pending



=== TEST 14: what is signed wrongly is refused
--- steps
- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: {{verify2_sign}}
403 {"message":"<text>"}

- POST /api/webhooks/twilio/sms {{verify}}&Body=x
  > X-Twilio-Signature: {{verify_sign}}
403

- POST /api/webhooks/twilio/sms?x=1 {{verify}}
  > X-Twilio-Signature: {{verify_sign}}
403

- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: {{verify_sign}}x
403

- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: !!!
403

- POST /api/webhooks/twilio/sms {{verify}}
  > X-Twilio-Signature: x
403

- POST /api/webhooks/twilio/sms {"Body":"SR-AAAA"}
  > X-Twilio-Signature: {{verify_sign}}
403

row select status from sim_cards where id = 305 => pending
row select count(*) from twilio_calls => 0



=== TEST 15: of another account it is refused, however well it is signed
--- steps
twilio account
403 {"message":"<text>"}

row select status from sim_cards where id = 305 => pending



=== TEST 16: what is no code from a number to our number changes nothing
--- steps
twilio to
empty

twilio sender
empty

twilio none
empty

row select status from sim_cards where id = 305 => pending



=== TEST 17: five misses of a number in an hour, then its SMS are ignored
--- steps
twilio miss2
empty

twilio miss3
empty

twilio miss4
empty

twilio miss5
empty

twilio verify
empty

row select status from sim_cards where id = 305 => active

sql update sim_cards set status = 'pending', hosted_sim_id = null
     where id = 305;
    update hosted_sims set status = 'inactive' where id > 1000;
    update verification_codes set used_at = null

twilio miss6
empty

twilio verify2
empty

row select status from sim_cards where id = 305 => pending

sql insert into sim_cards (id, device_id, sim_slot) overriding system value
    values (900, 211, 2);
    insert into verification_codes (code, sim_card_id) values ('SR-BBBB', 900)

twilio other
empty

row select status from sim_cards where id = 900 => active

sql update twilio_calls set created_at = now() - interval '61 minutes'

twilio verify2
empty

row select status from sim_cards where id = 305 => active



=== TEST 18: too long a form, and one of too many fields
--- steps
twilio long
413 {"message":"<text>"}

twilio many
413

row select status from sim_cards where id = 305 => pending



=== TEST 19: only POST
--- steps
- GET /api/webhooks/twilio/sms
405 {"message":"The GET method is not supported for route api/webhooks/twilio/sms. Supported methods: POST."}
  < Allow: POST



=== TEST 20: without the directive it is not served
--- without: simrelay_twilio
--- steps
twilio verify
503 {"message":"Service Unavailable"}
--- no_error_log
[alert]
