package SimRelay::JSON;

# Compares a JSON document with what is expected of it.  A string of the
# expected one may stand for a kind of value:
#   <int>        a positive integer
#   <time>       a time; <time+300>: in so many seconds, give or take five
#   <code>       a verification code
#   <token>      48 letters and digits
#   <login>      a personal token with its id, as a sign-in answers it
#   <key>        an API key
#   <secret>     a webhook secret
#   <claim_code> a code that claims an agent
#   <claim_url>  where a person does so
#   <text>       a string that is not empty
#   <any>        whatever there is
# With a name, <int:lock>, it is the same wherever that name stands.  A member
# "..." allows more members than are named.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use Time::Local qw(timegm);

our @EXPORT_OK = qw(json_same);


my $json = JSON::PP->new->utf8->canonical->pretty->allow_nonref;

my $time = qr/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;


# Both as text: what was got, with what matched put in its place.
sub json_same {
    my ($got, $expected, $names) = @_;

    my $want = eval { $json->decode($expected) };
    die "$@ in the expected: $expected\n" if $@;

    my $is = eval { $json->decode($got) };
    return ($got, $json->encode($want)) if $@;

    return ($json->encode(match($is, $want, $names // {})),
            $json->encode($want));
}


sub match {
    my ($is, $want, $names) = @_;

    if (ref $want eq 'HASH' && ref $is eq 'HASH') {

        my %is = map { ($_ => exists $want->{$_}
                              ? match($is->{$_}, $want->{$_}, $names)
                              : $is->{$_}) }
                     exists $want->{'...'}
                     ? grep { exists $want->{$_} } keys %$is
                     : keys %$is;

        $is{'...'} = $want->{'...'} if exists $want->{'...'};

        return \%is;
    }

    if (ref $want eq 'ARRAY' && ref $is eq 'ARRAY') {
        return [map { $_ < @$want ? match($is->[$_], $want->[$_], $names)
                                  : $is->[$_] } 0 .. $#$is];
    }

    return $is if ref $want || !defined $want
                  || $want !~ /^<(\w+)([+-]\d+)?(?::(\w+))?>$/;

    my ($kind, $offset, $name) = ($1, $2, $3);

    return $is if !is_kind($kind, $offset, $is);
    return $want if !defined $name;

    my $text = $json->encode($is);
    $names->{$name} //= $text;

    return $names->{$name} eq $text ? $want : $is;
}


sub is_kind {
    my ($kind, $offset, $is) = @_;

    return 1 if $kind eq 'any';
    return 0 if !defined $is || ref $is;

    return $json->encode($is) =~ /^[1-9][0-9]*\n$/ if $kind eq 'int';

    # all others are strings

    return 0 if $json->encode($is) !~ /^"/;
    return length $is > 0 if $kind eq 'text';
    return $is =~ /^SR-[A-HJ-NP-Z2-9]{4}$/ if $kind eq 'code';
    return $is =~ /^[A-Za-z0-9]{48}$/ if $kind eq 'token';
    return $is =~ /^\d+\|[A-Za-z0-9]{48}$/ if $kind eq 'login';
    return $is =~ /^sk_live_[A-Za-z0-9]{40}$/ if $kind eq 'key';
    return $is =~ /^[0-9a-f]{64}$/ if $kind eq 'secret';
    return $is =~ /^[A-HJ-NP-Z2-9]{8}$/ if $kind eq 'claim_code';
    return $is =~ m{^https://sms\.example\.com/agents/claim/[0-9a-f-]{36}$}
        if $kind eq 'claim_url';

    die "<$kind> is not known\n" if $kind ne 'time';

    return 0 if $is !~ $time;

    my $at = timegm($6, $5, $4, $3, $2 - 1, $1);

    return !defined $offset || abs($at - time - $offset) <= 5;
}


1;
