use lib 't/lib';
use SimRelay;
use SimRelay::Verification;

repeat_each(2);
plan tests => repeat_each() * 231;

# 305 is the pending card of Ann's phone 206; 201 has the number ...105, Bob's
# phone 211 the number ...106

vars(
    code => q{insert into verification_codes (code, sim_card_id)
              values ('SR-A2B3', 305)},
    by_hand => q{update sim_cards set number_verified = false where id = },
    mails => q{select string_agg(concat_ws(' ', kind, recipient,
                                           params ->> 'number', state), ', '
                                 order by kind, recipient)
                 from mails},
    sim => q{select number, status, deleted_at is null from hosted_sims
              where id = },
    at => q{select string_agg(organization_id::text, ' '
                              order by organization_id)
              from sim_attachments where hosted_sim_id = },
);

run_tests();

__DATA__

=== TEST 1: who has a number that somebody else tries is told, not by whom
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-A2B3', 305), ('SR-A2B4', 305), ('SR-A2B5', 305), ('SR-A2B6', 305)
--- steps
sms +15551230106 SM1 SR-A2B3
200 ~ <Response/>

row {{card}} => pending||f||pending_verification
row {{mails}} => number_contested bob@example.com +15551230106 pending
row select user_id, params::text from mails
    => 5|{"name": "Bob", "number": "+15551230106"}
row select contested_at > now() - interval '1 minute' from hosted_sims
     where id = 106 => t

sms +15551230106 SM2 SR-A2B4
200

row select count(*) from mails => 1

sql update hosted_sims set contested_at = now() - interval '23 hours'
     where id = 106

sms +15551230106 SM3 SR-A2B5
200

row select count(*) from mails => 1

sql update hosted_sims set contested_at = now() - interval '25 hours'
     where id = 106

sms +15551230106 SM4 SR-A2B6
200

row select count(*), count(distinct recipient) from mails => 2|1
row select count(used_at) from verification_codes => 4



=== TEST 2: of a provider's number, or one without a card, its organizations are
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-A2B3', 311), ('SR-A2B4', 305);
insert into sim_attachments (organization_id, hosted_sim_id) values (3, 101);
insert into members (user_id, organization_id, role) values (8, 3, 'admin'),
       (1, 3, 'admin')
--- steps
sms +15551230101 SM1 SR-A2B3
200 ~ <Response/>

row {{mails}} => number_contested ada@example.com +15551230101 pending, number_contested ann@example.com +15551230101 pending, number_contested tim@example.com +15551230101 pending
row {{sim}} 101 => +15551230101|active|t

sql delete from mails

sms +15551230104 SM2 SR-A2B4
200

row {{mails}} => number_contested bob@example.com +15551230104 pending



=== TEST 3: who is disabled is not written to, and gets no number either
--- sql
{{code}};
insert into verification_codes (code, sim_card_id) values ('SR-A2B4', 305);
update users set disabled_at = now() where id = 5
--- steps
sms +15551230106 SM1 SR-A2B3
200

row select count(*) from mails => 0
row {{card}} => pending||f||pending_verification

sql update users set disabled_at = now() where id = 1

sms +15557770001 SM2 SR-A2B4
200

row {{card}} => pending||f||pending_verification
row select count(*) from hosted_sims where number = '+15557770001' => 0
row select missed from twilio_calls where message_sid = 'SM2' => f



=== TEST 4: nor does who has left the phone's organization, or a phone revoked
--- sql
{{code}};
insert into verification_codes (code, sim_card_id) values ('SR-A2B4', 305);
delete from members where user_id = 1
--- steps
sms +15557770001 SM1 SR-A2B3
200

row {{card}} => pending||f||pending_verification

sql insert into members (user_id, organization_id, role)
    values (1, 1, 'owner');
    update devices set status = 'revoked' where id = 206

sms +15557770001 SM2 SR-A2B4
200

row {{card}} => pending||f||revoked
row select count(*) from hosted_sims where number = '+15557770001' => 0



=== TEST 5: a number that was set by hand does not hold against an SMS
--- sql
{{code}};
{{by_hand}} 311;
select test.message(1, 2, null, 106, 'Hello', '2026-01-05Z');
select test.hold(106, 5, 2, null, null, -10, 200);
delete from events
--- steps
sms +15551230106 SM1 SR-A2B3
200 ~ <Response/>

row {{card}} => active|+15551230106|t|+15551230106|active
row select hosted_sim_id > 1000 from sim_cards where id = 305 => t
row select organization_id from sim_attachments where hosted_sim_id > 1000 => 1
row select c.status, c.hosted_sim_id, d.status from sim_cards c
      join devices d on d.id = c.device_id where c.id = 311
    => inactive|106|pending_verification
