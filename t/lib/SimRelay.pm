package SimRelay;

# What every block of t/*.t shares: the server under test and its database,
# which begins each repetition of a block anew (t/lib/fixture.sql).
#
# Sections beside those of Test::Nginx:
#   as          whose token the request carries; of a session (ann-session) its
#               cookie, and what a page of ours sends with it
#   json        the body that is expected, as SimRelay::JSON compares it
#   without     directives that the block goes without
#   more_config stands in the server beside what is shipped
#   sql         runs before the block
#   rows        "query => rows", a line each, compared after the block
#   steps       several requests in turn, each with its answer:
#
#       ann POST /api/sims/101/lock {"a":1}     who (- for nobody), request
#         > Header: value                       its headers
#       200 {"status":"locked", ...}            status, the body's JSON, or
#                                               "~" and its text
#         < Header: value                       headers; "! Name" for none
#         <~ Header: regex                      a line of the headers as sent
#       sql update ...                          between two requests
#       row select ... => 1                     ditto, compared
#
# What is indented otherwise continues its line.  In all of them {{now-60}} is
# a time, {{x00}} a byte, {{a*1600}} so many of them, {{uuid7}} a UUID,
# {{token:ann}} a token, {{csrf:ann-session}} the token of a session's forms,
# {{name}} what vars() was given.

use v5.10.1;

BEGIN {
    # nginx begins anew only where its configuration is another
    $ENV{TEST_NGINX_FORCE_RESTART_ON_TEST} //= 0;
    $ENV{TEST_NGINX_SLEEP} //= 0.002;
    $ENV{TEST_NGINX_LOG_LEVEL} //= 'info';
}

use Test::Nginx::Socket -Base;

use Cwd ();
use Digest::SHA ();
use POSIX ();
use SimRelay::Database;
use SimRelay::JSON qw(json_same);

our @EXPORT = (@Test::Nginx::Socket::EXPORT,
               qw(token uuid expand db vars twilio
                  twilio_sign));

our $Db;
our %Vars;

my $names;
my $ready = '';


sub db () {
    $Db //= SimRelay::Database->new;
}

add_cleanup_handler(sub { $Db->drop if $Db });


# The plain text of a credential of the fixture.
sub token ($) {
    my $name = shift;

    (my $text = $name) =~ s/-//g;

    return $name =~ /^key/ ? 'sk_live_' . substr($text . '0' x 32, 0, 32)
                           : substr($text . '0' x 48, 0, 48);
}


# What a page of ours sends with a session's unsafe requests.
sub csrf ($) {
    Digest::SHA::hmac_sha256_hex('csrf', token shift);
}


# The headers by which a request shows it; a session is a browser's, on a page
# of ours.
sub credential ($) {
    my $name = shift;

    return '' if $name eq '-';

    my $token = token $name;

    return "Authorization: Bearer $token\n" if $name !~ /-session$/;

    return "Cookie: __Host-simrelay_session=$token\n"
           . "Origin: https://sms.example.com\n"
           . 'X-CSRF-Token: ' . csrf($name) . "\n";
}


sub uuid ($) {
    sprintf '00000000-0000-4000-8000-%012d', shift;
}


sub expand ($) {
    my $text = shift;

    return $text if !defined $text || ref $text;

    $text =~ s/\{\{now(?:([+-]\d+))?\}\}/time_text(time + ($1 \/\/ 0))/ge;
    $text =~ s/\{\{x([0-9A-F]{2})\}\}/chr hex $1/ge;
    $text =~ s/\{\{uuid(\d+)\}\}/uuid $1/ge;
    $text =~ s/\{\{token:([\w-]+)\}\}/token $1/ge;
    $text =~ s/\{\{csrf:([\w-]+)\}\}/csrf $1/ge;
    $text =~ s/\{\{(.+?)\*(\d+)\}\}/$1 x $2/ge;
    $text =~ s/\{\{(\w+)\}\}/$Vars{$1} \/\/ die "{{$1}} is not known\n"/ge;

    return $text;
}


