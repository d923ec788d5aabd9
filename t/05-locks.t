use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 328;

run_tests();

__DATA__

=== TEST 1: a lock is taken, seen by others, refused to them, given back
--- steps
ann GET /api/sims/101/lock
200 {"status":"unlocked"}

ann POST /api/sims/101/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":101,
    "user_id":1,"user_name":"Ann","team_id":null,
    "expires_at":"<time+300:end>"}

ann GET /api/sims/101/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":101,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

mia GET /api/sims/101/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":101,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

mia POST /api/sims/101/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

mia DELETE /api/sims/101/lock
403 {"message":"You do not hold the lock on this SIM."}

row select count(*) from sim_locks where expires_at > now() => 1

ann DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}

mia GET /api/sims/101/lock
200 {"status":"unlocked"}

mia POST /api/sims/101/lock
200 {"status":"locked","user_id":4,"user_name":"Mia","...":1}



=== TEST 2: where there is no lock, giving it back is no fault
--- steps
ann DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}

ann POST /api/sims/101/lock
200

ann DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}

ann DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 3: the holder extends its lock and keeps lock_id
--- sql
select test.hold(101, 1, 1, null, null, -200, 100)
--- steps
ann GET /api/sims/101/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+100>","...":1}

ann POST /api/sims/101/lock
200 {"status":"locked","lock_id":"<int:lock>","expires_at":"<time+300>",
    "...":1}

row select count(*) from locks => 1

row select count(*) from locks where expires_at > now() + interval '290 s' => 1



=== TEST 4: a person holds by every token of its own
--- steps
ann POST /api/sims/101/lock
200 {"lock_id":"<int:lock>","...":1}

ann-phone POST /api/sims/101/lock
200 {"lock_id":"<int:lock>","...":1}

ann-phone DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 5: a key holds for itself, not for its owner nor for another key
--- steps
key POST /api/sims/101/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":101,
    "user_id":1,"user_name":"Ann","team_id":null,
    "expires_at":"<time+300>"}

ann POST /api/sims/101/lock
409 {"lock_id":"<int:lock>","user_id":1,"user_name":"Ann","...":1}

key-other POST /api/sims/101/lock
409 {"lock_id":"<int:lock>","...":1}

ann DELETE /api/sims/101/lock
403 {"message":"You do not hold the lock on this SIM."}

key-other DELETE /api/sims/101/lock
403 {"message":"You do not hold the lock on this SIM."}

key POST /api/sims/101/lock
200 {"lock_id":"<int:lock>","...":1}

key DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 6: nor does a key hold what its owner has locked
--- steps
ann POST /api/sims/101/lock
200

key POST /api/sims/101/lock
409

key DELETE /api/sims/101/lock
403 {"message":"You do not hold the lock on this SIM."}



=== TEST 7: a lock that has expired is none, at once
--- sql
select test.hold(101, 1, 1, null, null, -300, 0)
--- steps
mia GET /api/sims/101/lock
200 {"status":"unlocked"}

mia DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}

mia POST /api/sims/101/lock
200 {"user_id":4,"user_name":"Mia","expires_at":"<time+300>","...":1}

row select count(distinct id) from locks => 2



=== TEST 8: who comes back after its own lock has expired gets a new one
--- sql
select test.hold(101, 1, 1, null, null, -300, 0)
--- steps
ann POST /api/sims/101/lock
200 {"expires_at":"<time+300>","...":1}

row select count(*) from locks => 2
row select count(*) from locks where expires_at > now() => 1



=== TEST 9: a lock is extended to an hour at most, whoever asks how often
--- sql
select test.hold(101, 1, 1, null, null, -3500, 50)
--- steps
ann POST /api/sims/101/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+100>","...":1}

ann POST /api/sims/101/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+100>","...":1}



=== TEST 10: how long a lock lasts, and may be extended, is configured
--- http_config
    simrelay_lock_ttl 1m max=2m;
--- sql
select test.hold(105, 1, 1, null, null, -100, 10)
--- steps
ann POST /api/sims/101/lock
200 {"expires_at":"<time+60>","...":1}

ann POST /api/sims/105/lock
200 {"expires_at":"<time+20>","...":1}