row {{sim}} 106 => +15551230106|inactive|t
row {{at}} 106 => 2
row select organization_id, hosted_sim_id from messages => 2|106
row select count(*) from sim_locks where expires_at > now() => 0
row select type, organization_id from events order by 1
    => number.claimed|1 number.unlocked|2
row {{mails}} => number_lost bob@example.com +15551230106 pending

ann GET /api/sims
200 {"data":[{"id":101,"...":1},{"id":102,"...":1},{"id":103,"...":1},
    {"id":105,"...":1},{"id":107,"...":1},{"id":108,"...":1},
    {"number":"+15551230106","messages_received_count":0,"...":1}]}



=== TEST 6: by way of the API: set by hand, lost, and verified under another
--- sql
insert into verification_codes (code, sim_card_id) values ('SR-A2B3', 305)
--- steps
bob-phone PUT /api/byos/devices/211/sim-cards/311
    {"phone_number":"+15557770001"}
200 {"phone_number":"+15557770001","hosted_sim_id":106,"...":1}

sms +15557770001 SM1 SR-A2B3
200 ~ <Response/>

row {{card}} => active|+15557770001|t|+15557770001|active
row {{sim}} 106 => +15557770001|inactive|t
row {{mails}} => number_lost bob@example.com +15557770001 pending

bob-phone GET /api/byos/devices/211
200 {"id":211,"status":"pending_verification","phone_number":null,
    "sim_cards":[{"id":311,"status":"inactive","...":1}],"...":1}

bob-phone POST /api/byos/devices/211/sim-cards/311/verify
200 {"verification_code":"<code>","...":1}

sql update verification_codes set code = 'SR-BBBB' where sim_card_id = 311

sms +15551230106 SM2 SR-BBBB
200

row select c.status, c.phone_number, c.hosted_sim_id > 1000, d.status
      from sim_cards c join devices d on d.id = c.device_id where c.id = 311
    => active|+15551230106|t|active
row {{sim}} 106 => +15557770001|inactive|f
row select count(*) from mails => 1



=== TEST 7: what one has set by hand moves to one's own card that verifies it
--- sql
{{code}};
{{by_hand}} 301
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => active|+15551230105|t|+15551230105|active
row select status, hosted_sim_id from sim_cards where id = 301 => inactive|
row select hosted_sim_id from sim_cards where id = 305 => 105
row select count(*) from mails => 0
row {{at}} 105 => 1



=== TEST 8: a card that is verified again with its number has its SIM again
--- sql
update sim_attachments set alias = 'Mine', team_id = 11
 where hosted_sim_id = 105;
select test.message(1, 1, 11, 105, 'Hello', '2026-01-05Z')
--- steps
ann-phone DELETE /api/byos/devices/201/sim-cards/301
204

row {{sim}} 105 => +15551230105|inactive|t

ann-phone POST /api/byos/devices/201/sim-cards/301/verify
200

sql update verification_codes set code = 'SR-A2B3'

sms +15551230105 SM1 SR-A2B3
200

row select status, hosted_sim_id from sim_cards where id = 301 => active|105
row {{sim}} 105 => +15551230105|active|t
row select team_id, alias from sim_attachments where hosted_sim_id = 105
    => 11|Mine
row select status from devices where id = 201 => active

ann GET /api/sims/105/messages
200 {"data":[{"text":"Hello","...":1}],"links":"<any>","meta":"<any>"}

ann-phone POST /api/byos/devices/201/sim-cards/301/verify
422 {"message":"SIM card is already active."}



=== TEST 9: with another number it has another SIM, and the old one is retired
--- sql
select test.message(1, 1, null, 105, 'Hello', '2026-01-05Z')
--- steps
ann-phone DELETE /api/byos/devices/201/sim-cards/301
204

ann-phone POST /api/byos/devices/201/sim-cards/301/verify
200

sql update verification_codes set code = 'SR-A2B3'

sms +15557770001 SM1 SR-A2B3
200

row select status, hosted_sim_id > 1000 from sim_cards where id = 301
    => active|t
row {{sim}} 105 => +15551230105|inactive|f
row {{at}} 105 =>
row select body, hosted_sim_id from messages => Hello|105

bob-phone POST /api/byos/devices/211/sim-cards {"sim_slot":2}
201 {"id":"<int:card>","...":1}

sql update verification_codes set code = 'SR-BBBB' where code <> 'SR-A2B3'

sms +15551230105 SM2 SR-BBBB
200

row select organization_id from sim_attachments a
      join hosted_sims h on h.id = a.hosted_sim_id
     where h.number = '+15551230105' => 2



=== TEST 10: in another organization it has a SIM of that one
--- sql
{{code}};
insert into members (user_id, organization_id, role) values (1, 2, 'member');
update sim_cards set status = 'inactive' where id = 301;
update sim_cards set hosted_sim_id = 105, phone_number = '+15551230105'
 where id = 305;
