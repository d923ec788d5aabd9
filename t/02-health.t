use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 57;

run_tests();

__DATA__

=== TEST 1: health is ok while the database answers
--- request
GET /api/health
--- response_headers
Content-Type: application/json
--- json
{"status":"ok","timestamp":"<time+0>"}



=== TEST 2: nobody has to say who asks, and a token that is over does not hurt
--- steps
revoked GET /api/health
200 {"status":"ok","timestamp":"<time+0>"}

revoked GET /api/health/detailed
503 {"status":"error","timestamp":"<time+0>","...":"<any>"}



=== TEST 3: a query and a body change nothing
--- steps
- GET /api/health?x=%FF&y {"a":
200 {"status":"ok","timestamp":"<time+0>"}



=== TEST 4: in detail, all is well where a sidecar lives and the queue is short
--- sql
insert into sidecars (id, host, pid) values (gen_random_uuid(), 'a', 1)
--- request
GET /api/health/detailed
--- json
{
    "status": "ok",
    "timestamp": "<time+0>",
    "checks": {
        "database": {"status": "ok", "message": "<text>"},
        "cache": {"status": "ok", "message": "<text>"},
        "queue": {"status": "ok", "message": "<text>"}
    }
}



=== TEST 5: in detail, no sidecar is an error, and so is one that fell silent
--- steps
- GET /api/health/detailed
503 {
    "status": "error",
    "timestamp": "<time+0>",
    "checks": {
        "database": {"status": "ok", "message": "<text>"},
        "cache": {"status": "ok", "message": "<text>"},
        "queue": {"status": "error", "error": "<text>"}
    }}
  < Retry-After: 1

sql insert into sidecars (id, host, pid, seen_at)
    values (gen_random_uuid(), 'a', 1, now() - interval '1 minute')

- GET /api/health/detailed
503 {"status":"error","timestamp":"<time+0>","checks":{"...":"<any>",
    "queue": {"status": "error", "error": "<text>"}}}

sql update sidecars set seen_at = now()

- GET /api/health/detailed
200 {"status":"ok","...":"<any>"}



=== TEST 6: in detail, an event that waits too long is an error
--- sql
insert into sidecars (id, host, pid) values (gen_random_uuid(), 'a', 1);
insert into events (organization_id, type, object_id, created_at)
values (1, 'message.inbound', 1, now() - interval '2 minutes')
--- steps
- GET /api/health/detailed
503 {"status":"error","timestamp":"<time+0>","checks":{"...":"<any>",
    "queue": {"status": "error", "error": "<text>"}}}

sql update events set planned_at = now()

- GET /api/health/detailed
200 {"status":"ok","...":"<any>"}



=== TEST 7: without a database health says so
--- http_config
    simrelay_database "host=127.0.0.1 port=1 dbname=none user=none";
--- steps
- GET /api/health
503 {"status":"error","timestamp":"<time+0>"}
  < Retry-After: 1

- GET /api/health/detailed
503 {
    "status": "error",
    "timestamp": "<time+0>",
    "checks": {
        "database": {"status": "error", "error": "<text>"},
        "cache": {"status": "ok", "message": "<text>"},
        "queue": {"status": "error", "error": "<text>"}
    }}
  < Retry-After: 1

ann GET /api/sims
503 {"message":"Service Unavailable"}
  < Retry-After: 1

- GET /api/sims
401 {"message":"Unauthenticated."}
--- no_error_log
[alert]

