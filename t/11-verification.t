use lib 't/lib';
use SimRelay;
use SimRelay::Verification;

repeat_each(2);
plan tests => repeat_each() * 306;

my $url = 'https://sms.example.com/api/webhooks/twilio/sms';

# what a call might change, all of it in one value

my $state = 'select md5(concat(' . CORE::join(', ', map {
    "(select string_agg($_\::text, ' ' order by $_\::text) from $_)"
} qw(sim_cards hosted_sims sim_attachments devices messages events
     verification_codes)) . '))';

vars(
    code => q{insert into verification_codes (code, sim_card_id)
              values ('SR-A2B3', 305)},
    keep => "drop table if exists state; create temp table state as $state",
    same => "select ($state) = (table state)",
);


# The same form as it is signed here and there.

sub sign {
    my ($url, $token, $form) = @_;

    my $sign = Digest::SHA::hmac_sha1_base64(
        $url . 'AccountSidAC1BodySR-A2B3From+15557770001MessageSidSM1'
        . 'To+15550001111' . ($form // ''), $token);

    return $sign . '=' x (-length($sign) % 4);
}

vars(
    form => 'AccountSid=AC1&Body=SR-A2B3&From=%2B15557770001&MessageSid=SM1'
            . '&To=%2B15550001111',
    right => sign($url, 'secret'),
    right_with_port => sign($url =~ s/com/com:443/r, 'secret'),
    right_with_query => sign("$url?a=%20b&c", 'secret'),
    by_another_token => sign($url, 'Secret'),
    of_another_scheme => sign($url =~ s/https/http/r, 'secret'),
    of_another_host => sign($url =~ s/com/org/r, 'secret'),
    of_another_port => sign($url =~ s/com/com:80/r, 'secret'),
    of_more => sign($url, 'secret', 'ZipCode1'),
);


run_tests();

__DATA__

=== TEST 1: with a wrong signature nothing happens, nor without one
--- sql
{{code}}
--- steps
sql {{keep}}

- POST /api/webhooks/twilio/sms {{form}}
400 {"message":"<text>"}
  < Content-Type: application/json

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{by_another_token}}
403 {"message":"<text>"}
  < Content-Type: application/json

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{of_another_scheme}}
403

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{of_another_host}}
  > Host: sms.example.org
403

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{of_another_port}}
403

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{right_with_query}}
403

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{of_more}}
403

- POST /api/webhooks/twilio/sms
  > X-Twilio-Signature: {{right}}
403

- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{x*5000}}
403

row {{same}} => t

row select count(*) from twilio_calls => 0



=== TEST 2: a signature counts for the URL that Twilio has called
--- sql
{{code}}
--- steps
- POST /api/webhooks/twilio/sms?a=%20b&c {{form}}
  > X-Twilio-Signature: {{right_with_query}}
  > Host: 10.0.0.1
  > X-Forwarded-Proto: http
200 ~ <Response/>
  < Content-Type: text/xml

row {{card}} => active|+15557770001|t|+15557770001|active



=== TEST 3: its port may be spelled out
--- sql
{{code}}
--- steps
- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{right_with_port}}
200 ~ <Response/>

row {{card}} => active|+15557770001|t|+15557770001|active



=== TEST 4: a field that comes twice is signed once for each of its values
--- sql
{{code}}
--- steps
- POST /api/webhooks/twilio/sms {{form}}&ZipCode=1&ZipCode=1
  > X-Twilio-Signature: {{of_more}}
200 ~ <Response/>

row {{card}} => active|+15557770001|t|+15557770001|active



=== TEST 5: a token of the API is not looked at
--- sql
{{code}}
--- steps
revoked POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{right}}
200 ~ <Response/>

row {{card}} => active|+15557770001|t|+15557770001|active



=== TEST 6: a call about another account is refused
--- sql
{{code}}
--- steps
sql {{keep}}
sms [AccountSid=AC2] +15557770001 SM1 SR-A2B3
403 {"message":"<text>"}

sms [AccountSid=ac1] +15557770001 SM1 SR-A2B3
403

sms [AccountSid=] +15557770001 SM1 SR-A2B3
403

row {{same}} => t

row select count(*) from twilio_calls => 0



=== TEST 7: a call that is replayed changes nothing, a new one does
--- sql
{{code}}
--- steps
sms +15557770001 SM1 SR-A2B3
200

sql {{keep}}
sms +15557770001 SM1 SR-A2B3
200 ~ <Response/>

row {{same}} => t

sql update verification_codes set used_at = null;
    update sim_cards set status = 'inactive' where id = 305;
    update hosted_sims set status = 'inactive' where number = '+15557770001';
    {{keep}}
sms +15557770001 SM1 SR-A2B3
200

