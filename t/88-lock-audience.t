use lib 't/lib';
use SimRelay;

# Who sees what while a lock lasts, and after it: a row of requests for each
# kind of caller.

repeat_each(2);
plan tests => repeat_each() * 317;

run_tests();

__DATA__

=== TEST 1: a lock of a team's SIM, held by one of the team
--- sql
insert into team_members (team_id, user_id, organization_id)
values (11, 4, 1)
--- steps
max POST /api/sims/102/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+300:end>","...":1}

mia GET /api/sims/102/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":102,
    "user_id":3,"user_name":"Max","team_id":11,"expires_at":"<time:end>"}

mia POST /api/sims/102/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

mia DELETE /api/sims/102/lock
403 {"message":"You do not hold the lock on this SIM."}

mia GET /api/sims/102/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

mia POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ann GET /api/sims/102/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":102,
    "user_id":3,"user_name":"Max","team_id":11,"expires_at":"<time:end>"}

ann POST /api/sims/102/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ann DELETE /api/sims/102/lock
403 {"message":"You do not hold the lock on this SIM."}

ann GET /api/sims/102/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ann POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ada GET /api/sims/102/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":102,
    "user_id":3,"user_name":"Max","team_id":11,"expires_at":"<time:end>"}

ada POST /api/sims/102/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ada DELETE /api/sims/102/lock
403 {"message":"You do not hold the lock on this SIM."}

ada GET /api/sims/102/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

ada POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

key GET /api/sims/102/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":102,
    "user_id":3,"user_name":"Max","team_id":11,"expires_at":"<time:end>"}

key POST /api/sims/102/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

key DELETE /api/sims/102/lock
403 {"message":"You do not hold the lock on this SIM."}

key GET /api/sims/102/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

key POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":3,"user_name":"Max",
    "expires_at":"<time:end>"}

dua GET /api/sims/102/lock
404

dua POST /api/sims/102/lock
404

dua DELETE /api/sims/102/lock
404

dua GET /api/sims/102/messages
404

dua POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
404

bob GET /api/sims/102/lock
404

bob POST /api/sims/102/lock
404

bob DELETE /api/sims/102/lock
404

bob GET /api/sims/102/messages
404

bob POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
404

key-bolt GET /api/sims/102/lock
404

key-bolt POST /api/sims/102/lock
404

key-bolt DELETE /api/sims/102/lock
404

key-bolt GET /api/sims/102/messages
404

key-bolt POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
404

eve GET /api/sims/102/lock
404

eve POST /api/sims/102/lock
404

eve DELETE /api/sims/102/lock
404

eve GET /api/sims/102/messages
404

eve POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
404

max GET /api/sims/102/lock
200 {"lock_id":"<int:lock>","user_id":3,"user_name":"Max","team_id":11,"...":1}

max POST /api/sims/102/lock
200 {"lock_id":"<int:lock>","user_id":3,"user_name":"Max","team_id":11,"...":1}

max GET /api/sims/102/messages
200

max POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
201

max-phone GET /api/sims/102/lock
200 {"lock_id":"<int:lock>","user_id":3,"user_name":"Max","team_id":11,"...":1}

max-phone POST /api/sims/102/lock
200 {"lock_id":"<int:lock>","user_id":3,"user_name":"Max","team_id":11,"...":1}

max-phone GET /api/sims/102/messages
200

max-phone POST /api/sims/102/messages {"to":"+15557654321","text":"a"}
201

mia DELETE /api/sims/102/lock
403

max DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}

dua GET /api/sims/102/messages
404

mia GET /api/sims/102/lock
200 {"status":"unlocked"}

mia GET /api/sims/102/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

mia DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}

ann GET /api/sims/102/lock
200 {"status":"unlocked"}

ann GET /api/sims/102/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

ann DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}

ada GET /api/sims/102/lock
200 {"status":"unlocked"}

ada GET /api/sims/102/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

ada DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}

key GET /api/sims/102/lock
200 {"status":"unlocked"}

key GET /api/sims/102/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

key DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}

max GET /api/sims/102/lock
200 {"status":"unlocked"}

max GET /api/sims/102/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

max DELETE /api/sims/102/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 2: what was received under a lock and comes late is its holder's alone
--- sql
select test.hold(103, 5, 2, 21, null, -600, -300)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"late","message_id":"{{uuid1}}",
     "received_at":"{{now-400}}"}
202

bob GET /api/sims/103/lock
200 {"status":"unlocked"}

bob GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":1,"...":1},"...":1}

bob DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

dua GET /api/sims/103/lock
200 {"status":"unlocked"}

dua GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":1,"...":1},"...":1}

dua DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key-bolt GET /api/sims/103/lock
200 {"status":"unlocked"}

key-bolt GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":1,"...":1},"...":1}

key-bolt DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

ann GET /api/sims/103/lock
200 {"status":"unlocked"}

ann GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

ann DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

mia GET /api/sims/103/lock
200 {"status":"unlocked"}

mia GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

mia DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key GET /api/sims/103/lock
200 {"status":"unlocked"}

key GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

key DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}