update devices set organization_id = 2 where id = 206
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => active|+15551230105|t|+15551230105|active
row select organization_id from sim_attachments where hosted_sim_id =
    (select hosted_sim_id from sim_cards where id = 305) => 2
row {{sim}} 105 => +15551230105|inactive|f



=== TEST 11: a card whose number went to a new owner has neither
--- steps
bob-phone DELETE /api/byos/devices/211/sim-cards/311
204

sql {{code}}

sms +15551230106 SM1 SR-A2B3
200

row {{card}} => active|+15551230106|t|+15551230106|active

bob-phone POST /api/byos/devices/211/sim-cards/311/verify
200

sql update verification_codes set code = 'SR-BBBB' where code <> 'SR-A2B3'

sms +15551230106 SM2 SR-BBBB
200

row {{card}} => active|+15551230106|t|+15551230106|active
row select status from sim_cards where id = 311 => pending
row {{mails}} => number_contested ann@example.com +15551230106 pending



=== TEST 12: a code made before its phone was disabled makes the card active
--- sql
{{code}};
update devices set status = 'active' where id = 206;
update devices set status = 'disabled' where id = 206
--- steps
sms +15557770001 SM1 SR-A2B3
200

row {{card}} => active|+15557770001|t|+15557770001|disabled



=== TEST 13: a code that was replaced is none, and is a miss
--- steps
ann-phone POST /api/byos/devices/206/sim-cards/305/verify
200

sql update verification_codes set code = 'SR-A2B3'

ann-phone POST /api/byos/devices/206/sim-cards/305/verify
200

sms +15557770001 SM1 SR-A2B3
200 ~ <Response/>

row {{card}} => pending||f||pending_verification
row select missed from twilio_calls => t

ann-phone DELETE /api/byos/devices/206/sim-cards/305
204

row select count(*) from verification_codes => 0



=== TEST 14: a SIM of as many organizations as it may have goes to no other
--- sql
{{code}};
insert into members (user_id, organization_id, role) values (1, 2, 'member');
update devices set organization_id = 2 where id = 206;
update hosted_sims set shared_max_orgs = 1 where id = 105;
delete from sim_attachments where hosted_sim_id = 105;
insert into sim_attachments (organization_id, hosted_sim_id) values (3, 105)
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => pending||f||pending_verification
row {{at}} 105 => 3
row {{mails}} => number_contested ann@example.com +15551230105 pending



=== TEST 15: one of a single organization leaves it for the other
--- sql
{{code}};
insert into members (user_id, organization_id, role) values (1, 2, 'member');
update devices set organization_id = 2 where id = 206;
update hosted_sims set shared_max_orgs = 1 where id = 105
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => active|+15551230105|t|+15551230105|active
row {{at}} 105 => 2



=== TEST 16: what it received before is read in its organization alone
--- sql
{{code}};
insert into members (user_id, organization_id, role) values (1, 2, 'member');
update devices set organization_id = 2 where id = 206;
select test.message(1, 1, null, 105, 'Hello', '2026-01-05Z')
--- steps
bob GET /api/sims/105/messages
404

ann GET /api/sims/105/messages
200 {"data":[{"text":"Hello","...":1}],"...":1}

sms +15551230105 SM1 SR-A2B3
200

bob GET /api/sims/105/messages
200 {"data":[],"...":1}

ann GET /api/sims/105/messages
200 {"data":[],"...":1}



=== TEST 17: two cards of a phone that were removed and swapped keep both SIMs
--- sql
{{code}};
select test.sim(120, '+15557770002', 'byos', 'byos'),
       test.sim(121, '+15557770003', 'byos', 'byos');
insert into sim_attachments (organization_id, hosted_sim_id)
values (1, 120), (1, 121);
update hosted_sims set status = 'inactive' where id in (120, 121);
select test.card(320, 206, 2, 120, 'inactive');
update sim_cards set hosted_sim_id = 121 where id = 305
--- steps
sms +15557770002 SM1 SR-A2B3
200

row {{card}} => active|+15557770002|t|+15557770002|active
row select id, hosted_sim_id from sim_cards where device_id = 206 order by 1
    => 305|120 320|121
row {{sim}} 121 => +15557770003|inactive|t

ann-phone POST /api/byos/devices/206/sim-cards/320/verify
200

sql update verification_codes set code = 'SR-BBBB' where code <> 'SR-A2B3'

sms +15557770003 SM2 SR-BBBB
200

row select id, hosted_sim_id, status, phone_number from sim_cards
     where device_id = 206 order by 1
    => 305|120|active|+15557770002 320|121|active|+15557770003
row {{sim}} 121 => +15557770003|active|t
row {{at}} 121 => 1
