package SimRelay::Database;

# A database of a test file's own, made from the migrated and empty
# SIMRELAY_TEST_DATABASE, with the tenancy of t/lib/fixture.sql.  One psql
# stays beside it and runs what it is given.

use strict;
use warnings;

use IPC::Open2;
use Time::HiRes qw(sleep);


my $mark = '-- end of answer --';


sub new {
    my ($class, %args) = @_;

    my $template = $args{template} // $ENV{SIMRELAY_TEST_DATABASE}
        // die "SIMRELAY_TEST_DATABASE is not set\n";

    my $self = bless { template => $template, pid => $$ }, $class;

    ($self->{name}) = "simrelay_test_$$";
    $self->{conninfo} = conninfo($template, $self->{name});

    $self->create;
    $self->run_file('t/lib/fixture.sql');
    $self->sql('set client_min_messages = warning');
    $self->reset;

    return $self;
}


# The conninfo, or URI, of another database of the same server.
sub conninfo {
    my ($conninfo, $name) = @_;

    if ($conninfo =~ m{^(postgres(?:ql)?://[^/?]*)(?:/[^?]*)?(\?.*)?$}) {
        return "$1/$name" . ($2 // '');
    }

    return $conninfo =~ /=/ ? "$conninfo dbname=$name" : "dbname=$name";
}


# The template cannot be copied while somebody is connected to it.
sub create {
    my $self = shift;

    my $from = template_name($self->{template});
    my $out;

    for (1 .. 30) {
        $out = psql(conninfo($self->{template}, 'postgres'),
                    "drop database if exists $self->{name} with (force);"
                    . qq{create database $self->{name} template "$from"});

        return if $out !~ /^(?:psql: )?(?:ERROR|FATAL|error)/m;

        die "$self->{name} cannot be created: $out\n"
            if $out !~ /being accessed by other users/;

        sleep 0.5;
    }

    die "$self->{name} cannot be created: $out\n";
}


sub template_name {
    my $conninfo = shift;

    return psql($conninfo, 'select current_database()') =~ /^(\w+)$/m ? $1
           : die "no connection to SIMRELAY_TEST_DATABASE\n";
}


sub psql {
    my ($conninfo, $sql) = @_;

    open my $in, '-|', 'sh', '-c', 'exec psql -qXAt -d "$0" -f - 2>&1 <<END'
                                   . "\n$sql;\nEND\n", $conninfo
        or die "psql cannot be run: $!\n";

    local $/;
    return <$in> // '';
}


sub run_file {
    my ($self, $file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    $self->sql(join '', <$in>);
}


sub drop {
    my $self = shift;

    return if $self->{pid} != $$;

    $self->close;
    psql(conninfo($self->{template}, 'postgres'),
         "drop database if exists $self->{name} with (force)");
}


sub close {
    my $self = shift;

    return unless $self->{psql};

    close $self->{to};
    close $self->{from};
    waitpid $self->{psql}, 0;
    delete $self->{psql};
}


sub reset {
    my $self = shift;

    $self->sql('select test.reset()');
}


# Runs statements; the rows, a line each, columns with "|" between them.
sub sql {
    my ($self, $sql) = @_;

    if (!$self->{psql}) {
        $self->{psql} = open2($self->{from}, $self->{to}, 'sh', '-c',
                              'exec stdbuf -oL psql -qXAt -d "$0" -f - 2>&1',
                              $self->{conninfo});
        $self->{to}->autoflush(1);
    }

    local $SIG{PIPE} = 'IGNORE';
    print { $self->{to} } "$sql\n;\n\\echo $mark\n";

    my $out = '';

    while (defined(my $line = readline $self->{from})) {
        last if $line eq "$mark\n";
        $out .= $line;
    }

    die "$out\nin: $sql\n" if $out =~ /(?:ERROR|FATAL): /;

    return $out;
}


1;
