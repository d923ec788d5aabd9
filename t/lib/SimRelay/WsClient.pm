package SimRelay::WsClient;

# A WebSocket client (RFC 6455) that may also break the rules.

use v5.10.1;
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use IO::Select;
use JSON::PP;
use Time::HiRes qw(time);

my $nonce = 'dGhlIHNhbXBsZSBub25jZQ==';
my $accept = sha1_base64($nonce . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';
my $patience = 10;

sub new {
    my ($class, $socket) = @_;

    die "no connection: $!" unless $socket;

    return bless { socket => $socket, in => '' }, $class;
}

sub upgrade {
    my ($self, $path, $headers) = @_;

    $self->write("GET $path HTTP/1.1\r\nHost: localhost\r\n"
                 . "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                 . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: $nonce\r\n"
                 . "$headers\r\n");

    $self->fill while !$self->{over} && $self->{in} !~ /\r\n\r\n/;

    $self->{in} =~ s/^(.*?\r\n\r\n)//s or die 'no answer to the handshake';
    my $answer = $1;

    die "no upgrade: $answer"
        unless $answer =~ m{^HTTP/1.1 101 }
            && $answer =~ /^Sec-WebSocket-Accept: \Q$accept\E\r$/mi
            && $answer !~ /^Sec-WebSocket-Extensions/mi;
}

# Takes the greeting and keeps what it says.
sub greeted {
    my $self = shift;
    my $frame = $self->frame // {};

    $self->{event} = $frame->{event} // '';
    $self->{id} = decode_json($frame->{data} // '{}')->{socket_id};
}

sub write {
    my ($self, $bytes) = @_;

    # the other side may have had enough of it
    local $SIG{PIPE} = 'IGNORE';

    while (length $bytes) {
        my $n = syswrite $self->{socket}, $bytes;
        last unless $n;
        substr($bytes, 0, $n) = '';
    }
}

# Sends a masked frame.
sub send {
    my ($self, $data, %how) = @_;
    my $len = length $data;
    my $mask = pack 'N', 0x12345678;
    my $head = pack 'C', ($how{fin} // 1) << 7 | ($how{opcode} // 1);

    $head .= $len < 126 ? pack('C', 128 | $len)
           : $len < 65536 ? pack('Cn', 254, $len)
           : pack('CQ>', 255, $len);

    my $key = substr $mask x ($len / 4 + 1), 0, $len;
    $self->write($head . $mask . ($data ^ $key));
}

sub event {
    my ($self, $event, $data, %more) = @_;

    $self->send(encode_json({ event => $event, data => $data, %more }));
}

# Reads what there is; the end, or 10 s without anything, sets "over".  With a
# time to wait, silence does not.
sub fill {
    my ($self, $wait) = @_;

    if (!IO::Select->new($self->{socket})->can_read($wait // $patience)) {
        $self->{over} = 1 unless defined $wait;
        return;
    }

    my $n = sysread $self->{socket}, $self->{in}, 65536, length $self->{in};
    $self->{over} = 1 unless $n;
}

# The next frame as [opcode, payload], or undef at the end.
sub any {
    my $self = shift;

    while (1) {
        if ($self->{in} =~ /^(.)(.)/s) {
            my ($op, $len) = (ord($1) & 15, ord($2));
            my $head = $len == 127 ? 10 : $len == 126 ? 4 : 2;

            if (length $self->{in} >= $head) {
                $len = unpack 'x2n', $self->{in} if $len == 126;
                $len = unpack 'x2Q>', $self->{in} if $len == 127;

                if (length $self->{in} >= $head + $len) {
                    my $data = substr $self->{in}, $head, $len;
                    substr($self->{in}, 0, $head + $len) = '';
                    return [$op, $data];
                }
            }
        }

        return if $self->{over};
        $self->fill;
    }
}

# The text of the next frame, if it is one.
sub text {
    my $frame = shift->any;

    return $frame && $frame->[0] == 1 ? $frame->[1] : undef;
}

sub frame {
    my $text = shift->text;

    return defined $text ? decode_json($text) : undef;
}

# The code that the other side closes by, whatever comes before; it is answered.
sub closed {
    my $self = shift;

    while (my $frame = $self->any) {
        next unless $frame->[0] == 8;
        $self->send($frame->[1], opcode => 8);
        return length $frame->[1] >= 2 ? unpack 'n', $frame->[1] : 0;
    }

    return;
}

# All bytes until the end.
sub rest {
    my $self = shift;

    $self->fill until $self->{over};
    return $self->{in};
}

sub bye {
    close shift->{socket};
}

1;
