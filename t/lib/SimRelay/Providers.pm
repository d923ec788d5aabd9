package SimRelay::Providers;

# Calls of providers: their accounts in the database, and requests that are
# signed as seven.io and Twilio sign theirs.  "call name" in the section
# "steps" is that request; "received" and "empty" are the answers of the two.

use v5.10.1;
use strict;
use warnings;

use Digest::MD5 ();
use Digest::SHA ();
use Exporter 'import';
use JSON::PP ();
use SimRelay ();

our @EXPORT = qw(accounts calls seven seven_sms seven_without
                 twilio_call SEVEN_AT);

use constant URL => 'https://sms.example.com';

# when seven.io has received an SMS, unless it says otherwise
use constant SEVEN_AT => time - 100;

my %calls;
my $json = JSON::PP->new->canonical;
my $nonce = 0;


# Secrets as the tests' key file seals them, in hex: (context, text, ...).
sub sealed {
    my @texts = @_;

    open my $node, '-|', 'node', '-e', <<'END', @texts or die "node: $!\n";
        const crypto = require('crypto');
        const fs = require('fs');
        const file = `${process.env.SIMRELAY_TEST_DIR}/etc/keys`;
        const [, id, key] = /^([0-9]+) ([0-9a-f]+)/m
                                .exec(fs.readFileSync(file, 'utf8'));
        const texts = process.argv.slice(1);

        for (let i = 0; i < texts.length; i += 2) {
            const nonce = crypto.randomBytes(12);
            const c = crypto.createCipheriv('aes-256-gcm',
                                            Buffer.from(key, 'hex'), nonce);
            c.setAAD(Buffer.from(texts[i]));
            console.log(Buffer.concat([Buffer.from([id]), nonce,
                                       c.update(texts[i + 1]), c.final(),
                                       c.getAuthTag()]).toString('hex'));
        }
END

    chomp(my @hex = <$node>);
    close $node or die "node failed\n";

    return @hex;
}


# {{accounts}}: at seven.io "main", "other", "off" (disabled) and "mute", which
# signs nothing; at Twilio AC2 and AC3 (disabled).  Each secret is the name
# with "sign-" before it.  SIM 101 is of main, 104 of other, 102 of AC2.
sub accounts () {
    my @hex = sealed(map { ($_->[0], "sign-$_->[1]") }
                     ['provider_signing', 'main'],
                     ['provider_signing', 'other'],
                     ['provider_signing', 'off'],
                     ['provider_key', 'AC2'], ['provider_key', 'AC3']);

    SimRelay::vars(accounts => <<"END");
insert into provider_accounts (provider, name, api_key, signing_secret,
                               disabled_at)
values ('seven', 'mute', '\\x01', null, null),
       ('seven', 'main', '\\x01', '\\x$hex[0]', null),
       ('seven', 'other', '\\x01', '\\x$hex[1]', null),
       ('seven', 'off', '\\x01', '\\x$hex[2]', now()),
       ('twilio', 'AC2', '\\x$hex[3]', null, null),
       ('twilio', 'AC3', '\\x$hex[4]', null, now());
update hosted_sims
   set provider_account = case id when 101 then 'main' when 104 then 'other'
                                  else 'AC2' end
 where id in (101, 102, 104);
END
}


# A webhook of seven.io's.  data: an SMS or, with "status" in it, a report.
# Options: account (main), event, body (instead of data), form (1), query,
# url (that is signed), at (seconds from now), nonce, and the headers
# timestamp, sign, instead of what is right.
sub seven ($%) {
    my ($name, %o) = @_;

    my $data = $o{data} // {};
    my $event = $o{event} // (exists $data->{status} ? 'dlr' : 'sms_mo');
    my $target = '/api/webhooks/seven' . ($o{query} // '');
    my $at = time + ($o{at} // 0);
    my $body = $o{body};

    my $unique = sprintf '%032d', ++$nonce;

    if (!defined $body && $o{form}) {
        my %form = (webhook_event => $event,
                    map { ("data[$_]" => $data->{$_}) } keys %$data);
        $body = form(%form);

    } elsif (!defined $body) {
        $body = $json->encode({ data => $data, webhook_event => $event,
                                webhook_timestamp => '2020-12-02 11:55:44' });
    }

    my $text = join "\n", $at, $o{nonce} // $unique, 'POST',
        $o{url} // URL . $target, Digest::MD5::md5_hex($body);

    $calls{$name} = [$target, $body,
        'Content-Type: ' . ($o{form} ? 'application/x-www-form-urlencoded'
                                     : 'application/json'),
        'X-Timestamp: ' . ($o{timestamp} // $at),
        'X-Nonce: ' . ($o{nonce} // $unique),
        'X-Signature: ' . ($o{sign}
            // Digest::SHA::hmac_sha256_hex($text,
                                            'sign-' . ($o{account} // 'main'))),
    ];
}


# The same of an SMS for SIM 101, whose id is the name of the call.
sub seven_sms ($;$%) {
    my ($name, $data, %o) = @_;

    seven $name, %o, data => { id => $name, system => '15551230101',
                               sender => '4915112345678', text => 'Hello',
                               time => SEVEN_AT . '', message_type => 'SMS',
                               %{ $data // {} } };
}


# An SMS that lacks some of its fields.
sub seven_without ($@) {
    my ($name, @names) = @_;

    my %data = (id => $name, system => '15551230101', sender => 'Bank',
                text => 'Hello', time => SEVEN_AT . '');
    delete @data{@names};

    seven $name, data => \%data;
}


# A call of Twilio's to a path below /api/webhooks/twilio/.
sub twilio_call ($$%) {
    my ($name, $path, %form) = @_;

    my $target = "/api/webhooks/twilio/$path";
    my $token = delete $form{token};

    %form = (AccountSid => 'AC1', %form);
    $token //= $form{AccountSid} eq 'AC1' ? 'secret'
                                          : "sign-$form{AccountSid}";

    $calls{$name} = [$target, form(%form),
        'Content-Type: application/x-www-form-urlencoded',
        'X-Twilio-Signature: '
            . SimRelay::twilio_sign($token, URL . $target, %form),
    ];
}


sub form (%) {
    my %form = @_;

    return join '&', map {
        SimRelay::escape($_) . '=' . SimRelay::escape($form{$_})
    } sort keys %form;
}


# Steps with their calls put in.  "call name but X-Nonce: x" has that header
# instead of the right one, "call name but X-Nonce" goes without it.
sub calls ($) {
    my $steps = shift;

    $steps =~ s{^call (\w+)(?: but ([\w-]+)(?:: (.*))?)?$}
               {step($1, $2, $3)}gme;
    $steps =~ s{^received$}{200 {"message":"Webhook received."}}gm;
    $steps =~ s{^empty$}{200 ~ <Response/>\n  < Content-Type: text/xml}gm;

    return $steps;
}


sub step {
    my ($name, $header, $value) = @_;

    my ($target, $body, @headers) = @{ $calls{$name} // die "no call $name\n" };

    if (defined $header) {
        @headers = grep { index($_, "$header:") != 0 } @headers;
        push @headers, "$header: $value" if defined $value;
    }

    return join "\n  > ", "- POST $target " . protect($body), @headers;
}


# A body goes through as it is, whatever is in it.
my $bodies = 0;

sub protect {
    my $name = 'body' . ++$bodies;

    SimRelay::vars($name => shift);

    return "{{$name}}";
}


1;
