use lib 't/lib';
use SimRelay;

repeat_each(1);
plan tests => repeat_each() * 769;


# An SMS for 103, which is Acme's and that of Bolt's Desk: who held the SIM
# when it was received, an hour ago, and who sees it once nobody holds it.
# Acme: Ann (owner), Ada (admin), Max (of Sales), Mia (of no team), keys of
# Ann's and Dua's; Bolt: Bob (owner) and a key; Dua is in both, in Support and
# in Desk.

my @all = qw(ann ada max mia dua bob key key-dua key-bolt ann-phone
             ann-session);

my @cases = (
    ['nobody',                  undef,
     [@all]],
    ['Max, for Sales',          '3, 1, 11, null',
     [qw(ann ada max key key-dua ann-phone ann-session)]],
    ['Ada, for no team',        '2, 1, null, null',
     [qw(ann ada max mia dua key key-dua ann-phone ann-session)]],
    ['Dua, for Support',        '6, 1, 12, null',
     [qw(ann ada dua key key-dua ann-phone ann-session)]],
    ['a key of Ann\'s',         '1, 1, null, 550',
     [qw(ann ada max mia dua key key-dua ann-phone ann-session)]],
    ['Bob, for Desk',           '5, 2, 21, null',
     [qw(bob dua key-bolt)]],
    ['Dua, for Desk',           '6, 2, 21, null',
     [qw(bob dua key-bolt)]],
    ['a key of Bolt\'s',        '5, 2, 21, 556',
     [qw(bob dua key-bolt)]],
);


# Lists, totals, counts and what is after an id say the same, and so they do
# when others have held the SIM since.

sub walk {
    my $steps = '';

    for (@cases) {
        my ($name, $held, $sees) = @$_;
        my %sees = map { $_ => 1 } @$sees;

        # ids begin beyond 1
        $steps .= "sql select test.reset(),\n"
                  . "    setval(pg_get_serial_sequence('messages', 'id'), 9)\n";
        $steps .= "sql select test.hold(103, $held, -4000, -3000)\n"
            if defined $held;
        $steps .= 'ann-phone POST /api/byos/devices/203/sms {"from":"Bank",'
                  . '"body":"1","message_id":"{{uuid1}}",'
                  . qq("received_at":"{{now-3500}}"}\n202\n\n)
                  . "sql select test.hold(103, 4, 1, null, null, -200, -100)\n";

        for my $who (@all) {
            my $n = $sees{$who} // 0;
            my $data = $n ? '[{"text":"1","...":1}]' : '[]';

            $steps .= "$who GET /api/sims/103/messages\n"
                      . qq(200 {"data":$data,"meta":{"total":$n,"...":1},)
                      . qq("...":1}\n\n)
                      . "$who GET /api/sims/103/messages?after_id=1\n"
                      . qq(200 {"data":$data,"meta":{"total":$n,"...":1},)
                      . qq("...":1}\n\n);
        }
    }

    return $steps;
}


run_tests();

__DATA__

=== TEST 1: who held the SIM fixes who sees an SMS, in lists and totals
--- steps eval
main::walk()



=== TEST 2: counts are those of the caller's rows
--- sql
select test.hold(103, 3, 1, 11, null, -4000, -3000)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}",
     "received_at":"{{now-3500}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"2","message_id":"{{uuid2}}"}
202

row select organization_id, team_id, total, received from message_counts
     order by 1, 2 => 1|0|1|1 1|11|1|1 2|21|1|1



=== TEST 3: while it is held only the holder reads, after an id too
--- sql
select test.hold(103, 3, 1, 11, null, -60, 600)
--- steps
max GET /api/sims/103/messages?after_id=1&wait=0
200

max-phone GET /api/sims/103/messages?after_id=1
200

ann GET /api/sims/103/messages?after_id=1
409

ann GET /api/sims/103/messages?after_id=1&wait=30
409

mia GET /api/sims/103/messages?after_id=1&wait=30
409

key GET /api/sims/103/messages?after_id=1&wait=30
409 {"user_name":"Max","...":1}

bob GET /api/sims/103/messages?after_id=1&wait=30
409 {"user_id":null,"user_name":null,"...":1}

key-bolt GET /api/sims/103/messages?after_id=1&wait=30
409 {"user_id":null,"user_name":null,"...":1}

eve GET /api/sims/103/messages?after_id=1&wait=30
404

dua GET /api/sims/103/messages?after_id=1&wait=30
409 {"user_name":"Max","...":1}