=== TEST 11: a lock is of the attachment's team, else of the holder's lowest
--- steps
ann POST /api/sims/102/lock
200 {"hosted_sim_id":102,"team_id":11,"...":1}

max POST /api/sims/101/lock
200 {"hosted_sim_id":101,"team_id":11,"...":1}

dua POST /api/sims/105/lock
200 {"hosted_sim_id":105,"team_id":12,"...":1}

mia POST /api/sims/107/lock
200 {"hosted_sim_id":107,"team_id":null,"...":1}

bob POST /api/sims/103/lock
200 {"hosted_sim_id":103,"team_id":21,"...":1}

row select string_agg(coalesce(team_id, 0)::text, ' ' order by id) from locks
    => 11 11 12 0 21



=== TEST 12: who is in several organizations locks in its current one
--- steps
dua POST /api/sims/103/lock
200 {"team_id":12,"...":1}

row select organization_id from locks => 1

sql delete from sim_locks;
    update users set current_organization_id = 2 where id = 6

dua POST /api/sims/103/lock
200 {"team_id":21,"...":1}

row select organization_id from sim_locks => 2



=== TEST 13: another organization sees that it is locked, not by whom
--- steps
max POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":3,"user_name":"Max","team_id":11,
    "expires_at":"<time:end>","...":1}

bob GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,
    "expires_at":"<time:end>"}

bob POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key-bolt GET /api/sims/103/lock
200 {"user_id":null,"user_name":null,"team_id":null,"...":1}

dua GET /api/sims/103/lock
200 {"user_id":3,"user_name":"Max","team_id":11,"...":1}

key-dua GET /api/sims/103/lock
200 {"user_id":3,"user_name":"Max","team_id":11,"...":1}

bob DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}



=== TEST 14: a body is not needed, and none of its members counts
--- steps
ann POST /api/sims/101/lock {"user_id":5,"ttl":99999,"team_id":21}
200 {"user_id":1,"team_id":null,"expires_at":"<time+300>","...":1}

ann POST /api/sims/101/lock {}
200

ann POST /api/sims/101/lock {"a":
400 {"message":"<text>"}

ann POST /api/sims/101/lock []
400 {"message":"<text>"}

ann DELETE /api/sims/101/lock {"a":
200



=== TEST 15: without a credential there is no lock
--- steps
- POST /api/sims/101/lock
401 {"message":"Unauthenticated."}

- GET /api/sims/101/lock
401 {"message":"Unauthenticated."}

- DELETE /api/sims/101/lock
401 {"message":"Unauthenticated."}

key-revoked POST /api/sims/101/lock
401 {"message":"Unauthenticated."}

row select count(*) from locks => 0



=== TEST 16: reading needs numbers.read, locking and releasing numbers.lock
--- steps
key-read GET /api/sims/101/lock
200 {"status":"unlocked"}

key-read POST /api/sims/101/lock
403 {"message":"Invalid ability provided."}

key-read DELETE /api/sims/101/lock
403 {"message":"Invalid ability provided."}

key-lock GET /api/sims/101/lock
403 {"message":"Invalid ability provided."}

ann-scoped POST /api/sims/101/lock
403 {"message":"Invalid scope(s) provided."}

row select count(*) from locks => 0

key-lock POST /api/sims/101/lock
200

key-lock DELETE /api/sims/101/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 17: a SIM of others is answered as one that does not exist
--- steps
ann POST /api/sims/104/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann GET /api/sims/104/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann DELETE /api/sims/104/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann POST /api/sims/999/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 999"}

key-bolt POST /api/sims/101/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 101"}

mia POST /api/sims/102/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 102"}

ann POST /api/sims/109/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 109"}

eve GET /api/sims/101/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 101"}

row select count(*) from locks => 0



=== TEST 18: who holds a lock of a SIM that it sees no more cannot touch it
--- steps
max POST /api/sims/102/lock
200

sql delete from team_members where user_id = 3

max GET /api/sims/102/lock
404

max POST /api/sims/102/lock
404

max DELETE /api/sims/102/lock
404



=== TEST 19: locks of different SIMs do not meet
--- steps
ann POST /api/sims/101/lock
200

mia POST /api/sims/105/lock
200

mia GET /api/sims/101/lock
200 {"user_id":1,"...":1}

ann GET /api/sims/105/lock
200 {"user_id":4,"...":1}
