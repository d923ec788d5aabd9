# The variables for nginx's logs: who called, as whom, by which route, and the
# database's time.

use lib 't/lib';
use SimRelay;

use Time::HiRes ();

# What an access log has of the block's requests, a line each; a time that the
# database took is N.
add_response_body_check(sub {
    my ($block, $body, $i, $repeated, $dry_run) = @_;

    my $requests = ref $block->request ? @{ $block->request } : 1;

    return if $dry_run || $i < $requests - 1;

    my $file = "$Test::Nginx::Util::ServRoot/logs/variables.log";
    my $got = '';

    # a line is written after its answer was sent

    for (1 .. 500) {
        $got = slurp($file);
        last if $got =~ tr/\n// >= $requests;
        Time::HiRes::sleep(0.01);
    }

    truncate $file, 0;

    if (defined $block->logged_like) {
        chomp(my $like = $block->logged_like);
        like($got, qr/$like/, $block->name . ' - the log');
        return;
    }

    $got =~ s/\b(?!0\.0{6})\d\.\d{6}$/N/mg;

    is($got, $block->logged, $block->name . ' - the log');
});


sub slurp {
    open my $in, '<', shift or return '';
    local $/;
    return <$in> // '';
}


$SimRelay::HttpConfig .= <<'END';
    log_format variables '$status $simrelay_principal_kind '
                         '$simrelay_principal_id $simrelay_organization_id '
                         '$simrelay_route $simrelay_database_time';

    # but for the harness's own look whether the database is there
    map $args $asked {
        ready    0;
        default  1;
    }
END

$SimRelay::Config .= <<'END';
    access_log logs/variables.log variables if=$asked;
END


repeat_each(2);
plan tests => repeat_each() * 107;

run_tests();

__DATA__

=== TEST 1: credentials of each kind are told apart
--- steps
ann GET /api/user
200

ann-phone GET /api/user
200

key GET /api/user
200

--- logged
200 token 1 1 /api/user N
200 oauth 1 1 /api/user N
200 api_key 550 1 /api/user N



=== TEST 2: the organization is the one that the caller acts in
--- steps
bob GET /api/sims
200

dua GET /api/sims
200

key-bolt GET /api/sims
200

eve GET /api/sims
200

--- logged
200 token 5 2 /api/sims N
200 token 6 1 /api/sims N
200 api_key 556 2 /api/sims N
200 token 7 0 /api/sims N



=== TEST 3: the route is the row of the table, whatever the path
--- steps
ann GET /api/sims/101/lock
200

ann POST /api/sims/101/lock
200

ann GET /api/sims/102/messages?per_page=1
200

ann-phone POST /api/byos/devices/201/heartbeat {}
200

--- logged
200 token 1 1 /api/sims/{hosted_sim:id}/lock N
200 token 1 1 /api/sims/{hosted_sim:id}/lock N
200 token 1 1 /api/sims/{hosted_sim:id}/messages N
200 oauth 1 1 /api/byos/devices/{device:id}/heartbeat N



=== TEST 4: who was refused for what he may not is known
--- steps
key-none GET /api/sims
403

ann POST /api/byos/devices {}
403

ann-scoped GET /api/sims/101/messages
403

--- logged
403 api_key 552 1 /api/sims N
403 token 1 1 /api/byos/devices N
403 oauth 1 1 /api/sims/{hosted_sim:id}/messages N



=== TEST 5: who is not known has no principal
--- steps
- GET /api/sims
401

nobody GET /api/sims
401

expired GET /api/sims
401

zed GET /api/sims
401

--- logged
401 - - - /api/sims 0.000000
401 - - - /api/sims N
401 - - - /api/sims N
401 - - - /api/sims N



=== TEST 6: an object that is not there, and input that is not right
--- steps
ann GET /api/sims/999/lock
404

ann GET /api/sims/104/lock
404

ann-phone POST /api/byos/devices/201/sms {}
422

ann GET /api/sims/101/messages?per_page=0
422

ann-phone POST /api/byos/devices/201/sms {"from
400

--- logged
404 token 1 1 /api/sims/{hosted_sim:id}/lock N
404 token 1 1 /api/sims/{hosted_sim:id}/lock N
422 oauth 1 1 /api/byos/devices/{device:id}/sms N
422 token 1 1 /api/sims/{hosted_sim:id}/messages N
400 - - - /api/byos/devices/{device:id}/sms 0.000000



=== TEST 7: a path without a route has nothing
--- steps
ann GET /api/nothing
404

ann DELETE /api/sims
405

ann GET /elsewhere
404

- GET /statistics
200

--- more_config
    location /elsewhere {
        return 404;
    }

    location = /statistics {
        simrelay_status;
    }

--- logged
404 - - - - -
405 - - - - -
404 - - - - -
200 - - - - -



=== TEST 8: health asks nobody
--- steps
- GET /api/health
200

ann GET /api/health
200

--- logged
200 - - - /api/health 0.000000
200 - - - /api/health 0.000000



=== TEST 9: what nginx refuses itself has no route
--- steps
ann-phone POST /api/byos/devices/201/sms {{a*200}}
413

--- more_config
    location = /api/byos/devices/201/sms {
        client_max_body_size 100;
        simrelay;
    }

--- logged
413 - - - - -
--- error_log
too large body



=== TEST 10: a database that is away took no time
--- http_config
    simrelay_database "host=127.0.0.1 port=1 dbname=none user=none";
--- steps
ann GET /api/sims
503

ann-phone POST /api/byos/devices/201/heartbeat {}
503

--- logged
503 - - - /api/sims 0.000000
503 - - - /api/byos/devices/{device:id}/heartbeat 0.000000
--- no_error_log
[alert]



=== TEST 11: a time is in seconds, and holds what the database waited for
--- sql
create or replace function test.slow() returns trigger language plpgsql
as $$ begin perform pg_sleep(1.2); return new; end $$;

create or replace trigger slow before insert on device_submits
for each row execute function test.slow()
--- steps
ann-phone POST /api/byos/devices/201/sms {"from":"x","body":"b","message_id":"{{uuid1}}"}
202
sql drop trigger slow on device_submits

--- logged_like
^202 oauth 1 1 /api/byos/devices/\{device:id\}/sms [1-4]\.\d{6}$
--- timeout: 10