row {{same}} => t

row select count(*) from twilio_calls => 1

sms +15557770001 SM2 SR-A2B3
200

row {{card}} => active|+15557770001|t|+15557770001|active

row select count(*), min(status) from hosted_sims
     where number = '+15557770001' => 1|active



=== TEST 8: a call that missed is not tried again, whatever was made meanwhile
--- steps
sms +15557770001 SM1 SR-A2B3
200

sql {{code}}; {{keep}}
sms +15557770001 SM1 SR-A2B3
200 ~ <Response/>

row {{same}} => t



=== TEST 9: an unknown, an expired and a used code change nothing, and are misses
--- sql
insert into verification_codes (code, sim_card_id, expires_at, used_at)
values ('SR-XYZ2', 305, now() - interval '1 ms', null),
       ('SR-XYZ3', 305, now() + interval '1 minute', now())
--- steps
sql {{keep}}
sms +15557770001 SM1 SR-A2B3
200 ~ <Response/>

sms +15557770001 SM2 SR-XYZ2
200 ~ <Response/>

sms +15557770001 SM3 SR-XYZ3
200 ~ <Response/>

row {{same}} => t

row select count(*) from twilio_calls where missed => 3



=== TEST 10: a code lives for five minutes
--- steps
ann-phone POST /api/byos/devices
    {"android_id":"00000000000000aa","sim_slots":[1,2],
     "device_model":"Pixel","app_version":"1"}
201
--- rows
select count(*), bool_and(expires_at - now() between interval '4 min 57 s'
                                                 and interval '5 min')
  from verification_codes => 2|t



=== TEST 11: a code is found anywhere in an SMS, in letters of any case
--- steps eval
my $n = 0;

CORE::join '', map { $n++;
    "sql select test.reset(); {{code}}\n"
    . "sms +15557770001 SM$n $_\n200\n\n"
    . "row {{card}} => active|+15557770001|t|+15557770001|active\n\n" }
'sr-a2b3', 'Sr-A2b3', 'My code is sR-a2B3.', '(SR-A2B3)', '"SR-A2B3"',
'SR-A2B3{{x0A}}SR-ZZZZ', '{{x0A}}{{x09}}SR-A2B3{{x0D}}{{x0A}}', 'SR- SR-A2B3',
'{{a *790}}SR-A2B3', '😀SR-A2B3😀', '{{xFF}}{{x00}}SR-A2B3{{xC3}}',
'SR:SR-A2B3', 'code=SR-A2B3&Body=SR-ZZZZ'



=== TEST 12: only the first code of an SMS is tried
--- sql
{{code}}
--- steps
sql {{keep}}
sms +15557770001 SM1 SR-ZZZZ SR-A2B3
200 ~ <Response/>

sms +15557770001 SM2 sr-zzzz, no: SR-A2B3
200

row {{same}} => t



=== TEST 13: an SMS without a code changes nothing
--- sql
{{code}}
--- steps
sql {{keep}}
sms +15557770001 SM1
200 ~ <Response/>

sms +15557770001 SM2 A2B3
200

sms +15557770001 SM3 SR A2B3
200

sms +15557770001 SM4 SR-A2B
200

sms +15557770001 SM5 SR-A2B{{xEF}}{{xBC}}{{x93}}
200

sms +15557770001 SM6 {{S*1600}}
200

row {{same}} => t



=== TEST 14: a number of one's own moves to the new card, with its SIM
--- sql
{{code}};
update sim_attachments set alias = 'Mine', team_id = 11
 where hosted_sim_id = 105
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => active|+15551230105|t|+15551230105|active

row select status, hosted_sim_id from sim_cards where id = 301 => inactive|

row select organization_id, team_id, alias from sim_attachments
     where hosted_sim_id = 105 => 1|11|Mine

row select count(*) from hosted_sims => 10

row select count(*) from events where type like 'number.%' => 0



=== TEST 15: the phone that it leaves is pending again, without another card
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-A2B3', 305), ('SR-A2B4', 301)
--- steps
sms +15551230105 SM1 SR-A2B3
200

row select status from devices where id = 201 => pending_verification

ann-phone POST /api/byos/devices/201/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}"}
403

sms +15551230105 SM2 SR-A2B4
200

row select id, status from devices where id in (201, 206)
     order by id => 201|active 206|pending_verification

row select id, status, hosted_sim_id from sim_cards where id in (301, 305)
     order by id => 301|active|105 305|inactive|



=== TEST 16: with another active card it stays what it was
--- sql
{{code}}
--- steps
sms +15551230108 SM1 SR-A2B3
200

row {{card}} => active|+15551230108|t|+15551230108|active

