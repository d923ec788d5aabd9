package SimRelay::OAuth;

# What the blocks of t/*-oauth-*.t share: the clients of the fixture, the pages
# of console/, and words for what often stands in "steps":
#
#   ask(name=value -name ...)  an authorization request, as a query or a form,
#                              with something else in it, or without
#   form                       as a header: the body is one
#   page [status]              an answer: the page of errors
#   back [status] error text   ditto: a redirect to the client
#   to login [status] query    ditto: to sign in, and come back

use v5.10.1;
use strict;
use warnings;

use Cwd ();
use SimRelay ();
use Test::Nginx::Util ();

my @ask = (response_type => 'code', client_id => SimRelay::uuid(1),
           redirect_uri => 'https://app.example/cb',
           code_challenge => 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
           code_challenge_method => 'S256', state => 'xyz');


sub ask {
    my %other = @_;
    my @pairs;

    for (my $i = 0; $i < @ask; $i += 2) {
        next if exists $other{"-$ask[$i]"};
        push @pairs, "$ask[$i]=" . SimRelay::escape(delete $other{$ask[$i]}
                                                    // $ask[$i + 1]);
    }

    push @pairs, map { "$_=" . SimRelay::escape($other{$_}) }
                 grep { !/^-/ } sort keys %other;

    return join '&', @pairs;
}


sub back {
    my ($code, $error, $text) = @_;

    return "$code\n  < Location: https://app.example/cb?error=$error"
           . '&error_description=' . SimRelay::escape($text)
           . '&state=xyz&iss=https%3A%2F%2Fsms.example.com';
}


SimRelay::vars(challenge => $ask[7]);

Test::Nginx::Util::add_block_preprocessor(sub {
    my $block = shift;
    my $root = Cwd::abs_path('.');

    $block->set_value(more_config => ($block->more_config // '') . <<"EOT");
    location ^~ /console/ {
        internal;
        root $root;
        types { text/html html; }
    }
EOT

    $block->set_value(sql => "select test.clients();\n" . ($block->sql // ''));

    my $steps = $block->steps;

    $steps =~ s{ask\(([^()]*)\)}
               {ask(map { /^-/ ? ($_ => 1) : split /=/, SimRelay::expand($_), 2 }
                    split ' ', $1)}ge;
    $steps =~ s{^page(?: (\d+))?$}
               {($1 // 400) . "\n  < Content-Type: text/html"
                . "\n  < X-Frame-Options: DENY\n  < ! Location"
                . "\n  < Cache-Control: no-store"}gme;
    $steps =~ s{^back(?: (\d+))? (\w+) (.*)$}{back($1 // 302, $2, $3)}gme;
    $steps =~ s{^  form$}
               {  > Content-Type: application/x-www-form-urlencoded}gm;
    $steps =~ s{^to login(?: (\d+))? (.*)$}
               {($1 // 302) . "\n  < Location: /login?return_to="
                . SimRelay::escape("/oauth/authorize?$2")}gme;

    $block->set_value(steps => $steps);
});


1;
