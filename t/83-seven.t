use lib 't/lib';
use SimRelay;
use SimRelay::Providers;

# SMS that seven.io tells of: who may, for which number, and who gets them.

repeat_each(2);
plan tests => repeat_each() * 303;

accounts;

vars(at => SimRelay::time_text(SEVEN_AT));

seven_sms json => { text => "Your code: 123456 \xf0\x9f\x98\x80 & +" };
seven_sms form => { text => "Your code: 123456 \xf0\x9f\x98\x80 & +" }, form => 1;
seven_sms short => undef, url => '/api/webhooks/seven';
seven_sms query => undef, query => '?a=%20b&c';
seven_sms short_query => undef, query => '?a=%20b&c',
    url => '/api/webhooks/seven?a=%20b&c';
seven_sms no_query => undef, query => '?a=1',
    url => 'https://sms.example.com/api/webhooks/seven';
seven_sms http => undef, url => 'http://sms.example.com/api/webhooks/seven';
seven_sms signed_by_other => undef, account => 'other';
seven_sms signed_by_off => undef, account => 'off';
seven_sms signed_by_mute => undef, account => 'mute';
seven_sms signed_by_nobody => undef, account => '';
seven_sms late => undef, at => -310;
seven_sms soon => undef, at => 400;
seven_sms slow => undef, at => -200;
seven_sms fast => undef, at => 200;
seven_sms long_nonce => undef, nonce => 'x' x 33;
seven_sms short_nonce => undef, nonce => 'x' x 31;
seven_sms no_nonce => undef, nonce => '';
seven_sms again => { id => 'json' };
seven_sms other_id => { id => 'json' }, account => 'other';
seven_sms of_other => { id => 'json', system => '15551230104' }, account => 'other';

seven_sms twilio => { system => '15551230102' };
seven_sms phone => { system => '15551230105' };
seven_sms deleted => { system => '15551230109' };
seven_sms nobody => { system => '15559999999' };
seven_sms not_a_number => { system => "Bank\0" };

seven_sms week => { time => SEVEN_AT - 500 };

seven_without no_time => 'time';
seven_without no_system => 'system';

seven garbage => body => '{"webhook_event":"sms_mo",';
seven array => body => '[{"webhook_event":"sms_mo"}]';
seven string => body => '"sms_mo"';
seven nothing => body => '';
seven pairs => body => 'a=b&c=%&=&&', form => 1;
seven bytes => body => "\0\xff\xfe\1\2";
seven deep => body => '{"webhook_event":"sms_mo","data":' . '[' x 50 . ']' x 50
                      . '}';
seven no_event => body => '{"data":{"id":"1","system":"15551230101"}}';
seven list => body => '{"webhook_event":"sms_mo","data":[1,2]}';
seven text => body => '{"webhook_event":"sms_mo","data":"x"}';
seven bare => body => '{"webhook_event":"sms_mo"}';
seven voice => event => 'voice_status', data => { id => 1 };
seven odd_event => body => '{"webhook_event":["sms_mo"],"data":{}}';
seven_sms huge => { text => 'x' x 66000 };
seven_sms huge_form => { text => 'x' x 66000 }, form => 1;
seven many => form => 1, data => { map { ("f$_" => 1) } 1 .. 200 };

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => calls $block->steps);
    $block->set_value(sql => '{{accounts}}' . ($block->sql // ''))
        unless defined $block->nobody;
});

