#!/usr/bin/perl

# Presence channels, client events, cache channels and signing in, on the
# WebSocket part of simrelayd alone.

use v5.10.1;
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(hmac_sha256_hex);
use JSON::PP;
use Test::More;

use SimRelay::WsServer;

chdir "$FindBin::Bin/.." or die;

my $key = '278d425bdf160c739803';
my $secret = '7ad3773142a6692b25b8';

my $server = SimRelay::WsServer->start();

sub failure {
    my $frame = shift // {};

    return [] unless ($frame->{event} // '') eq 'pusher:error';

    my $data = decode_json($frame->{data});
    return [$data->{code}, $data->{message}];
}

sub auth {
    return "$key:" . hmac_sha256_hex(join(':', @_), $secret);
}

# Subscribes, to a presence channel with data; its answer, without a "data"
# that says nothing.
sub subscribe {
    my ($client, $channel, $data) = @_;

    $client->event('pusher:subscribe', {
        channel => $channel,
        $channel =~ /^p/
            ? (auth => auth($client->{id}, $channel, $data // ())) : (),
        defined $data ? (channel_data => $data) : (),
    });

    return $client->frame // {};
}

sub members {
    my $frame = shift;

    return [$frame->{event}] unless defined $frame->{data};

    my $data = decode_json($frame->{data});
    return $data->{presence} // $data;
}

# Nothing else has come: what is asked for now is next.
sub quiet {
    my $client = shift;

    $client->event('pusher:ping', {});
    return ($client->text // '') eq '{"event":"pusher:pong"}';
}

# An event as a client gets it.
sub event {
    my $frame = shift // {};

    return [map { $frame->{$_} } qw(event channel data user_id)];
}


# Presence

my $room = 'presence-room';
my ($ann, $bob, $carl, $ann2) = map { $server->hello } 1 .. 4;

is_deeply members(subscribe($ann, $room,
                            '{"user_id":10,"user_info":{"name":"Ann"}}')),
          { count => 1, ids => ['10'], hash => { 10 => { name => 'Ann' } } },
          'whoever comes first sees itself';

is_deeply members(subscribe($bob, $room, '{"user_id":"bob"}')),
          { count => 2, ids => ['10', 'bob'],
            hash => { 10 => { name => 'Ann' }, bob => undef } },
          'the next one sees both';

my $frame = $ann->frame;
is_deeply [$frame->{event}, $frame->{channel}, members($frame)],
          ['pusher_internal:member_added', $room,
           { user_id => 'bob', user_info => undef }],
          'and the first is told of it';

is_deeply members(subscribe($ann2, $room, '{"user_id":"10","user_info":1}')),
          { count => 2, ids => ['10', 'bob'],
            hash => { 10 => { name => 'Ann' }, bob => undef } },
          'a second socket of the same person adds nobody';
ok quiet($_), 'of which nobody is told' for $ann, $bob;

is_deeply members(subscribe($ann2, $room, '{"user_id":"other"}'))->{ids},
          ['10', 'bob'], 'a subscription that is there stays as it is';

$ann->event('pusher:unsubscribe', { channel => $room });
ok quiet($ann), 'one of two sockets leaves';
ok quiet($bob), 'of which nobody is told';

undef $ann2;
$frame = $bob->frame;
is_deeply [$frame->{event}, $frame->{channel}, members($frame)],
          ['pusher_internal:member_removed', $room, { user_id => '10' }],
          'the last of a person that goes is told';
ok quiet($bob), 'once';

is_deeply members(subscribe($ann, $room, '{"user_id":10,"user_info":[2]}')),
          { count => 2, ids => ['bob', '10'],
            hash => { 10 => [2], bob => undef } },
          'who comes again has its new info';
is $bob->frame->{event}, 'pusher_internal:member_added', 'and is told of';

for (['nothing', undef], ['no user', '{}'], ['no object', '[]'],
     ['no JSON', '{'], ['null', '{"user_id":null}'],
     ['a list', '{"user_id":[1]}'], ['nobody', '{"user_id":""}'],
     ['half a character', '{"user_id":"\ud800"}'],
     ['too long a name', '{"user_id":"' . 'u' x 129 . '"}'])
{
    my ($name, $data) = @$_;

    is_deeply failure(subscribe($carl, $room, $data)),
              [4200, 'Invalid message format'], "data of $name is invalid";
}

$carl->event('pusher:subscribe', { channel => $room,
                                   channel_data => '{"user_id":"x"}',
                                   auth => auth($carl->{id}, $room) });
is $carl->frame->{event}, 'pusher:subscription_error',
   'so is data that is not signed';

my $info = 'i' x 2046;
is members(subscribe($carl, $room,
                     "{\"user_id\":\"carl\",\"user_info\":\"$info\"}"))
       ->{hash}{carl}, $info, 'an info of 2,048 bytes';
is $_->frame->{event}, 'pusher_internal:member_added', 'of which all are told'
    for $ann, $bob;
$carl->event('pusher:unsubscribe', { channel => $room });
is $_->frame->{event}, 'pusher_internal:member_removed', 'and of its end'
    for $ann, $bob;

my $error = subscribe($carl, $room,
                      "{\"user_id\":\"carl\",\"user_info\":\"i$info\"}");
is $error->{event}, 'pusher:subscription_error', 'one more is too much';
is decode_json($error->{data})->{type}, 'LimitReached', 'and it says so';
ok quiet($_), 'nobody is told' for $ann, $bob;

my @many = map { $server->hello } 1 .. 100;
subscribe($many[$_], 'presence-full', "{\"user_id\":$_}") for 0 .. 99;
is decode_json(subscribe($carl, 'presence-full', '{"user_id":100}')->{data})
       ->{type}, 'LimitReached', 'a channel has 100 members';
is members(subscribe($carl, 'presence-full', '{"user_id":7}'))->{count}, 100,
   'and further sockets of theirs';
$_->bye for @many, $carl;
$carl = $server->hello;


# Client events

my $private = 'private-talk';
subscribe($_, $private) for $ann, $bob;

$ann->event('client-typing', { on => 1 }, channel => $private);
is_deeply event($bob->frame),
          ['client-typing', $private, '{"on":1}', undef],
          'an event goes to the others of a private channel';
ok quiet($ann), 'not to whoever sent it';

$ann->event('client-typing', 'plain "text"', channel => $room);
is_deeply event($bob->frame),
          ['client-typing', $room, 'plain "text"', '10'],
          'in a presence channel with who sent it';

for (['null', 'null', undef], ['a list', '[1,{"a":"]"}]', '[1,{"a":"]"}]'],
     ['a number', '7', '7'])
{
    my ($name, $data, $got) = @$_;

    $ann->send("{\"channel\":\"$private\",\"data\":$data,"
               . '"event":"client-a"}');
    is $bob->frame->{data}, $got, "data may be $name";
}

$ann->send("{\"channel\":\"$private\",\"event\":\"client-a\"}");
is_deeply [sort keys %{ $bob->frame }], ['channel', 'event'], 'or not there';

for (['a public one', 'news', 4301,
      'Client events are for private and presence channels.'],
     ['an encrypted one', 'private-encrypted-a', 4301,
      'Client events are for private and presence channels.'],
     ['one that it is not in', 'private-other', 4009,
      'The client is not a member of the specified channel.'])
{
    my ($name, $channel, @error) = @$_;

    subscribe($carl, $channel) unless $channel eq 'private-other';
    $carl->event('client-a', {}, channel => $channel);
    is_deeply failure($carl->frame), \@error, "not in $name";
}

for (['no channel', '{"event":"client-a","data":{}}'],
     ['too long a name', '{"event":"client-' . 'e' x 194
                         . "\",\"channel\":\"$private\",\"data\":{}}"],
     ['half a character',
      "{\"event\":\"client-a\",\"channel\":\"$private\",\"data\":\"\\ud800\"}"])
{
    my ($name, $text) = @$_;

    $ann->send($text);
    is_deeply failure($ann->frame), [4200, 'Invalid message format'],
              "$name is invalid";
}

ok quiet($bob), 'nothing of that came';

$ann->event('pusher:unsubscribe', { channel => $private });
my $fast = $server->hello;
subscribe($fast, $private);
$fast->event('client-n', { n => $_ }, channel => $private) for 1 .. 40;

my ($told, $refused) = (0, 0);
$fast->event('pusher:ping', {});

while (($frame = $fast->frame) && $frame->{event} ne 'pusher:pong') {
    $refused++;
    is_deeply failure($frame),
              [4301, 'Client event rejected due to rate limit'], 'too many'
        if $refused == 1;
}

# 10 in a second, and they may have taken two or more
$bob->event('pusher:ping', {});
$told++ while ($bob->frame // { event => 'pusher:pong' })->{event}
              ne 'pusher:pong';
is $told + $refused, 40, 'each is told or refused';
cmp_ok $refused, '>=', 10, 'many of them';
cmp_ok $told, '>=', 10, '10 are told';
$fast->bye;


# Cache channels

for my $channel (qw(cache-a private-cache-a)) {
    is subscribe($ann, $channel)->{event},
       'pusher_internal:subscription_succeeded', "$channel succeeds";
    is_deeply $ann->frame, { event => 'pusher:cache_miss',
                             channel => $channel }, 'and misses';
}

subscribe($ann, 'presence-cache-a', '{"user_id":1}');
is $ann->frame->{event}, 'pusher:cache_miss', 'so does a presence channel';
subscribe($ann, 'cachet');
ok quiet($ann), 'a name that only begins so has no cache';


# Signing in

sub signin {
    my ($client, $data, $auth) = @_;

    $client->event('pusher:signin', {
        user_data => $data,
        auth => $auth // auth($client->{id}, '', 'user', '', $data),
    });

    return $client->frame // {};
}

my $user = $server->hello;
my $own = '#server-to-user-45678';

is hmac_sha256_hex('123.456::user::{"id":"45678"}', 'tofu'),
   'f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd',
   'the published vector';

is subscribe($user, $own)->{event}, 'pusher:subscription_error',
   'who has not signed in has no channel';
is_deeply failure(signin($user, '{"id":"45678"}', auth('x'))),
          [4009, 'Connection is unauthorized'], 'nor who signs wrong';
is subscribe($user, $own)->{event}, 'pusher:subscription_error',
   'and stays as it is';

for my $data ('{}', '{"id":""}', '{"id":null}', '[]', '{') {
    is_deeply failure(signin($user, $data)),
              [4200, 'Invalid message format'], "$data is invalid";
}

$frame = signin($user, '{"id":"45678","name":"x"}');
is $frame->{event}, 'pusher:signin_success', 'who signs right has signed in';
is decode_json($frame->{data})->{user_data}, '{"id":"45678","name":"x"}',
   'and is told as whom';
is subscribe($user, $own)->{event}, 'pusher_internal:subscription_succeeded',
   'it has its channel';
is subscribe($user, '#server-to-user-4567')->{event},
   'pusher:subscription_error', 'not that of others';
is_deeply $server->ask("send $own e {}"), [1], 'and is sent to';
is_deeply event($user->frame), ['e', $own, '{}', undef], 'by name';

$user->event('client-a', {}, channel => $own);
is failure($user->frame)->[0], 4301, 'but says nothing there';

is signin($user, '{"id":7}')->{event}, 'pusher:signin_success',
   'it signs in as another';
is_deeply $server->ask("has $own"), [0], 'and is no longer the first';
is subscribe($user, '#server-to-user-7')->{event},
   'pusher_internal:subscription_succeeded', 'but that one';


# The end

$_->bye for $ann, $bob, $carl, $user;
is $server->ask_until('count', 0), 0, 'all sockets are gone';
is_deeply $server->ask("has $room"), [0], 'and the channels';

is $server->end, 0, 'it ends';
unlike $server->log, qr/Sanitizer|runtime error/, 'without a complaint';

done_testing;
