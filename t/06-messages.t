use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 344;

run_tests();

__DATA__

=== TEST 1: a message in full, and a page of one
--- sql
select test.message(1, 1, null, 101, 'Your code is 123',
                    '2026-11-20 10:00:00.75Z')
--- request
GET /api/sims/101/messages
--- as: ann
--- json
{
    "data": [{
        "id": "<int>",
        "hosted_sim_id": 101,
        "direction": "inbound",
        "from": "+15557654321",
        "to": "+15551230101",
        "text": "Your code is 123",
        "message_text": "Your code is 123",
        "status": "received",
        "received_at": "2026-11-20T10:00:00Z",
        "created_at": "2026-11-20T10:00:00Z"
    }],
    "links": {
        "first": "https://sms.example.com/api/sims/101/messages?page=1",
        "last": "https://sms.example.com/api/sims/101/messages?page=1",
        "prev": null,
        "next": null
    },
    "meta": {
        "current_page": 1,
        "from": 1,
        "last_page": 1,
        "links": [
            {"url": null, "label": "&laquo; Previous", "page": null,
             "active": false},
            {"url": "https://sms.example.com/api/sims/101/messages?page=1",
             "label": "1", "page": 1, "active": true},
            {"url": null, "label": "Next &raquo;", "page": null,
             "active": false}
        ],
        "path": "https://sms.example.com/api/sims/101/messages",
        "per_page": 50,
        "to": 1,
        "total": 1
    }
}



=== TEST 2: no message at all is a page too
--- request
GET /api/sims/101/messages
--- as: ann
--- json
{
    "data": [],
    "links": {"first": "<text>", "last": "<text>", "prev": null,
              "next": null},
    "meta": {"current_page": 1, "from": null, "last_page": 1, "to": null,
             "total": 0, "per_page": 50, "path": "<text>", "links": "<any>"}
}



=== TEST 3: newest first, and of the same instant the later row
--- sql
select test.message(n, 1, null, 101, 'm' || n,
                    '2026-11-20Z'::timestamptz
                    + case when n > 2 then '1 hour'::interval else '0' end)
  from generate_series(1, 4) n
--- request
GET /api/sims/101/messages
--- as: ann
--- json
{"data": [{"text": "m4", "...": 1}, {"text": "m3", "...": 1},
          {"text": "m2", "...": 1}, {"text": "m1", "...": 1}],
 "...": 1}



=== TEST 4: pages have links to their neighbours
--- sql
select test.message(n, 1, null, 101, 'm' || n,
                    '2026-11-20Z'::timestamptz + make_interval(secs => n))
  from generate_series(1, 5) n
--- steps
ann GET /api/sims/101/messages?per_page=2
200 {"data": [{"text": "m5", "...": 1}, {"text": "m4", "...": 1}],
    "links": {
        "first": "https://sms.example.com/api/sims/101/messages?per_page=2&page=1",
        "last": "https://sms.example.com/api/sims/101/messages?per_page=2&page=3",
        "prev": null,
        "next": "https://sms.example.com/api/sims/101/messages?per_page=2&page=2"},
    "meta": {"current_page": 1, "from": 1, "last_page": 3, "per_page": 2,
        "to": 2, "total": 5, "path": "<text>", "links": [
        {"url": null, "label": "&laquo; Previous", "page": null,
         "active": false},
        {"url": "<text>", "label": "1", "page": 1, "active": true},
        {"url": "<text>", "label": "2", "page": 2, "active": false},
        {"url": "<text>", "label": "3", "page": 3, "active": false},
        {"url": "<text>", "label": "Next &raquo;", "page": 2,
         "active": false}]}}

ann GET /api/sims/101/messages?per_page=2&page=2
200 {"data": [{"text": "m3", "...": 1}, {"text": "m2", "...": 1}],
    "links": {
        "prev": "https://sms.example.com/api/sims/101/messages?per_page=2&page=1",
        "next": "https://sms.example.com/api/sims/101/messages?per_page=2&page=3",
        "...": 1},
    "meta": {"current_page": 2, "from": 3, "to": 4, "total": 5, "...": 1}}

ann GET /api/sims/101/messages?page=3&per_page=2
200 {"data": [{"text": "m1", "...": 1}],
    "links": {"next": null, "...": 1},
    "meta": {"current_page": 3, "from": 5, "to": 5, "last_page": 3, "...": 1}}

ann GET /api/sims/101/messages?page=4&per_page=2
200 {"data": [], "links": {"next": null, "...": 1},
    "meta": {"current_page": 4, "from": null, "to": null, "last_page": 3,
             "total": 5, "...": 1}}



=== TEST 5: limit is another word for per_page, which wins
--- sql
select test.message(n, 1, null, 101, 'm' || n,
                    '2026-11-20Z'::timestamptz + make_interval(secs => n))
  from generate_series(1, 3) n
