package SimRelay::OAuth;

# What the blocks of t/*-oauth-*.t share: the clients of the fixture, the pages
# of console/, and words for what often stands in "steps":
#
#   ask(name=value -name ...)  an authorization request, as a query or a form,
#                              with something else in it, or without
#   code(...)                  ditto, a token request with the code c1
#   refresh(...)               ditto, with the refresh token r1
#   revoke(...)                ditto, a revocation of r1
#   form                       as a header: the body is one
#   page [status]              an answer: the page of errors
#   back [status] error text   ditto: a redirect to the client
#   to login [status] query    ditto: to sign in, and come back
#   error status error text    ditto: an error, as JSON
#   tokens [scope]             ditto: a pair of tokens

use v5.10.1;
use strict;
use warnings;

use Cwd ();
use SimRelay ();
use Test::Nginx::Util ();

my $uri = 'https://app.example/cb';
my $challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

my %requests = (
    ask     => [response_type => 'code', client_id => SimRelay::uuid(1),
                redirect_uri => $uri, code_challenge => $challenge,
                code_challenge_method => 'S256', state => 'xyz'],
    code    => [grant_type => 'authorization_code',
                client_id => SimRelay::uuid(1), code => 'c1',
                redirect_uri => $uri, code_verifier => 'v' x 43],
    refresh => [grant_type => 'refresh_token', client_id => SimRelay::uuid(1),
                refresh_token => 'r1'],
    revoke  => [client_id => SimRelay::uuid(1), token => 'r1'],
);


sub request {
    my ($name, %other) = @_;
    my @fields = @{ $requests{$name} };
    my @pairs;

    for (my $i = 0; $i < @fields; $i += 2) {
        my $field = $fields[$i];

        next if exists $other{"-$field"};
        push @pairs, "$field=" . SimRelay::escape(delete $other{$field}
                                                  // $fields[$i + 1]);
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


SimRelay::vars(challenge => $challenge);

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

    $steps =~ s{\b(ask|code|refresh|revoke)\(([^()]*)\)}
               {request($1, map { /^-/ ? ($_ => 1)
                                  : split /=/, SimRelay::expand($_), 2 }
                            split ' ', $2)}ge;
    $steps =~ s{^error (\d+) (\w+) (.*)$}
               {$1 {"error":"$2","error_description":"$3","message":"$3"}
  < Cache-Control: no-store
  < Pragma: no-cache}gm;
    $steps =~ s{^tokens(?: (.+))?$}
               {'200 {"token_type":"Bearer","expires_in":1296000,'
                . '"access_token":"<token>","refresh_token":"<token>",'
                . '"scope":"' . ($1 // 'mobile:device') . '"}'
                . "\n  < Cache-Control: no-store\n  < Pragma: no-cache"}gme;
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
