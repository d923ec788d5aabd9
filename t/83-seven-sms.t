use lib 't/lib';
use SimRelay;
use SimRelay::Providers;

# What seven.io tells of an SMS: numbers, times, texts and ids of every kind.

repeat_each(2);
plan tests => repeat_each() * 176;

accounts;

vars(early => SimRelay::time_text(SEVEN_AT - 500));

seven_sms plus => { system => '+15551230101' };
seven_sms zeros => { system => '0015551230101' };
seven_sms spaced => { system => '+1 (555) 123-0101' };

seven_sms now => { time => time + 3600 };
seven_sms old => { time => time - 8 * 86400 };
seven_sms week => { time => SEVEN_AT - 500 };
seven_sms negative => { time => '-5' };
seven_sms words => { time => 'yesterday' };
seven_sms endless => { time => '9' x 40 };
seven_sms null => { time => undef };

seven_sms name => { sender => 'My Bank' };
seven_sms code => { sender => '72345' };
seven_sms number => { sender => 4915112345678 };
seven_sms international => { sender => '004915112345678' };
seven_sms national => { sender => '015112345678' };
seven_sms signed_number => { sender => '+4915112345678' };
seven_sms digits => { sender => '12 34 56 78 90' };
seven_sms wide => { sender => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' };
seven_sms none => { sender => '' };
seven_sms odd => { sender => { a => 1 } };
seven_sms nul => { sender => "a\0b", text => "c\0d" };
seven_sms flawed => { sender => "a\xffb", text => "c\xff\xfed" };
seven_sms flawed_form => { sender => "a\xffb\0", text => "c\xff\xfed\0" }, form => 1;

seven_sms empty => { text => '' };
seven_sms typed => { text => 123456 };
seven_sms long => { text => 'x' x 3000 };
seven_sms longer => { text => "\xc3\xbc" x 6000 };
seven_sms escaped => { text => "\1" x 5000 };
seven_sms lines => { text => "a\r\nb\tc\"\\" };
seven_without no_text => 'text';
seven_without no_sender => 'sender';
seven_without no_time => 'time';
seven_without no_id => 'id';
seven_without no_id_either => 'id';
seven_sms number_id => { id => 681590 };
seven_sms wide_id => { id => 'x' x 65 };
seven_sms wider_id => { id => 'x' x 66 };
seven_sms wide_id_again => { id => 'x' x 65, text => 'no' };
seven_sms odd_id => { id => "a b\xff" };

seven surrogates => body => '{"webhook_event":"sms_mo","data":{"id":"s",'
    . '"system":"15551230101","text":"a\ud800b\u0000c","sender":"\udc00"}}';

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => calls $block->steps);
    $block->set_value(sql => '{{accounts}}' . ($block->sql // ''));
});

run_tests();

__DATA__

=== TEST 1: spellings of our number
--- steps
call plus
received

call zeros
received

call spaced
received

row select count(*), min(recipient), max(recipient) from messages
    => 3|+15551230101|+15551230101



=== TEST 2: the provider's time counts within seven days, else ours
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



=== TEST 3: whoever sent it
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



=== TEST 4: whatever is in it
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



=== TEST 5: what is no text is taken for what can be read of it
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



=== TEST 6: whatever its id is
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
