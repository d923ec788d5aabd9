use lib 't/lib';
use SimRelay;

# Who sees what while a lock lasts, and after it: a row of requests for each
# kind of caller.

repeat_each(2);
plan tests => repeat_each() * 510;

run_tests();

__DATA__

=== TEST 1: a lock of a shared SIM, held by a key of another organization
--- steps
key-bolt POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+300:end>","...":1}

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"held","message_id":"{{uuid1}}"}
202

bob GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":5,"user_name":"Bob","team_id":21,"expires_at":"<time:end>"}

bob POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

bob DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

bob GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

bob POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

dua GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":5,"user_name":"Bob","team_id":21,"expires_at":"<time:end>"}

dua POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

dua DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

dua GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

dua POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":5,"user_name":"Bob",
    "expires_at":"<time:end>"}

mia GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,"expires_at":"<time:end>"}

mia POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

mia DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

mia GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

mia POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

ann GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,"expires_at":"<time:end>"}

ann POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

ann DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

ann GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

ann POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,"expires_at":"<time:end>"}

key POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

key GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

eve GET /api/sims/103/lock
404

eve POST /api/sims/103/lock
404

eve DELETE /api/sims/103/lock
404

eve GET /api/sims/103/messages
404

eve POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
404

tim GET /api/sims/103/lock
404

tim POST /api/sims/103/lock
404

tim DELETE /api/sims/103/lock
404

tim GET /api/sims/103/messages
404

tim POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
404

key-bolt GET /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":5,"user_name":"Bob","team_id":21,"...":1}

key-bolt POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":5,"user_name":"Bob","team_id":21,"...":1}

key-bolt GET /api/sims/103/messages
200

key-bolt POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
201

key-bolt DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

bob GET /api/sims/103/lock
200 {"status":"unlocked"}

bob GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

bob DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

dua GET /api/sims/103/lock
200 {"status":"unlocked"}

dua GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

dua DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key-bolt GET /api/sims/103/lock
200 {"status":"unlocked"}

key-bolt GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":2,"...":1},"...":1}

key-bolt DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

mia GET /api/sims/103/lock
200 {"status":"unlocked"}

mia GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

mia DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

ann GET /api/sims/103/lock
200 {"status":"unlocked"}

ann GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

ann DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key GET /api/sims/103/lock
200 {"status":"unlocked"}

key GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

key DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}



=== TEST 2: a lock of a shared SIM, held by a person without a team
--- steps
ann POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","expires_at":"<time+300:end>","...":1}

ann-phone POST /api/byos/devices/203/sms
    {"from":"Bank","body":"held","message_id":"{{uuid1}}"}
202

ada GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

ada POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

ada DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

ada GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

ada POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

mia GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

mia POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

mia DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

mia GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

mia POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

max GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

max POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

max DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

max GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

max POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

dua GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

dua POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

dua DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

dua GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

dua POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

key POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

key GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key-dua GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":1,"user_name":"Ann","team_id":null,"expires_at":"<time:end>"}

key-dua POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key-dua DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

key-dua GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

key-dua POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":1,"user_name":"Ann",
    "expires_at":"<time:end>"}

bob GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,"expires_at":"<time:end>"}

bob POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

bob DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

bob GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

bob POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key-bolt GET /api/sims/103/lock
200 {"status":"locked","lock_id":"<int:lock>","hosted_sim_id":103,
    "user_id":null,"user_name":null,"team_id":null,"expires_at":"<time:end>"}

key-bolt POST /api/sims/103/lock
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key-bolt DELETE /api/sims/103/lock
403 {"message":"You do not hold the lock on this SIM."}

key-bolt GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

key-bolt POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int:lock>","user_id":null,"user_name":null,
    "expires_at":"<time:end>"}

ann GET /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":1,"user_name":"Ann","team_id":null,"...":1}

ann POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":1,"user_name":"Ann","team_id":null,"...":1}

ann GET /api/sims/103/messages
200

ann POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
201

ann-session GET /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":1,"user_name":"Ann","team_id":null,"...":1}

ann-session POST /api/sims/103/lock
200 {"lock_id":"<int:lock>","user_id":1,"user_name":"Ann","team_id":null,"...":1}

ann-session GET /api/sims/103/messages
200

ann-session POST /api/sims/103/messages {"to":"+15557654321","text":"a"}
201

ann DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

mia GET /api/sims/103/lock
200 {"status":"unlocked"}

mia GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":3,"...":1},"...":1}

mia DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

max GET /api/sims/103/lock
200 {"status":"unlocked"}

max GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":3,"...":1},"...":1}

max DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

dua GET /api/sims/103/lock
200 {"status":"unlocked"}

dua GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":3,"...":1},"...":1}

dua DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key GET /api/sims/103/lock
200 {"status":"unlocked"}

key GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":3,"...":1},"...":1}

key DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

ann GET /api/sims/103/lock
200 {"status":"unlocked"}

ann GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":3,"...":1},"...":1}

ann DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

bob GET /api/sims/103/lock
200 {"status":"unlocked"}

bob GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

bob DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}

key-bolt GET /api/sims/103/lock
200 {"status":"unlocked"}

key-bolt GET /api/sims/103/messages?per_page=1
200 {"meta":{"total":0,"...":1},"...":1}

key-bolt DELETE /api/sims/103/lock
200 {"status":"unlocked","message":"Lock released."}