--- steps
ann GET /api/sims/101/messages?limit=1
200 {"data": [{"text": "m3", "...": 1}], "meta": {"per_page": 1, "...": 1},
    "...": 1}

ann GET /api/sims/101/messages?limit=1&per_page=2
200 {"data": [{"text": "m3", "...": 1}, {"text": "m2", "...": 1}],
    "meta": {"per_page": 2, "...": 1}, "...": 1}

ann GET /api/sims/101/messages?per_page=1&per_page=100
200 {"meta": {"per_page": 100, "...": 1}, "...": 1}



=== TEST 6: a page holds fifty, and a hundred at most
--- sql
select test.message(n, 1, null, 101, 'm' || n,
                    '2026-11-20Z'::timestamptz + make_interval(secs => n))
  from generate_series(1, 101) n
--- steps
ann GET /api/sims/101/messages
200 {"data": "<any>",
    "meta": {"to": 50, "total": 101, "last_page": 3, "...": 1}, "...": 1}

ann GET /api/sims/101/messages?per_page=100
200 {"data": "<any>",
    "meta": {"to": 100, "total": 101, "last_page": 2, "...": 1}, "...": 1}

ann GET /api/sims/101/messages?per_page=1&page=101
200 {"data": [{"text": "m1", "...": 1}], "...": 1}



=== TEST 7: what is no page, or no size of one, is told, all together
--- steps
ann GET /api/sims/101/messages?per_page=0
422 {"message":"The per page field must be between 1 and 100.","errors":{
    "per_page":["The per page field must be between 1 and 100."]}}

ann GET /api/sims/101/messages?per_page=101&limit=x&page=0
422 {"message":"<text>","errors":{
    "per_page":["The per page field must be between 1 and 100."],
    "limit":["The limit field must be an integer."],
    "page":["<text>"]}}

ann GET /api/sims/101/messages?page=-1
422

ann GET /api/sims/101/messages?page=99999999999999999999
422 {"message":"The page field must be an integer.","errors":{
    "page":["The page field must be an integer."]}}

ann GET /api/sims/101/messages?per_page=1.5
422

ann GET /api/sims/101/messages?per_page=%00
422



=== TEST 8: unknown query values change nothing
--- sql
select test.message(1, 1, null, 101, 'm1', '2026-11-20Z')
--- request
GET /api/sims/101/messages?sort=asc&%FF=%FE&organization_id=2&page[]=7
--- as: ann
--- json
{"data": [{"text": "m1", "...": 1}], "...": 1}



=== TEST 9: a team's message is seen by the team, owners, admins and keys
--- sql
select test.message(1, 1, 11, 101, 'for Sales', '2026-11-20Z')
--- steps
max GET /api/sims/101/messages
200 {"data": [{"text": "for Sales", "...": 1}],
    "meta": {"total": 1, "...": 1}, "...": 1}

ann GET /api/sims/101/messages
200 {"data": [{"text": "for Sales", "...": 1}], "...": 1}

ada GET /api/sims/101/messages
200 {"data": [{"text": "for Sales", "...": 1}], "...": 1}

key GET /api/sims/101/messages
200 {"data": [{"text": "for Sales", "...": 1}], "...": 1}

mia GET /api/sims/101/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

dua GET /api/sims/101/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}



=== TEST 10: of a shared SIM each organization sees its own rows
--- sql
select test.message(1, 1, null, 103, 'to Acme', '2026-11-20Z'),
       test.message(2, 2, 21, 103, 'to Bolt', '2026-11-20Z'),
       test.message(3, 1, null, 103, 'to both', '2026-11-20 01:00Z'),
       test.message(3, 2, 21, 103, 'to both', '2026-11-20 01:00Z')
