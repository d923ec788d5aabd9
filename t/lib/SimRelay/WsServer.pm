package SimRelay::WsServer;

# The WebSocket part of simrelayd in a process of its own, compiled once.

use v5.10.1;
use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Handle;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IPC::Open3;
use Time::HiRes qw(sleep time);

use SimRelay::WsClient;

my $key = '278d425bdf160c739803';
my $sidecar = 'ngx_simrelay_module/sidecar';
my ($dir, $binary);

sub build {
    $dir = tempdir(CLEANUP => 1);
    $binary = $ENV{SIMRELAY_WS_SERVER} and return;

    system("awk -v out=$dir -f sql/embed.awk sql/statements/*.sql"
           . ' sql/migrations/*.sql') == 0
        or die 'the statements cannot be embedded';

    my $sources = join ' ', map { "$sidecar/simrelayd_$_.c" }
                            qw(admit cache channel client http http_args log
                               memory presence pusher subscribe ws ws_in
                               ws_listen ws_out ws_spread);

    my $flags = $ENV{SIMRELAY_TEST_CFLAGS} // '-O1';

    system('${CC:-cc} -std=gnu11 -g -Wall -Wextra -Werror'
           . " -Wno-unused-parameter $flags -I$dir"
           . ' $(pkg-config --cflags libpq libwebsockets libuv)'
           . " -Ingx_simrelay_module/core -Ingx_simrelay_module/pg -I$sidecar"
           . " -o $dir/ws_server t/unit/ws_server.c $sources"
           . ' ngx_simrelay_module/core/*.c'
           . ' $(pkg-config --libs libwebsockets libuv yajl libcrypto'
           . ' libqrencode)') == 0
        or die 'ws_server.c does not compile';

    $binary = "$dir/ws_server";
}

# Starts one; "unix" lets it listen at a unix socket.
sub start {
    my ($class, %conf) = @_;
    my $self = bless { log => '' }, $class;

    build() unless $binary;

    if (delete $conf{unix}) {
        $self->{path} = "$dir/ws.sock";

        # as one that was killed leaves it
        IO::Socket::UNIX->new(Local => $self->{path}, Listen => 1)
            or die "$self->{path}: $!";

        $conf{listen} = "unix:$self->{path}";

    } else {
        my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1,
                                         ReuseAddr => 1);
        $self->{port} = $free->sockport;
        $conf{listen} = "127.0.0.1:$self->{port}";
    }

    $self->{args} = [map { "$_=$conf{$_}" } sort keys %conf];
    $self->run;

    return $self;
}

sub run {
    my $self = shift;

    open $self->{err}, '+>', undef or die;

    $self->{pid} = open3($self->{in}, $self->{out},
                         '>&' . fileno $self->{err},
                         $binary, @{ $self->{args} });

    $self->{in}->autoflush(1);

    my $line = readline $self->{out};
    die 'ws_server does not start: ' . $self->log
        unless defined $line && $line eq "ready\n";
}

# The exit code of another one at the same address.
sub second {
    my $self = shift;

    return system("$binary @{ $self->{args} } </dev/null >/dev/null 2>&1");
}

sub say {
    my ($self, $line) = @_;

    print { $self->{in} } "$line\n";
}

# The numbers that it answers, without the time.
sub ask {
    my ($self, $line) = @_;

    $self->say($line);

    my $answer = readline($self->{out}) // '';
    my (undef, $n) = split ' ', $answer;

    return [$n // -1];
}

# Asks until the answer is as wanted, for 5 seconds.
sub ask_until {
    my ($self, $line, $want) = @_;
    my $n;

    for (1 .. 250) {
        $n = $self->ask($line)->[0];
        return $n if $n == $want;
        sleep 0.02;
    }

    return $n;
}

sub log {
    my $self = shift;

    local $/;
    seek $self->{err}, 0, 0;
    return readline($self->{err}) // '';
}

sub socket {
    my $self = shift;

    return IO::Socket::UNIX->new(Peer => $self->{path}) if $self->{path};
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $self->{port});
}

# Bytes on a connection.
sub raw {
    my ($self, $bytes) = @_;
    my $client = SimRelay::WsClient->new($self->socket);

    $client->write($bytes);
    return $client;
}

# A WebSocket.
sub connect {
    my ($self, $path, $headers) = @_;
    my $client = SimRelay::WsClient->new($self->socket);

    $client->upgrade($path, $headers // '');
    return $client;
}

# One that has been greeted and knows its socket id.
sub hello {
    my $self = shift;
    my $client = $self->connect("/app/$key?protocol=7");

    $client->greeted;
    return $client;
}

# Its exit code, once it has stopped.
sub end {
    my $self = shift;

    close $self->{in};
    waitpid $self->{pid}, 0;

    print STDERR $self->log =~ s/^/# /gmr if $? != 0;

    delete $self->{pid};
    return $?;
}

sub DESTROY {
    my $self = shift;

    return unless $self->{pid};

    local $?;

    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