sub time_text ($) {
    POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime shift);
}


sub vars (%) {
    %Vars = (%Vars, @_);
}


# X-Twilio-Signature of a form: HMAC-SHA1 of the URL and its sorted fields.
sub twilio_sign ($$%) {
    my ($token, $url, %form) = @_;

    my $text = join '', $url, map { $_ . $form{$_} } sort keys %form;
    my $sign = Digest::SHA::hmac_sha1_base64($text, $token);

    return $sign . '=' x (-length($sign) % 4);
}


# A form of Twilio's as {{name}}, its signature as {{name_sign}}.
sub twilio ($%) {
    my ($name, %form) = @_;

    %form = (AccountSid => 'AC1', To => '+15550001111', %form);

    vars($name => join('&', map { "$_=" . escape($form{$_}) } sort keys %form),
         "${name}_sign" => twilio_sign('secret',
             'https://sms.example.com/api/webhooks/twilio/sms', %form));
}


sub escape ($) {
    return shift =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger;
}


our $HttpConfig = <<'END';
    simrelay_database "$conninfo";
    simrelay_database_connections reads=1 writes=2;
    simrelay_public_url https://sms.example.com;
    simrelay_key_file $keys;
    simrelay_pusher key=278d425bdf160c739803 secret=7ad3773142a6692b25b8;
    simrelay_twilio account=AC1 token=secret number=+15550001111;
    simrelay_cors_origin https://ext.example chrome-extension://abc;
    limit_req_zone $binary_remote_addr zone=simrelay_anonymous:1m rate=9999r/s;
END

# what is shipped
our $Config = '    include ' . Cwd::abs_path('conf/simrelay.conf') . ";\n";


