use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 227;


# An SMS for 103, which is Acme's and that of Bolt's Desk: what it was like
# when it was received (so many seconds ago, if it says), who held the SIM
# from when to when, and the rows that have to come of it: organization, team,
# whether under a lock, and who alone is told while a lock lasts.

my $all = '1||f| 2|21|f|';

my @cases = (
    ['nobody has ever held it',              undef, [], $all],
    ['nobody has ever held it, it is late',  -9000, [], $all],

    ['it is held by Acme',                   undef,
     ['3, 1, 11, null, -60, 60'],            '1|11|t|3'],
    ['it is held by Acme, by nobody\'s team', undef,
     ['4, 1, null, null, -60, 60'],          '1||t|4'],
    ['it is held by Bolt',                   undef,
     ['6, 2, 21, null, -60, 60'],            '2|21|t|6'],
    ['it is held by a key, for its owner',   undef,
     ['1, 1, null, 550, -60, 60'],           '1||t|1'],
    ['it is held by a key of Bolt',          undef,
     ['5, 2, 21, 556, -60, 60'],             '2|21|t|5'],

    ['the hold has run out',                 undef,
     ['3, 1, 11, null, -300, -1'],           $all],
    ['the hold ran out after it came',       -60,
     ['3, 1, 11, null, -300, -1'],           '1|11|t|'],
    ['the hold began after it came',         -60,
     ['3, 1, 11, null, -30, 60'],            '1||f|3 2|21|f|3'],
    ['two holds came after it',              -600,
     ['3, 1, 11, null, -300, -200', '5, 2, 21, null, -100, 60'],
     '1||f|5 2|21|f|5'],

    ['it came in the first of two holds',    -250,
     ['3, 1, 11, null, -300, -200', '5, 2, 21, null, -100, 60'],
     '1|11|t|5'],
    ['it came between two holds',            -150,
     ['3, 1, 11, null, -300, -200', '5, 2, 21, null, -100, 60'],
     '1||f|5 2|21|f|5'],
    ['it came in the second of two holds',   -50,
     ['3, 1, 11, null, -300, -200', '5, 2, 21, null, -100, 60'],
     '2|21|t|5'],
    ['it came in the first, all are over',   -250,
     ['3, 1, 11, null, -300, -200', '5, 2, 21, null, -100, -60'],
     '1|11|t|'],

    ['a hold of six days ago counts',        -6 * 86400,
     ['3, 1, 11, null, -520000, -500000'],   '1|11|t|'],
    ['of eight days ago it does not',        -8 * 86400,
     ['3, 1, 11, null, -700000, -600000'],   $all],
    ['eight days ago is now',                -8 * 86400,
     ['5, 2, 21, null, -60, 60'],            '2|21|t|5'],
    ['in an hour is now',                    3600,
     ['3, 1, 11, null, -60, 60'],            '1|11|t|3'],
    ['in an hour is not then',               3600,
     ['3, 1, 11, null, 3000, 4000'],         '1||f|3 2|21|f|3'],
);


sub walk {
    my $steps = '';

    for (@cases) {
        my ($name, $at, $holds, $rows) = @$_;

        $at = defined $at ? sprintf ',"received_at":"{{now%+d}}"', $at : '';

        $steps .= "sql select test.reset()\n"
                  . CORE::join('', map { "sql select test.hold(103, $_)\n" }
                                       @$holds)
                  . 'ann-phone POST /api/byos/devices/203/sms {"from":"Bank",'
                  . qq("body":"1","message_id":"{{uuid1}}"$at}\n202\n\n)
                  . "row select m.organization_id, m.team_id,
                         m.lock_id is not null, e.holder_user_id
                    from messages m
                    join events e on e.object_id = m.id
                     and e.type = 'message.inbound'
                     and e.organization_id = m.organization_id
                     and e.team_id is not distinct from m.team_id
                   order by 1, 2 -- $name\n => $rows\n\n";
    }

    return $steps;
}


run_tests();

__DATA__

=== TEST 1: who held the SIM when a phone received an SMS fixes its audience
--- steps eval
main::walk()