vars(none => 'select (select count(*) from messages)
                     + (select count(*) from provider_messages)
                     + (select count(*) from events
                        where type like $$message.%$$)');

run_tests();

__DATA__

=== TEST 1: an SMS for a number of the account's is stored, once, with its event
--- steps
call json
received

row select organization_id, hosted_sim_id, team_id, device_id, lock_id,
           direction, sender, recipient, body, status,
           received_at = '{{at}}'::timestamptz from messages
    => 1|101||||inbound|+4915112345678|+15551230101|Your code: 123456 😀 & +|received|t
row select e.organization_id, e.type, e.object_id = m.id from events e,
           messages m => 1|message.inbound|t
row select provider, account, provider_message_id from provider_messages
    => seven|main|json

ann GET /api/sims/101/messages
200 {"data":[{"from":"+4915112345678","to":"+15551230101","text":"Your code: 123456 😀 & +",
     "received_at":"{{at}}","direction":"inbound","status":"received","...":1}],"...":1}

ann GET /api/sims
200 {"data":[{"id":101,"messages_received_count":1,"...":1},{"id":102,"...":1},
    {"id":103,"...":1},{"id":105,"...":1},{"id":107,"...":1},{"id":108,"...":1}]}

bob GET /api/sims/101/messages
404



=== TEST 2: the same as a form
--- steps
call form
received

row select hosted_sim_id, sender, body, received_at = '{{at}}'::timestamptz
      from messages => 101|+4915112345678|Your code: 123456 😀 & +|t



=== TEST 3: signed over the full URL, or over its path and query
--- steps
call short
received

call query
received

call short_query
received

row select count(*) from messages => 3

call no_query
403 {"message":"seven.io Request Validation Failed."}

call http
403

row select count(*) from messages => 3



=== TEST 4: without one of the three headers it is a 400
--- steps
call json but X-Signature
400 {"message":"seven.io signature is missing."}

call json but X-Timestamp
400 {"message":"seven.io signature is missing."}

call json but X-Nonce
400 {"message":"seven.io signature is missing."}

row {{none}} => 0



=== TEST 5: signed wrongly it is a 403
--- steps
call json but X-Signature: 0000000000000000000000000000000000000000000000000000000000000000
403 {"message":"seven.io Request Validation Failed."}

call json but X-Signature: x
403

call json but X-Nonce: 00000000000000000000000000000000
403

call signed_by_off
403

call signed_by_mute
403

call signed_by_nobody
403

call long_nonce
403

call short_nonce
403

call no_nonce
403

row {{none}} => 0



=== TEST 6: five minutes old, or as much too early, it is a 403
--- steps
call late
403 {"message":"seven.io Request Validation Failed."}

call soon
403

call json but X-Timestamp: now
403

call json but X-Timestamp: 1
403

row {{none}} => 0

call slow
received

call fast
received

row select count(*) from messages => 2



=== TEST 7: what is told again changes nothing, in the same words or others
--- steps
call json
received

call json
received

call again
received

row select count(*) from messages => 1
row select count(*) from events where type like 'message.%' => 1
row select received from message_counts where team_id = 0 => 1



=== TEST 8: the same id of another account is another SMS
--- steps
call json
received

call of_other
received

row select hosted_sim_id, organization_id from messages order by 1
    => 101|1 104|2



=== TEST 9: another account's number, another provider's, a phone's: nothing
--- steps
call signed_by_other
received

call other_id
received

call twilio
received

call phone
received

call deleted
received

call nobody
received

call not_a_number
received

call no_system
received

row {{none}} => 0



=== TEST 10: a number that is inactive is none, until it is active again
--- sql
update hosted_sims set status = 'inactive' where id = 101
--- steps
call json
received

row {{none}} => 0

sql update hosted_sims set status = 'active' where id = 101

call json
received

row select count(*) from messages => 1



=== TEST 11: a SIM of no account is that of the only one
--- sql
update hosted_sims set provider_account = null where id = 101
--- steps
call json
received

row {{none}} => 0

sql update provider_accounts set disabled_at = now()
     where name in ('mute', 'other')

call json
received

row select count(*) from messages => 1



=== TEST 12: who held the lock when it was received gets it alone
--- sql
insert into sim_attachments (organization_id, hosted_sim_id, team_id)
values (2, 101, 21);
select test.hold(101, 5, 2, 21, null, -300, -50)
--- steps
call json
received

row select organization_id, team_id, lock_id is not null from messages
    => 2|21|t

call week
received

row select organization_id, team_id, lock_id from messages
     where received_at < '{{at}}'::timestamptz order by 1 => 1|| 2|21|
row select count(distinct sms_id) from messages => 2



=== TEST 13: while it is locked the others wait for the end, or for good
--- sql
select test.hold(101, 1, 1, null, null, -20, 60);
--- steps
call no_time
received

call week
received

row select (lock_id is not null) from messages order by received_at => f t
row select holder_user_id from events where type like 'message.%' => 1 1

mia GET /api/sims/101/messages
409

ann GET /api/sims/101/messages
200 {"data":[{"text":"Hello","...":1},{"text":"Hello","...":1}],"...":1}



=== TEST 14: garbage, rightly signed
--- steps
call garbage
400 {"message":"<text>"}

call array
422 {"message":"The webhook event field is required.",
     "errors":{"webhook_event":["The webhook event field is required."]}}

call string
422

call nothing
422

call pairs
422

call bytes
422

call no_event
422

call odd_event
422

call deep
400

row {{none}} => 0

call list
received

call text
received

call bare
received

call voice
received

row {{none}} => 0



=== TEST 15: too much
--- steps
call huge
413 {"message":"<text>"}

call huge_form
413

call many
413 {"message":"<text>"}

row {{none}} => 0



=== TEST 16: only POST
--- steps
- GET /api/webhooks/seven
405 {"message":"The GET method is not supported for route api/webhooks/seven. Supported methods: POST."}

ann POST /api/webhooks/seven {}
400

- POST /api/webhooks/seven
400



=== TEST 17: without an account nobody is known
--- nobody
--- steps
call json
403 {"message":"seven.io Request Validation Failed."}

row {{none}} => 0



=== TEST 18: without its key file the server can know nobody
--- without: simrelay_key_file
--- steps
call json
503 {"message":"Service Unavailable"}

row {{none}} => 0
--- error_log
the secret of the provider's account "main" cannot be used
--- no_error_log
[alert]



=== TEST 19: what came to nothing is logged, without what was in it
--- steps
call nobody
received
--- error_log
a call of seven, account "main": an SMS for none of its SIMs
--- no_error_log
[error]
Hello
4915112345678



=== TEST 20: an account whose secret does not open keeps no other out
--- sql
insert into provider_accounts (provider, name, api_key, signing_secret)
values ('seven', 'a', '\x01', '\x0102'),
       ('seven', 'b', '\x01', decode(repeat('01', 500), 'hex'));
update provider_accounts set id = default where name in ('main', 'other')
--- steps
call json
received

row select hosted_sim_id from messages => 101
--- no_error_log
[alert]