add_block_preprocessor(sub {
    my $block = shift;

    no_long_string();

    my $http = $block->http_config // '';
    my $conninfo = db->{conninfo};
    my $shared = $HttpConfig;

    # what a block sets itself, or goes without, is not shared

    for my $name ($http =~ /^\s*(simrelay_\w+)/mg,
                  split ' ', $block->without // '')
    {
        $shared =~ s/^\s*$name .*\n//mg;
    }

    $shared =~ s/\$conninfo/$conninfo/;
    $shared =~ s/\$keys/$ENV{SIMRELAY_TEST_DIR}\/etc\/keys/;
    $block->set_value(http_config => "$shared$http");

    # nginx is started anew where the text of "config" differs

    my $config = $block->config // $Config;
    $config = $Config . $block->more_config if defined $block->more_config;
    $config .= join '', map { "    # $_\n" } split /\n/, $shared . $http;
    $block->set_value(config => $config);

    # nginx ends its threads one by one, which takes a while of many

    $block->set_value(main_config => 'thread_pool default threads=2;')
        unless defined $block->main_config;

    steps($block) if defined $block->steps;

    if (defined $block->as) {
        $block->set_value(more_headers => credential($block->as =~ s/\s+//gr)
            . ($block->more_headers // ''));
    }

    for my $section (qw(request more_headers response_body raw_request)) {
        my $value = $block->$section;
        next unless defined $value;

        $block->set_value($section => ref $value eq 'ARRAY'
            ? [map { expand $_ } @$value] : expand $value);
    }

    $block->set_value(no_error_log => "[alert]\n[error]")
        unless defined $block->no_error_log || defined $block->error_log;
});


# Makes requests and their answers of the section "steps".
sub steps ($) {
    my $block = shift;

    my (@requests, @headers, @codes, @bodies, @expected, @raw, @after);

    for (split /\n(?!\s)/, expand $block->steps =~ s/\s+\z//r) {
        my ($line, @more) = split /\n\s*(?=(?:>|<~?) )/, s/\s+\z//r;
        my %more = ('>' => '', '<' => '', '<~' => '');

        for (@more) {
            /^(>|<~?) (.*)$/s or die "$_ is no header\n";
            $more{$1} .= $1 eq '<~' ? "(?=.*^$2(?:\r\n|\\z))" : "$2\n";
        }

        next if !defined $line;

        if ($line =~ /^(sql|row) (.*)$/s) {
            push @{ $after[@codes] }, [$1, $2];

        } elsif ($line =~ /^([\w-]+) ([A-Z]+ \S+)(?:\s+(.*))?$/s) {
            push @requests, $2 . (defined $3 ? "\n$3" : '');
            push @headers, credential($1) . $more{'>'};

        } elsif ($line =~ /^(\d{3})(?:\s+(.*))?$/s) {
            push @codes, $1;
            push @bodies, $2;
            push @expected, $more{'<'};
            push @raw, '(?m)' . $more{'<~'};

        } elsif ($line =~ /\S/) {
            die "$line: neither request nor answer\n";
        }
    }

    die $block->name . ": requests without answers\n" if @requests != @codes;

    $block->set_value(request => \@requests);
    $block->set_value(more_headers => \@headers);
    $block->set_value(error_code => \@codes);
    $block->set_value(response_headers => \@expected)
        if grep { $_ ne '' } @expected;
    $block->set_value(raw_response_headers_like => \@raw)
        if grep { $_ ne '(?m)' } @raw;
    $block->set_value(step_bodies => \@bodies);
    $block->set_value(step_after => \@after);
}


# Runs, or compares, what stands between two requests.
sub between ($$) {
    my ($block, $after) = @_;

    for (@{ $after // [] }) {
        my ($what, $text) = @$_;

        if ($what eq 'sql') {
            db->sql($text);
            next;
        }

        my ($query, $rows) = split /\s=>\s*/, $text, 2;
        my $got = db->sql($query) =~ s/\n\z//r =~ s/\n/ /gr;

        Test::More::is($got, $rows,
                       $block->name . ' - ' . $query =~ s/\s+/ /gr);
    }
}


# The section "json", or the answer of a step.
add_response_body_check(sub {
    my ($block, $body, $i, $repeated, $dry_run) = @_;

    my $expected = $block->step_bodies ? $block->step_bodies->[$i]
                                       : expand $block->json;
    my @rows;

    if (!$block->request || !ref $block->request
        || $i == $#{ $block->request })
    {
        @rows = map { ['row', $_] } grep { /\S/ }
                split /\n(?!\s)/, expand $block->rows // '';
    }

    if ($dry_run) {
        return;
    }

    if (defined $expected && $expected =~ /^~ (.*)/s) {
        Test::More::is($body, $1, $block->name . " - body of answer $i");

    } elsif (defined $expected) {
        my ($got, $want) = json_same($body // '', $expected, $names);
        Test::More::is($got, $want, $block->name . " - body of answer $i");
    }

    between($block, $block->step_after->[$i + 1]) if $block->step_after;
    between($block, \@rows);
});


# A nginx that has just begun knows no database yet.
sub ready ($) {
    my $block = shift;

    my $pid = Test::Nginx::Util::get_pid_from_pidfile($block->name);

    return if $pid eq $ready || $block->http_config =~ /port=1 /;

    for (1 .. 100) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                           PeerPort => server_port);

        if ($socket) {
            print $socket "GET /api/health?ready HTTP/1.0\r\n\r\n";
            last if (<$socket> // '') !~ / 503 /;
        }

        select undef, undef, undef, 0.01;
    }

    $ready = $pid;
}


# Each repetition begins with the fixture; what a block before it logged is
# not looked at again.
my $helper = $Test::Nginx::Util::RunTestHelper;

$Test::Nginx::Util::RunTestHelper = sub ($$) {
    my ($block, $dry_run, $repeated) = @_;

    $names = {};
    ready($block);

    truncate $Test::Nginx::Util::ErrLogFile, 0;
    $Test::Nginx::Util::ErrLogFilePos = 0;

    db->reset;
    db->sql(expand $block->sql) if defined $block->sql;
    between($block, $block->step_after->[0]) if $block->step_after;

    return $helper->($block, $dry_run, $repeated);
};


1;
