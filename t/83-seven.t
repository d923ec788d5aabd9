use lib 't/lib';
use SimRelay;
use SimRelay::Providers;

# What seven.io tells of: SMS for its numbers.

repeat_each(2);
plan tests => repeat_each() * 479;

accounts;

my $at = time - 100;

sub sms ($;$%) {
    my ($name, $data, %o) = @_;

    seven $name, %o, data => { id => $name, system => '15551230101',
                               sender => '4915112345678', text => 'Hello',
                               time => "$at", message_type => 'SMS',
                               %{ $data // {} } };
}

sub without ($@) {
    my ($name, @names) = @_;

    my %data = (id => $name, system => '15551230101', sender => 'Bank',
                text => 'Hello', time => "$at");
    delete @data{@names};

    seven $name, data => \%data;
}

vars(at => SimRelay::time_text($at), early => SimRelay::time_text($at - 500));

sms json => { text => "Your code: 123456 \xf0\x9f\x98\x80 & +" };
sms form => { text => "Your code: 123456 \xf0\x9f\x98\x80 & +" }, form => 1;
sms short => undef, url => '/api/webhooks/seven';
sms query => undef, query => '?a=%20b&c';
sms short_query => undef, query => '?a=%20b&c',
    url => '/api/webhooks/seven?a=%20b&c';
sms no_query => undef, query => '?a=1',
    url => 'https://sms.example.com/api/webhooks/seven';
sms http => undef, url => 'http://sms.example.com/api/webhooks/seven';
sms signed_by_other => undef, account => 'other';
sms signed_by_off => undef, account => 'off';
sms signed_by_mute => undef, account => 'mute';
sms signed_by_nobody => undef, account => '';
sms late => undef, at => -310;
sms soon => undef, at => 400;
sms slow => undef, at => -200;
sms fast => undef, at => 200;
sms long_nonce => undef, nonce => 'x' x 33;
sms short_nonce => undef, nonce => 'x' x 31;
sms no_nonce => undef, nonce => '';
sms again => { id => 'json' };
sms other_id => { id => 'json' }, account => 'other';
sms of_other => { id => 'json', system => '15551230104' }, account => 'other';

sms twilio => { system => '15551230102' };
sms phone => { system => '15551230105' };
sms deleted => { system => '15551230109' };
sms nobody => { system => '15559999999' };
sms not_a_number => { system => "Bank\0" };

sms plus => { system => '+15551230101' };
sms zeros => { system => '0015551230101' };
sms spaced => { system => '+1 (555) 123-0101' };

sms now => { time => time + 3600 };
sms old => { time => time - 8 * 86400 };
sms week => { time => $at - 500 };
sms negative => { time => '-5' };
sms words => { time => 'yesterday' };
sms endless => { time => '9' x 40 };
sms null => { time => undef };

sms name => { sender => 'My Bank' };
sms code => { sender => '72345' };
sms number => { sender => 4915112345678 };
sms international => { sender => '004915112345678' };
sms national => { sender => '015112345678' };
sms signed_number => { sender => '+4915112345678' };
sms digits => { sender => '12 34 56 78 90' };
sms wide => { sender => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' };
sms none => { sender => '' };
sms odd => { sender => { a => 1 } };
sms nul => { sender => "a\0b", text => "c\0d" };
sms flawed => { sender => "a\xffb", text => "c\xff\xfed" };
sms flawed_form => { sender => "a\xffb\0", text => "c\xff\xfed\0" }, form => 1;

sms empty => { text => '' };
sms typed => { text => 123456 };
sms long => { text => 'x' x 3000 };
sms longer => { text => "\xc3\xbc" x 6000 };
sms escaped => { text => "\1" x 5000 };
sms lines => { text => "a\r\nb\tc\"\\" };
without no_text => 'text';
without no_sender => 'sender';
without no_time => 'time';
without no_system => 'system';
without no_id => 'id';
without no_id_either => 'id';
sms number_id => { id => 681590 };
sms wide_id => { id => 'x' x 65 };
sms wider_id => { id => 'x' x 66 };
sms wide_id_again => { id => 'x' x 65, text => 'no' };
sms odd_id => { id => "a b\xff" };

seven surrogates => body => '{"webhook_event":"sms_mo","data":{"id":"s",'
    . '"system":"15551230101","text":"a\ud800b\u0000c","sender":"\udc00"}}';

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
sms huge => { text => 'x' x 66000 };
sms huge_form => { text => 'x' x 66000 }, form => 1;
seven many => form => 1, data => { map { ("f$_" => 1) } 1 .. 200 };

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => calls $block->steps);
    $block->set_value(sql => '{{accounts}}' . ($block->sql // ''))
        unless defined $block->nobody;
});

vars(none => 'select (select count(*) from messages)
                     + (select count(*) from provider_messages)
                     + (select count(*) from events)');

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
row select count(*) from events => 1
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



=== TEST 12: spellings of our number
--- steps
call plus
received

call zeros
received

call spaced
received

row select count(*), min(recipient), max(recipient) from messages
    => 3|+15551230101|+15551230101



=== TEST 13: who held the lock when it was received gets it alone
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



=== TEST 14: while it is locked the others wait for the end, or for good
--- sql
select test.hold(101, 1, 1, null, null, -20, 60);
--- steps
call no_time
received

call week
received

row select (lock_id is not null) from messages order by received_at => f t
row select holder_user_id from events => 1 1

mia GET /api/sims/101/messages
409

ann GET /api/sims/101/messages
200 {"data":[{"text":"Hello","...":1},{"text":"Hello","...":1}],"...":1}



=== TEST 15: the provider's time counts within seven days, else ours
--- steps
call week
received

row select received_at = '{{early}}'::timestamptz from messages => t

call now
received

call old
received

call negative
received

call words
received

call endless
received

call null
received

call no_time
received

row select count(*) from messages
     where received_at between now() - interval '60 seconds' and now() => 7



=== TEST 16: whoever sent it
--- steps
call name
received

call code
received

call number
received

call international
received

call national
received

call signed_number
received

call digits
received

call wide
received

call none
received

call odd
received

call no_sender
received

row select string_agg(sender, '|' order by id) from messages
    => My Bank|72345|+4915112345678|+4915112345678|015112345678|+4915112345678|12 34 56 78 90|ABCDEFGHIJKLMNOPQRST|unknown|unknown|unknown



=== TEST 17: whatever is in it
--- steps
call empty
received

call typed
received

call lines
received

call no_text
received

row select string_agg(body, '|' order by id) from messages
    => |123456|a{{x0D}} b{{x09}}c"\|

call long
received

row select length(body) from messages order by id desc limit 1 => 3000

call longer
received

row select length(body), left(body, 1) from messages order by id desc limit 1
    => 5000|ü

call escaped
received

row select length(body) from messages order by id desc limit 1 => 5000



=== TEST 18: what is no text is taken for what can be read of it
--- steps
call nul
received

call flawed
received

call flawed_form
received

call surrogates
received

row select sender, body from messages order by id
    => a�b|c�d a�b|c��d a�b�|c��d� �|a�b�c



=== TEST 19: whatever its id is
--- steps
call number_id
received

call no_id
received

call no_id_either
received

call wide_id
received

call wider_id
received

call wide_id_again
received

call odd_id
received

call odd_id
received

row select count(*) from messages => 5
row select count(*) from provider_messages
     where provider_message_id = '681590'
        or provider_message_id ~ '^[0-9a-f]{64}$' => 5
row select count(*) from messages where body = 'no' => 0



=== TEST 20: garbage, rightly signed
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



=== TEST 21: too much
--- steps
call huge
413 {"message":"<text>"}

call huge_form
413

call many
413 {"message":"<text>"}

row {{none}} => 0



=== TEST 22: only POST
--- steps
- GET /api/webhooks/seven
405 {"message":"The GET method is not supported for route api/webhooks/seven. Supported methods: POST."}

ann POST /api/webhooks/seven {}
400

- POST /api/webhooks/seven
400



=== TEST 23: without an account nobody is known
--- nobody
--- steps
call json
403 {"message":"seven.io Request Validation Failed."}

row {{none}} => 0



=== TEST 24: without its key file the server can know nobody
--- without: simrelay_key_file
--- steps
call json
503 {"message":"Service Unavailable"}

row {{none}} => 0
--- error_log
the secret of the provider's account "main" cannot be used
--- no_error_log
[alert]



=== TEST 25: what came to nothing is logged, without what was in it
--- steps
call nobody
received
--- error_log
a call of seven, account "main": an SMS for none of its SIMs
--- no_error_log
[error]
Hello
4915112345678



=== TEST 26: an account whose secret does not open keeps no other out
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
