#!/usr/bin/perl

# The Pusher protocol on real sockets: t/unit/ws_server.c is compiled, which is
# simrelayd's WebSocket part alone, and driven by a client that can also
# misbehave.

use v5.10.1;
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);

use SimRelay::WsServer;

chdir "$FindBin::Bin/.." or die;

my $key = '278d425bdf160c739803';
my $secret = '7ad3773142a6692b25b8';
my $invalid = [4200, 'Invalid message format'];

my $server = SimRelay::WsServer->start();
my $loris = $server->raw("GET /app/$key?protocol=7 HTTP/1.1\r\nHost: a\r\n");
my $loris_began = time;

# The code and text of an error frame.
sub failure {
    my $frame = shift // {};

    return [] unless ($frame->{event} // '') eq 'pusher:error';

    my $data = decode_json($frame->{data});
    return [$data->{code}, $data->{message}];
}

sub auth {
    my ($client, $channel, $data) = @_;

    return "$key:" . hmac_sha256_hex(join(':', $client->{id}, $channel,
                                          defined $data ? $data : ()),
                                     $secret);
}

sub subscribe {
    my ($client, $channel, %more) = @_;

    $client->event('pusher:subscribe', { channel => $channel, %more });
    return $client->frame;
}

# Is it still served?
sub lives {
    my $client = shift;

    $client->event('pusher:ping', {});
    return ($client->text // '') eq '{"event":"pusher:pong"}';
}


# Greeting and refusal

for my $path ('/app/', '/reverb/app/') {
    my $client = $server->connect("$path$key?protocol=7&client=js&flash=false");
    my $frame = $client->frame;
    my $data = decode_json($frame->{data});

    is $frame->{event}, 'pusher:connection_established', "$path greets";
    like $data->{socket_id}, qr/^[1-9]\d*\.[1-9]\d*$/, 'with a socket id';
    is $data->{activity_timeout}, 30, 'and an activity timeout';
    ok lives($client), 'a ping is answered without data';
}

for (['/app/nosuchkey?protocol=7', 4001, 'Application does not exist'],
     ['/app/?protocol=7', 4005, 'Path not found'],
     ["/app/$key/?protocol=7", 4005, 'Path not found'],
     ["/other/$key?protocol=7", 4005, 'Path not found'],
     ['/?protocol=7', 4005, 'Path not found'],
     ["/app/$key?protocol=seven", 4006, 'Invalid version string format'],
     ["/app/$key?protocol=7.0", 4006, 'Invalid version string format'],
     ["/app/$key?protocol=4", 4007, 'Unsupported protocol version'],
     ["/app/$key?protocol=8", 4007, 'Unsupported protocol version'],
     ["/app/$key?protocol=77777777777777", 4007,
      'Unsupported protocol version'],
     ["/app/$key", 4008, 'No protocol version supplied'],
     ["/app/$key?protocol=", 4008, 'No protocol version supplied'])
{
    my ($path, $code, $text) = @$_;
    my $client = $server->connect($path);

    is_deeply failure($client->frame), [$code, $text], "$path is told $code";
    is $client->closed, $code, 'and closed by it';
}

for my $version (5, 6) {
    my $client = $server->connect("/app/$key?protocol=$version");
    is $client->frame->{event}, 'pusher:connection_established',
       "version $version is served too";
}


# Frames

my $client = $server->hello;

$client->send('{"event":"pusher:pong"}');
ok lives($client), 'a pong is not answered';

is_deeply subscribe($client, 'news'),
          { event => 'pusher_internal:subscription_succeeded', data => '{}',
            channel => 'news' },
          'a public channel needs no authorization';

$client->event('pusher:subscribe', '{"channel":"news"}');
is $client->frame->{event}, 'pusher_internal:subscription_succeeded',
   'data may be a string, and a second subscription succeeds again';

is_deeply $server->ask('send news sms.received {"a":"\"\u00e9"}'), [1],
          'but it counts once';
is $client->text,
   '{"event":"sms.received","data":"{\"a\":\"\\\\\"\\\\u00e9\"}",'
   . '"channel":"news"}',
   'data goes out as a JSON string';
ok lives($client), 'and once';

$client->event('pusher:unsubscribe', { channel => 'news' });
ok lives($client), 'unsubscribe is not answered';
is_deeply $server->ask('send news e {}'), [0], 'and ends it';
$client->event('pusher:unsubscribe', { channel => 'news' });
ok lives($client), 'also a second time';

for my $text ('', 'garbage', '{', '[]', '7', '{"event":7}', '{"data":{}}',
              '{"event":"nosuchevent"}', '{"event":"pusher:signin"}',
              '{"event":"pusher:subscribe"}',
              '{"event":"pusher:subscribe","data":[]}',
              '{"event":"pusher:subscribe","data":{}}',
              '{"event":"pusher:subscribe","data":"{"}',
              '{"event":"pusher:subscribe","data":"7"}',
              '{"event":"pusher:subscribe","data":{"channel":7}}',
              '{"event":"pusher:subscribe","data":{"channel":""}}',
              '{"event":"pusher:subscribe","data":{"channel":"a b"}}',
              '{"event":"pusher:subscribe","data":{"channel":"a\u0000"}}',
              '{"event":"pusher:unsubscribe","data":{}}',
              "{\"event\":\"\xff\"}", '[' x 5000, "\0" x 100)
{
    $client->send($text);
    is_deeply failure($client->frame), $invalid,
              substr($text, 0, 60) =~ s/[^ -~]/./gr . ' is invalid';
}

$client->send('{"event":"pusher:ping"}', opcode => 2);
is_deeply failure($client->frame), $invalid, 'so is a binary frame';
ok lives($client), 'the socket stays open';

$client->event('client-typing', {}, channel => 'news');
is_deeply failure($client->frame),
          [4301, 'Client events are for private and presence channels.'],
          'client events are refused in a public channel';

my $long = 'c' x 200;
is subscribe($client, $long)->{channel}, $long, 'a name of 200 bytes is fine';
is_deeply failure(subscribe($client, $long . 'c')), $invalid, 'one of 201 not';
is subscribe($client, 'aZ09_-=@,.;')->{event},
   'pusher_internal:subscription_succeeded', 'all letters of names';

my $ping = '{"event":"pusher:ping","pad":"';
$ping .= 'x' x (10_000 - length($ping) - 2) . '"}';

$client->send($ping);
is $client->text, '{"event":"pusher:pong"}', 'a frame of 10,000 bytes';

$client->send(substr($ping, 0, 1), fin => 0);
$client->send('', opcode => 0, fin => 0);
$client->send(substr($ping, 1, 4000), opcode => 0, fin => 0);
$client->send('mid', opcode => 9);
$client->send(substr($ping, 4001), opcode => 0);
is_deeply [sort map { $_->[1] } $client->any, $client->any],
          ['mid', '{"event":"pusher:pong"}'],
          'or of several fragments, with a ping between them';

for (['one byte more', sub { shift->send($ping . ' ') }],
     ['many bytes', sub { shift->send('x' x 3_000_000) }],
     ['a length that never comes', sub {
          shift->write("\x81\xff\x00\x00\x7f\xff\xff\xff\xff\xff\0\0\0\0zzz")
      }],
     ['fragments', sub {
          my $c = shift;
          $c->send('x' x 6000, fin => 0);
          $c->send('x' x 6000, opcode => 0);
      }])
{
    my ($name, $send) = @$_;
    my $big = $server->hello;

    $send->($big);
    is $big->closed, 1009, "$name: closed by 1009";
}

for (['a reserved bit', "\xc1\x80\0\0\0\0"],
     ['a reserved opcode', "\x83\x80\0\0\0\0"],
     ['a fragment of nothing', "\x80\x80\0\0\0\0"],
     ['a control frame in parts', "\x09\x80\0\0\0\0"])
{
    my ($name, $bytes) = @$_;
    my $bad = $server->hello;

    $bad->write($bytes);
    is $bad->closed, 1002, "$name: closed by 1002";
}

my $leaver = $server->hello;
$leaver->send(pack('n', 1000), opcode => 8);
is $leaver->closed, 1000, 'a close is answered';


# Authorization

is hmac_sha256_hex('1234.1234:private-foobar', $secret),
   '58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4',
   'the published vector';

my $channel = 'private-App.Models.User.7';
my $other = $server->hello;

for (['no authorization', {}],
     ['none', { auth => undef }],
     ['an empty one', { auth => '' }],
     ['no signature', { auth => "$key:" }],
     ['no key', { auth => auth($client, $channel) =~ s/.*://r }],
     ['another signature', { auth => "$key:" . '0' x 64 }],
     ['that of another channel', { auth => auth($client, 'private-x') }],
     ['that of another socket', { auth => auth($other, $channel) }],
     ['one that does not sign the data',
      { auth => auth($client, $channel), channel_data => '{}' }])
{
    my ($name, $data) = @$_;
    my $frame = subscribe($client, $channel, %$data);

    is_deeply [$frame->{event}, $frame->{channel}, decode_json($frame->{data})],
              ['pusher:subscription_error', $channel,
               { type => 'AuthError', status => 401,
                 error => 'The connection is unauthorized.' }],
              "$name: refused";
}

ok lives($client), 'and nothing else';
is_deeply $server->ask("has $channel"), [0], 'nobody has got in';

is subscribe($client, $channel, auth => auth($client, $channel))->{event},
   'pusher_internal:subscription_succeeded', 'the right one';
is subscribe($client, 'private-data', channel_data => '{"a":1}',
             auth => auth($client, 'private-data', '{"a":1}'))->{event},
   'pusher_internal:subscription_succeeded', 'or with signed data';
is_deeply $server->ask("send $channel sms.received {}"), [1],
          'and it gets events';
is $client->frame->{event}, 'sms.received', 'of its channel';
ok lives($other), 'that others do not get';

is subscribe($client, 'presence-room',
             auth => auth($client, 'presence-room'))->{event},
   'pusher:error', 'presence needs to be somebody\'s';

my $greedy = $server->hello;
subscribe($greedy, "c$_") for 1 .. 100;

my $over = subscribe($greedy, 'c101');
is $over->{event}, 'pusher:subscription_error', '101 channels are too many';
is decode_json($over->{data})->{type}, 'LimitReached', 'and it says so';
is subscribe($greedy, 'c100')->{event},
   'pusher_internal:subscription_succeeded', 'but 100 are not';
$greedy->event('pusher:unsubscribe', { channel => 'c1' });
is subscribe($greedy, 'c101')->{event},
   'pusher_internal:subscription_succeeded', 'one that is left makes room';


# What is no WebSocket

for (['GET', "GET /app/$key?protocol=7 HTTP/1.1\r\nHost: a\r\n\r\n"],
     ['POST', "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"])
{
    my ($name, $text) = @$_;
    my $answer = $server->raw($text)->rest;

    like $answer, qr{^HTTP/1.1 404 .*\{"message":"Not Found"\}$}s, "$name: 404";
}

for (['HTTP/2', "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"],
     ['no key', "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"],
     ['long headers', "X-A: " . 'a' x 20_000 . "\r\n"])
{
    my ($name, $headers) = @$_;
    my $answer = $server->raw("GET /app/$key?protocol=7 HTTP/1.1\r\nHost: a\r\n"
                              . "Connection: Upgrade\r\n$headers\r\n")->rest;

    unlike $answer, qr/101/, "$name: no upgrade";
}

unlike $server->raw("\x16\x03\x01\x02\0\x01\0" . "\0" x 600)->rest, qr/101/,
       'nor for TLS';


# Sockets that go

$_ = undef for $client, $other, $greedy, $leaver;
is $server->ask_until('count', 0), 0, 'sockets that are gone are forgotten';
is_deeply $server->ask("has $channel"), [0], 'and so are their channels';


# A reader that does not read

my $slow = SimRelay::WsServer->start(socket_buffer => 262_144);
my @fast = map { $slow->hello } 1 .. 3;
my $stuck = $slow->hello;

subscribe($_, 'news') for @fast, $stuck;

my ($sent, $cut, $got, $ordered) = (0, 0, 0, 1);

while ($sent < 200 && !$cut) {
    my ($n) = @{ $slow->ask('send news e ' . $sent++ . ' ' . 'x' x 30_000) };

    $cut = $n == 3;

    for (@fast) {
        my $frame = $_->frame // {};
        $got++ if defined $frame->{data};
        $ordered &&= ($frame->{data} // '') =~ /^@{[ $sent - 1 ]} /;
    }
}

ok $cut, 'a reader that never reads is cut';
cmp_ok $sent * 30_000, '>', 262_144, 'not before its buffer is full';
is $got, 3 * $sent, 'the others get all frames';
ok $ordered, 'in their order';
is $slow->ask_until('count', 3), 3, 'and it is gone at once';
like $slow->log, qr/event=closing code=0 reason=slow_reader/, 'with a reason';

my $burst = $slow->hello;
subscribe($burst, 'burst');
$slow->ask("send burst e $_ " . 'y' x 10_000) for 1 .. 20;
is_deeply [map { ($_->{data} // '') =~ /^(\d+)/ } map { $burst->frame } 1 .. 20],
          [1 .. 20], 'a reader that comes late gets what waited';


# Silence

my $pings = SimRelay::WsServer->start(ping_after => 300, pong_timeout => 300);
my ($silent, $polite, $framed) = map { $pings->hello } 1 .. 3;
my $began = time;

is $silent->text, '{"event":"pusher:ping"}', 'silence is answered by a ping';
cmp_ok time - $began, '>', 0.25, 'not too early';

is $polite->text, '{"event":"pusher:ping"}', 'so is that of another';
$polite->send('{"event":"pusher:pong","data":{}}');

$framed->any;
$framed->send('hi', opcode => 9);
is_deeply $framed->any, [10, 'hi'], 'a ping frame gets its pong frame';

is_deeply failure($silent->frame), [4201, 'Pong reply not received in time'],
          'more silence by an error';
is $silent->closed, 4201, 'and the end';

is $polite->text, '{"event":"pusher:ping"}', 'who answered is only asked anew';

my $frame = $framed->any;
is $frame->[0], 9, 'who used ping frames is asked by one';
$framed->send($frame->[1], opcode => 10);
is $framed->any->[0], 9, 'and may answer by a pong frame';


# Limits of who may come

my $small = SimRelay::WsServer->start(
    max_sockets => 2,
    allowed_origins => 'https://a.example b.example',
    unix => 1);

my @full = map { $small->hello } 1 .. 2;
my $third = $small->connect("/app/$key?protocol=7");

is_deeply failure($third->frame),
          [4004, 'Application is over connection quota'], 'too many sockets';
is $third->closed, 4004, 'and closed';

pop @full;
$small->ask_until('count', 1);
is $small->hello->{event}, 'pusher:connection_established', 'one less is fine';
$small->ask_until('count', 1);

for (['https://a.example', 1], ['HTTPS://A.EXAMPLE', 1],
     ['http://a.example', 0], ['https://a.example:8443', 0],
     ['http://b.example:8080', 1], ['https://c.example', 0], ['null', 0],
     ['https://b.example.c.example', 0])
{
    my ($origin, $allowed) = @$_;
    my $c = $small->connect("/app/$key?protocol=7", "Origin: $origin\r\n");
    my $first = $c->frame;

    if ($allowed) {
        is $first->{event}, 'pusher:connection_established', "$origin may come";

    } else {
        is_deeply failure($first), [4009, 'Connection is unauthorized'],
                  "$origin may not";
        is $c->closed, 4009, 'and is closed';
    }

    $c->bye;
    $small->ask_until('count', 1);
}

isnt $small->second, 0, 'a unix socket that is in use is left alone';


# A handshake that is never complete

for (my $i = 0; !$loris->{over} && $i < 40; $i++) {
    $loris->write("X-$i: a\r\n");
    $loris->fill(0.5);
}

ok $loris->{over}, 'one that sends a line now and then is closed';
cmp_ok time - $loris_began, '<', 9, 'within 5 seconds';


# The end

my @last = map { $server->hello } 1 .. 20;
subscribe($_, 'news') for @last;

$server->say('stop');
is_deeply [map { failure($_->frame)->[0] // 0 } @last], [(4200) x 20],
          'all are told of the end';
is_deeply [map { $_->closed // 0 } @last], [(4200) x 20], 'and closed';
is $server->end, 0, 'nothing is left behind';

is $slow->end, 0, 'also with sockets that are open';
is $pings->end, 0, 'silent ones too';
is $small->end, 0, 'and by a unix socket';

done_testing;
