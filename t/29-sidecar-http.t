#!/usr/bin/perl

# What simrelayd's HTTP does, whoever answers: t/unit/ws_server.c has two rows
# of its own, at conf.control.

use v5.10.1;
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use Test::More;

use SimRelay::WsServer;

chdir "$FindBin::Bin/.." or die;

my $dir = tempdir(CLEANUP => 1);
# whoever is refused early may still write
$SIG{PIPE} = 'IGNORE';

my $path = "$dir/control";
my $server = SimRelay::WsServer->start(control => "unix:$path");

sub connected {
    return IO::Socket::UNIX->new(Peer => $path) // die "$path: $!";
}

# One after the other by one connection; the last answer: [status, header,
# body].
sub talk {
    my $socket = connected();
    my @answers;

    for (@_) {
        print $socket $_;

        local $/ = "\r\n\r\n";
        my $head = readline($socket) // last;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        my $body = '';

        while (length $body < $length) {
            read $socket, $body, $length - length $body, length $body
                or last;
        }

        push @answers, [$head =~ m{^HTTP/1.1 (\d+)}, $head, $body];
    }

    return $answers[-1];
}

sub post {
    my ($target, $body) = @_;

    return "POST $target HTTP/1.1\r\nHost: x\r\nContent-Length: "
           . length($body) . "\r\n\r\n$body";
}

sub seconds {
    my ($user, $system)
        = (split ' ', do { local (@ARGV, $/) = "/proc/$server->{pid}/stat";
                           <> })[13, 14];

    return ($user + $system) / 100;
}


my $answer = talk(post('/echo/a%20b?n=12&m=1', 'hello'));

is($answer->[0], 200, 'a request is answered');
like($answer->[1], qr{^Content-Type: application/json}m, 'as JSON');
is_deeply(decode_json($answer->[2]),
          { path => '/echo/a b', n => 12, body => 'hello' },
          'its path, arguments and body are told to the handler');

for (['', -1], ['n=', -1], ['n=1x', -1], ['n=-1', -1], ['n=0', 0],
     ['n=9223372036854775807', 9223372036854775807],
     ['n=9223372036854775808', -1])
{
    my $got = talk(post("/echo/x?$_->[0]", ''));

    is(decode_json($got->[2])->{n}, $_->[1], "a number: $_->[0]");
}

my $large = 'x' x 1000000;

$answer = talk(post('/echo/x', $large));
ok($answer && decode_json($answer->[2])->{body} eq $large,
   'a large body and answer');

$answer = talk(post('/echo/x', 'x' x 1048577));
is($answer->[0], 413, 'a body over the limit is refused');

for (['GET', '/echo/x'], ['POST', '/echo'], ['POST', '/echo/'],
     ['PUT', '/echo/x'], ['GET', '/nothing'], ['POST', '/wait'])
{
    is(talk("$_->[0] $_->[1] HTTP/1.1\r\nHost: x\r\n"
            . "Content-Length: 0\r\n\r\n")->[0],
       404, "@$_ is not there");
}

$answer = talk(post('/echo/1', 'one'), post('/echo/2', 'two'));

is(decode_json($answer->[2])->{body}, 'two',
   'a connection serves one request after the other');


# who waits and goes away is noticed, and costs nothing meanwhile

my $socket = connected();

print $socket "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
is(readline($server->{out}), "waits 1\n", 'a request waits');

my $before = seconds();

sleep 2;
cmp_ok(seconds() - $before, '<', 0.5, 'it waits idly');

close $socket;
is(readline($server->{out}), "gone 1\n", 'its client is noticed to go away');

$before = seconds();
sleep 2;
cmp_ok(seconds() - $before, '<', 0.5, 'and that is the end of it');

my $port = $server->{port};
my $open = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") // die;

print $open "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
like(readline($open), qr/ 404 /, 'rows of the control are not at listen');

my $upgrade = talk("GET /app/278d425bdf160c739803?protocol=7 HTTP/1.1\r\n"
                   . "Host: x\r\nUpgrade: websocket\r\n"
                   . "Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
isnt($upgrade ? $upgrade->[0] : 0, 101, 'nor WebSockets at the control');


# its end is not held up by who waits

$socket = connected();
print $socket "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
is(readline($server->{out}), "waits 1\n", 'one more waits');

$server->say('stop');
is(readline($server->{out}), "gone 1\n", 'and ends with the server');
is(waitpid($server->{pid}, 0) && $?, 0, 'which leaves nothing behind');
ok(!-e $path, 'not its socket either');

done_testing;