row select c.id, c.status, d.status from sim_cards c
      join devices d on d.id = c.device_id and d.id = 202
     order by 1 => 302|active|active 303|inactive|active



=== TEST 17: a number that moves leaves the organization of the old phone
--- sql
{{code}};
insert into members (user_id, organization_id, role) values (1, 2, 'member');
update devices set organization_id = 2 where id = 206
--- steps
sms +15551230105 SM1 SR-A2B3
200

row {{card}} => active|+15551230105|t|+15551230105|active

row select organization_id, team_id from sim_attachments
     where hosted_sim_id = 105 => 2|

row select string_agg(type || organization_id, ' ' order by type) from events
     where object_id = 105 and type like 'number.%'
    => number.claimed2 number.released1



=== TEST 18: the number of a colleague or a stranger stays theirs, the code is spent
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-A2B3', 305), ('SR-A2B4', 305);
update devices set user_id = 2 where id = 201
--- steps
sql {{keep}}
sms +15551230106 SM1 SR-A2B3
200 ~ <Response/>

sms +15551230105 SM2 SR-A2B4
200 ~ <Response/>

row select count(used_at) from verification_codes => 2

sql update verification_codes set used_at = null;
    update hosted_sims set contested_at = null
row {{same}} => t

row select count(*) from twilio_calls where missed => 0



=== TEST 19: so does a number of a provider's, of one's own organization too
--- sql
insert into verification_codes (code, sim_card_id)
values ('SR-A2B3', 305), ('SR-A2B4', 305)
--- steps
sql {{keep}}
sms +15551230101 SM1 SR-A2B3
200 ~ <Response/>

sms +15551230104 SM2 SR-A2B4
200 ~ <Response/>

row select count(used_at) from verification_codes => 2

sql update verification_codes set used_at = null;
    update hosted_sims set contested_at = null
row {{same}} => t



=== TEST 20: four misses are forgiven, and those of an hour ago
--- sql
{{code}};
insert into twilio_calls (message_sid, sender, missed, created_at)
select 'SM' || n, '+15557770001', true,
       now() - case when n < 5 then interval '1 minute'
                    else interval '1 hour 1 second' end
  from generate_series(1, 20) n;
insert into twilio_calls (message_sid, sender, missed)
select 'SMX' || n, '+15557770001', false from generate_series(1, 20) n
--- steps
sms +15557770001 SM30 SR-A2B3
200

row {{card}} => active|+15557770001|t|+15557770001|active



=== TEST 21: five misses within the hour are not
--- sql
{{code}};
insert into twilio_calls (message_sid, sender, missed, created_at)
select 'SM' || n, '+15557770001', true, now() - interval '59 minutes'
  from generate_series(1, 5) n
--- steps
sql {{keep}}
sms +15557770001 SM30 SR-A2B3
200 ~ <Response/>

row {{same}} => t



=== TEST 22: what is not to our number, or from none, verifies nothing
--- sql
{{code}}
--- steps
sql {{keep}}
sms [To=+15550001112] +15557770001 SM1 SR-A2B3
200 ~ <Response/>

sms [To=] +15557770001 SM2 SR-A2B3
200

sms [To=15550001111] +15557770001 SM3 SR-A2B3
200

sms MyBank SM4 SR-A2B3
200 ~ <Response/>

sms 15557770001 SM5 SR-A2B3
200

sms +1555777000112345 SM6 SR-A2B3
200

sms whatsapp:+15557770001 SM7 SR-A2B3
200

sms +1555777{{x00}}{{xFF}} SM8 SR-A2B3
200

row {{same}} => t



=== TEST 23: an SMS whose id is none verifies nothing
--- sql
{{code}}
--- steps
sql {{keep}}
sms [MessageSid=] +15557770001 SM1 SR-A2B3
200 ~ <Response/>

sms +15557770001 {{S*65}} SR-A2B3
200

sms +15557770001 SM{{x00}} SR-A2B3
200

sms +15557770001 {{xFF}} SR-A2B3
200

row {{same}} => t



=== TEST 24: a number of no known country is a number
--- sql
{{code}}
--- steps
sms +21012345678 SM1 SR-A2B3
200

row {{card}} => active|+21012345678|t|+21012345678|active

row select country from hosted_sims where number = '+21012345678' =>



=== TEST 25: a call in a file is a call
--- more_config
    client_body_in_file_only clean;
--- sql
{{code}}
--- steps
- POST /api/webhooks/twilio/sms {{form}}
  > X-Twilio-Signature: {{by_another_token}}
403

row {{card}} => pending||f||pending_verification

sms [More={{a*60000}}] +15557770001 SM1 SR-A2B3
200 ~ <Response/>

row {{card}} => active|+15557770001|t|+15557770001|active
