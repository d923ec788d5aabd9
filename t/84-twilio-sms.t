use lib 't/lib';
use SimRelay;
use SimRelay::Providers;

# SMS that Twilio tells of, for SIMs of ours.

repeat_each(2);
plan tests => repeat_each() * 229;

accounts;

sub sms ($%) {
    my ($name, %form) = @_;

    twilio_call $name, 'sms', AccountSid => 'AC2', MessageSid => $name,
        From => '+14155550100', To => '+15551230102', Body => 'Hello',
        ApiVersion => '2010-04-01', NumMedia => '0', %form;
}

sms sms => Body => "Your code: 123456 \xf0\x9f\x98\x80 & +=";
sms repeated => MessageSid => 'sms', Body => 'Hello again';
sms own => AccountSid => 'AC1';
sms own_sim => AccountSid => 'AC1', To => '+15551230104';
sms seven => To => '+15551230101';
sms phone => To => '+15551230105';
sms deleted => To => '+15551230109';
sms nobody => To => '+15559999999';
sms short => To => '12345';
sms channel => To => 'whatsapp:+15551230102';
sms verification => To => '+15550001111', Body => 'SR-AAAA';
sms stranger => AccountSid => 'AC4';
sms off => AccountSid => 'AC3';
sms wrong => token => 'x';
sms our_token => token => 'secret';
sms odd_account => AccountSid => "AC\0", token => 'secret';
sms wide_account => AccountSid => 'x' x 65, token => 'secret';
sms empty_account => AccountSid => '', token => 'secret';
sms code => AccountSid => 'AC1', To => '+15550001111', Body => 'SR-AAAA',
    From => '+14155550177';

sms name => From => 'My Bank';
sms wide => From => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
sms none => From => '';
sms flawed => From => "a\xffb", Body => "c\0\xff\xfed";
sms no_body => Body => '';
sms long => Body => 'x' x 1600;
sms no_sid => MessageSid => '';
sms no_sid_again => MessageSid => '';
sms old_sid => MessageSid => '', SmsSid => 'SM9';
twilio_call bare => 'sms', AccountSid => 'AC2', To => '+15551230102';
sms huge => Body => 'x' x 70000;

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => calls $block->steps);
    $block->set_value(sql => '{{accounts}}' . ($block->sql // ''));
});

vars(none => 'select (select count(*) from messages)
                     + (select count(*) from provider_messages)
                     + (select count(*) from events
                        where type like $$message.%$$)');

run_tests();

__DATA__

=== TEST 1: an SMS to a live SIM of the account's is an inbound message, once
--- steps
call sms
empty

row select organization_id, team_id, hosted_sim_id, device_id, direction,
           sender, recipient, body, status from messages
    => 1|11|102||inbound|+14155550100|+15551230102|Your code: 123456 😀 & +=|received
row select received_at between now() - interval '60 seconds' and now()
      from messages => t
row select organization_id, team_id, type from events => 1|11|message.inbound
row select provider, account, provider_message_id from provider_messages
    => twilio|AC2|sms

call sms
empty

call repeated
empty

row select count(*) from messages => 1
row select count(*) from events where type like 'message.%' => 1

max GET /api/sims/102/messages
200 {"data":[{"from":"+14155550100","to":"+15551230102","text":"Your code: 123456 😀 & +=","...":1}],"...":1}

mia GET /api/sims/102/messages
404



=== TEST 2: to another account's SIM, another provider's, a phone's: nothing
--- steps
call own
empty

call seven
empty

call phone
empty

call deleted
empty

call nobody
empty

call short
empty

call channel
empty

row {{none}} => 0

sql update hosted_sims set status = 'inactive' where id = 102

call sms
empty

row {{none}} => 0

sql update hosted_sims set deleted_at = now() where id = 102

call sms
empty

row {{none}} => 0



=== TEST 3: a SIM of the account that simrelay_twilio names
--- sql
update hosted_sims set provider = 'twilio', provider_account = 'AC1'
 where id = 104
--- steps
call own_sim
empty

row select organization_id, hosted_sim_id, body from messages => 2|104|Hello

call sms
empty

row select hosted_sim_id from messages order by 1 => 102 104



=== TEST 4: a SIM of no account is that of the only one
--- sql
update hosted_sims set provider_account = null where id = 102
--- steps
call own
empty

row {{none}} => 0

call sms
empty

row select hosted_sim_id from messages => 102

sql delete from provider_accounts where provider = 'twilio'

call own
empty

row select count(*) from messages => 2



=== TEST 5: the verification number takes codes, of our account alone
--- sql
insert into verification_codes (code, sim_card_id) values ('SR-AAAA', 305)
--- steps
call verification
empty

row select status from sim_cards where id = 305 => pending
row {{none}} => 0

call code
empty

row select status, phone_number from sim_cards where id = 305
    => active|+14155550177



=== TEST 6: without the directive the accounts of the database still work
--- without: simrelay_twilio
--- steps
call sms
empty

row select count(*) from messages => 1

call wrong
403 {"message":"Twilio Request Validation Failed."}
--- no_error_log
[error]
[alert]



=== TEST 7: who has not signed is not heard
--- steps
call sms but X-Twilio-Signature
400 {"message":"Twilio signature is missing."}

call sms but X-Twilio-Signature: x
403 {"message":"Twilio Request Validation Failed."}

call wrong
403

call our_token
403

call stranger
403

call off
403

call odd_account
403

call wide_account
403

call empty_account
403

row {{none}} => 0



=== TEST 8: whoever held the lock gets it alone
--- sql
insert into sim_attachments (organization_id, hosted_sim_id, team_id)
values (2, 102, 21);
select test.hold(102, 3, 1, 11, null, -20, 60)
--- steps
call sms
empty

row select organization_id, team_id, lock_id is not null from messages
    => 1|11|t
row select holder_user_id from events where type like 'message.%' => 3



=== TEST 9: whatever is in it
--- steps
call name
empty

call wide
empty

call none
empty

call flawed
empty

call no_body
empty

call bare
empty

row select string_agg(sender || ':' || body, '|' order by id) from messages
    => My Bank:Hello|ABCDEFGHIJKLMNOPQRST:Hello|unknown:Hello|a�b:c���d|+14155550100:|unknown:

call long
empty

row select length(body) from messages order by id desc limit 1 => 1600

call no_sid
empty

call no_sid_again
empty

call old_sid
empty

row select count(*) from messages => 8
row select count(*) from provider_messages
     where provider_message_id ~ '^[0-9a-f]{64}$' => 2

call huge
413 {"message":"<text>"}



=== TEST 10: an account whose token does not open is served later
--- sql
update provider_accounts set api_key = '\x0102' where name = 'AC2'
--- steps
call sms
503 {"message":"Service Unavailable"}

row {{none}} => 0
--- error_log
the secret of the provider's account "AC2" cannot be used
--- no_error_log
[alert]