=== TEST 2: a hold counts from its first instant on, and no more at its last
--- sql
select test.hold(103, 3, 1, 11, null, -600, -300)
--- steps
sql update locks set started_at = '{{now-600}}', expires_at = '{{now-300}}'

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"first","message_id":"{{uuid1}}",
     "received_at":"{{now-600}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"last","message_id":"{{uuid2}}",
     "received_at":"{{now-300}}"}
202

row select body, organization_id, team_id from messages order by 1, 2
    => first|1|11 last|1| last|2|21



=== TEST 3: what was given back early counts until then
--- sql
select test.hold(103, 3, 1, 11, null, -600, 300);
update locks set released_at = now() - interval '200 s';
update sim_locks set expires_at = now() - interval '200 s'
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"before","message_id":"{{uuid1}}",
     "received_at":"{{now-300}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"after","message_id":"{{uuid2}}",
     "received_at":"{{now-100}}"}
202

row select body, organization_id, team_id from messages order by 1, 2
    => after|1| after|2|21 before|1|11



=== TEST 4: holds as callers take them and give them back
--- steps
max POST /api/sims/103/lock
200

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"Acme","message_id":"{{uuid1}}"}
202

max DELETE /api/sims/103/lock
200

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"all","message_id":"{{uuid2}}"}
202

key-bolt POST /api/sims/103/lock
200

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"Bolt","message_id":"{{uuid3}}"}
202

row select body, organization_id, team_id from messages order by 1, 2
    => Acme|1|11 Bolt|2|21 all|1| all|2|21

row select body, holder_user_id from messages m
      join events e on e.object_id = m.id and e.type = 'message.inbound'
     order by 1, 2 => Acme|3 Bolt|5 all| all|



=== TEST 5: what a SIM is attached to later does not matter, nor what it was
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}"}
202

sql delete from sim_attachments
     where organization_id = 2 and hosted_sim_id = 103;
    insert into sim_attachments (organization_id, hosted_sim_id)
    values (3, 103)

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"2","message_id":"{{uuid2}}"}
202

row select body, organization_id, team_id from messages order by 1, 2
    => 1|1| 1|2|21 2|1| 2|3|



=== TEST 6: rows of one SMS are told apart from those of others, and counted
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}",
     "received_at":"{{now-60}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"2","message_id":"{{uuid2}}",
     "received_at":"{{now-60}}"}
202

row select count(*), count(distinct sms_id), count(distinct received_at)
      from messages => 4|2|1

row select organization_id, team_id, total, received from message_counts
     order by 1, 2 => 1|0|2|2 2|21|2|2

row select organization_id, messages from organization_months => 1|2



=== TEST 7: without a lock everybody reads it who sees the SIM, and once
--- sql
select test.hold(103, 5, 2, 21, null, -100, -50)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}"}
202

ann GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

mia GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

key GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

bob GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

dua GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

eve GET /api/sims/103/messages
404

tim GET /api/sims/103/messages
404



=== TEST 8: under a lock of Bolt's, Acme reads nothing, now and later
--- sql
select test.hold(103, 5, 2, 21, null, -60, 60)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}"}
202

bob GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

ann GET /api/sims/103/messages
409

dua GET /api/sims/103/messages
409

sql update locks set expires_at = now();
    update sim_locks set expires_at = now()

ann GET /api/sims/103/messages
200 {"data":[],"...":1}

mia GET /api/sims/103/messages
200 {"data":[],"...":1}

key GET /api/sims/103/messages
200 {"data":[],"...":1}

dua GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

bob GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

key-bolt GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}



=== TEST 9: under a lock of the team Sales, Acme's others read nothing but its owners
--- sql
select test.hold(103, 3, 1, 11, null, -300, -100)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"1","message_id":"{{uuid1}}",
     "received_at":"{{now-200}}"}
202

max GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

ada GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

key GET /api/sims/103/messages
200 {"data":[{"text":"1","...":1}],"...":1}

mia GET /api/sims/103/messages
200 {"data":[],"...":1}

dua GET /api/sims/103/messages
200 {"data":[],"...":1}

bob GET /api/sims/103/messages
200 {"data":[],"...":1}

key-bolt GET /api/sims/103/messages
200 {"data":[],"...":1}