--- steps
ann GET /api/sims/103/messages
200 {"data": [{"text": "to both", "...": 1}, {"text": "to Acme", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}

bob GET /api/sims/103/messages
200 {"data": [{"text": "to both", "...": 1}, {"text": "to Bolt", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}

key GET /api/sims/103/messages
200 {"data": [{"text": "to both", "...": 1}, {"text": "to Acme", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}

key-dua GET /api/sims/103/messages
200 {"data": [{"text": "to both", "...": 1}, {"text": "to Acme", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}



=== TEST 11: who is in both organizations gets each SMS once, the lowest's row
--- sql
select test.message(1, 1, null, 103, 'to Acme', '2026-11-20Z'),
       test.message(2, 2, 21, 103, 'to Bolt', '2026-11-20 00:30Z'),
       test.message(3, 2, 21, 103, 'to both, for Bolt', '2026-11-20 01:00Z'),
       test.message(3, 1, null, 103, 'to both, for Acme', '2026-11-20 01:00Z')
--- steps
dua GET /api/sims/103/messages
200 {"data": [{"text": "to both, for Acme", "...": 1},
              {"text": "to Bolt", "...": 1}, {"text": "to Acme", "...": 1}],
    "meta": {"total": 3, "...": 1}, "...": 1}

dua GET /api/sims/103/messages?per_page=1&page=2
200 {"data": [{"text": "to Bolt", "...": 1}],
    "meta": {"total": 3, "last_page": 3, "...": 1}, "...": 1}

dua GET /api/sims/103/messages?per_page=1&page=3
200 {"data": [{"text": "to Acme", "...": 1}], "...": 1}



=== TEST 12: what one of two organizations hides, the other still shows
--- sql
select test.message(3, 1, 11, 103, 'to Sales and Bolt', '2026-11-20Z'),
       test.message(3, 2, 21, 103, 'to Sales and Bolt', '2026-11-20Z')
--- request
GET /api/sims/103/messages
--- as: dua
--- json
{"data": [{"text": "to Sales and Bolt", "...": 1}],
 "meta": {"total": 1, "...": 1}, "...": 1}



=== TEST 13: a message of another SIM of the organization is not here
--- sql
select test.message(1, 1, null, 101, 'm1', '2026-11-20Z'),
       test.message(2, 1, null, 105, 'm2', '2026-11-20Z')
--- request
GET /api/sims/105/messages
--- as: ann
--- json
{"data": [{"text": "m2", "hosted_sim_id": 105, "...": 1}],
 "meta": {"total": 1, "...": 1}, "...": 1}



=== TEST 14: while a lock lasts only its holder reads
--- sql
select test.message(1, 1, null, 101, 'm1', '2026-11-20Z'),
       test.hold(101, 3, 1, 11, null, -60, 60)
--- steps
max GET /api/sims/101/messages
200 {"data": [{"text": "m1", "...": 1}], "...": 1}

max-phone GET /api/sims/101/messages
200 {"data": [{"text": "m1", "...": 1}], "...": 1}

ann GET /api/sims/101/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int>","user_id":3,"user_name":"Max",
    "expires_at":"<time+60>"}

key GET /api/sims/101/messages
409

sql update sim_locks set expires_at = now()

ann GET /api/sims/101/messages
200 {"data": [{"text": "m1", "...": 1}], "...": 1}



=== TEST 15: a key that holds reads, its owner does not
--- sql
select test.hold(101, 1, 1, null, 550, -60, 60)
--- steps
key GET /api/sims/101/messages
200

ann GET /api/sims/101/messages
409

key-other GET /api/sims/101/messages
409



=== TEST 16: another organization is not told who reads alone
--- sql
select test.message(1, 2, 21, 103, 'to Bolt', '2026-11-20Z'),
       test.hold(103, 3, 1, 11, null, -60, 60)
--- steps
bob GET /api/sims/103/messages
409 {"message":"SIM is already locked by another user.","status":"locked",
    "lock_id":"<int>","user_id":null,"user_name":null,
    "expires_at":"<time+60>"}

key-bolt GET /api/sims/103/messages
409 {"user_id":null,"user_name":null,"...":1}

max GET /api/sims/103/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}



=== TEST 17: without a lock what arrives reaches both organizations
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"to all","message_id":"{{uuid1}}"}
202

ann GET /api/sims/103/messages
200 {"data": [{"text": "to all", "from": "+15550009999",
               "to": "+15551230103", "...": 1}], "...": 1}

bob GET /api/sims/103/messages
200 {"data": [{"text": "to all", "...": 1}], "...": 1}

dua GET /api/sims/103/messages
200 {"data": [{"text": "to all", "...": 1}],
    "meta": {"total": 1, "...": 1}, "...": 1}
--- rows
select organization_id, team_id, lock_id from messages
 order by organization_id => 1|| 2|21|
select organization_id, team_id, type from events
 order by organization_id => 1||message.inbound 2|21|message.inbound



=== TEST 18: under a lock it reaches the holder's organization and team alone
--- sql
select test.hold(103, 3, 1, 11, null, -60, 60)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"to Sales","message_id":"{{uuid1}}"}
202

max GET /api/sims/103/messages
200 {"data": [{"text": "to Sales", "...": 1}], "...": 1}

sql update sim_locks set expires_at = now();
    update locks set released_at = now()

max GET /api/sims/103/messages
200 {"data": [{"text": "to Sales", "...": 1}], "...": 1}

ann GET /api/sims/103/messages
200 {"data": [{"text": "to Sales", "...": 1}], "...": 1}

mia GET /api/sims/103/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

bob GET /api/sims/103/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

dua GET /api/sims/103/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

key-bolt GET /api/sims/103/messages
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

bob GET /api/sims
200 {"data": [{"id": 103, "messages_received_count": 0, "...": 1},
    {"id": 104, "...": 1}, {"id": 106, "...": 1}]}
--- rows
select organization_id, team_id, lock_id is not null, holder_user_id
  from messages join events using (organization_id, team_id) => 1|11|t|3



=== TEST 19: a phone that submits late is judged by the lock of that time
--- sql
select test.hold(103, 3, 1, 11, null, -600, -300);
select test.hold(103, 5, 2, 21, null, -200, 100)
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"Sales' own","message_id":"{{uuid1}}",
     "received_at":"{{now-450}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"between","message_id":"{{uuid2}}",
     "received_at":"{{now-250}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"Bolt's own","message_id":"{{uuid3}}"}
202

bob GET /api/sims/103/messages
200 {"data": [{"text": "Bolt's own", "...": 1}, {"text": "between", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}

max GET /api/sims/103/messages
409

bob DELETE /api/sims/103/lock
200

max GET /api/sims/103/messages
200 {"data": [{"text": "between", "...": 1}, {"text": "Sales' own", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}

mia GET /api/sims/103/messages
200 {"data": [{"text": "between", "...": 1}], "...": 1}

dua GET /api/sims/103/messages
200 {"data": [{"text": "Bolt's own", "...": 1}, {"text": "between", "...": 1}],
    "meta": {"total": 2, "...": 1}, "...": 1}



=== TEST 20: a hold that was given back early has ended then
--- sql
select test.hold(103, 3, 1, 11, null, -600, 300);
update locks set released_at = now() - interval '400 seconds';
update sim_locks set expires_at = now() - interval '400 seconds'
--- steps
ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"held","message_id":"{{uuid1}}",
     "received_at":"{{now-500}}"}
202

ann-phone POST /api/byos/devices/203/sms
    {"from":"+15550009999","body":"free","message_id":"{{uuid2}}",
     "received_at":"{{now-300}}"}
202

bob GET /api/sims/103/messages
200 {"data": [{"text": "free", "...": 1}],
    "meta": {"total": 1, "...": 1}, "...": 1}

max GET /api/sims/103/messages
200 {"data": [{"text": "free", "...": 1}, {"text": "held", "...": 1}],
    "...": 1}



=== TEST 21: a later lock shows nobody what came before, and hides nothing
--- sql
select test.message(1, 1, 11, 103, 'to Sales', '2026-11-20Z')
--- steps
bob POST /api/sims/103/lock
200

bob GET /api/sims/103/messages
200 {"data": [], "...": 1}

bob DELETE /api/sims/103/lock
200

max GET /api/sims/103/messages
200 {"data": [{"text": "to Sales", "...": 1}], "...": 1}



=== TEST 22: without a credential nothing is read
--- steps
- GET /api/sims/101/messages
401 {"message":"Unauthenticated."}

expired GET /api/sims/101/messages
401 {"message":"Unauthenticated."}



=== TEST 23: reading needs messages.read
--- steps
key-read GET /api/sims/101/messages
403 {"message":"Invalid ability provided."}

key-read GET /api/sims/101/messages?page=x
403 {"message":"Invalid ability provided."}

key-messages GET /api/sims/101/messages
200

ann-scoped GET /api/sims/101/messages
403 {"message":"Invalid scope(s) provided."}



=== TEST 24: a SIM of others is answered as one that does not exist
--- sql
select test.message(1, 2, null, 104, 'to Bolt', '2026-11-20Z'),
       test.message(2, 1, 11, 102, 'to Sales', '2026-11-20Z'),
       test.message(3, 1, null, 109, 'of a SIM that is gone', '2026-11-20Z'),
       test.hold(104, 5, 2, null, null, -60, 60)
--- steps
ann GET /api/sims/104/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann GET /api/sims/104/messages?page=x
404 {"message":"No query results for model [App\\Models\\HostedSim] 104"}

ann GET /api/sims/999/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] 999"}

mia GET /api/sims/102/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] 102"}

key-bolt GET /api/sims/101/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] 101"}

ann GET /api/sims/109/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] 109"}



=== TEST 25: absolute links take scheme and host of the request, where no public URL is set
--- without: simrelay_public_url
--- request
GET /api/sims/101/messages
--- as: ann
--- more_headers
Host: api.example.org:8080
--- json
{"data": [], "links": {
    "first": "http://api.example.org:8080/api/sims/101/messages?page=1",
    "...": 1}, "...": 1}



=== TEST 26: any text comes out as it went in
--- sql
select test.message(1, 1, null, 101, E'a\u0001"\\/\n\t<b>😀é\u2028', now())
--- request
GET /api/sims/101/messages
--- as: ann
--- json
{"data": [{"text": "a\u0001\"\\/\n\t<b>😀é\u2028",
           "message_text": "a\u0001\"\\/\n\t<b>😀é\u2028", "...": 1}],
 "...": 1}
