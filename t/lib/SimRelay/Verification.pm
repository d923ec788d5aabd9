package SimRelay::Verification;

# SMS to the verification number.  A line "sms [Field=value ...] +1555 SM1 text"
# of the section "steps" is Twilio's call about that SMS, signed: who sent it,
# its id, what it says.  {{card}} asks how the card 305 and its phone are.

use v5.10.1;
use strict;
use warnings;

use SimRelay ();

my $line = qr/^sms (?:\[(.*?)\] )?(\S+) (\S+)(?: (.*))?$/m;
my $calls = 0;


sub sms {
    my ($fields, $from, $sid, $text) = @_;

    my %form = (From => $from, MessageSid => $sid, Body => $text // '',
                map { /(\w+)=(.*)/ } split ' ', $fields // '');

    $_ = SimRelay::expand($_) for values %form;
    SimRelay::twilio('call' . ++$calls, %form);

    return "- POST /api/webhooks/twilio/sms {{call$calls}}\n"
           . "  > X-Twilio-Signature: {{call${calls}_sign}}\n"
           . '  > Content-Type: application/x-www-form-urlencoded';
}


Test::Nginx::Socket::add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => $block->steps =~ s/$line/sms($1, $2, $3, $4)/ger)
        if defined $block->steps;
});


SimRelay::vars(
    card => q{select c.status, c.phone_number, c.number_verified, h.number,
                     d.status
                from sim_cards c
                join devices d on d.id = c.device_id
                left join hosted_sims h on h.id = c.hosted_sim_id
               where c.id = 305},
);


1;
