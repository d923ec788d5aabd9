use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 41;

run_tests();

__DATA__

=== TEST 1: after_id leaves what is newer, and its links keep it
--- sql
select setval(pg_get_serial_sequence('messages', 'id'), 5000000);
select test.message(n, 1, null, 101, 'm' || n,
                    '2026-11-20Z'::timestamptz + make_interval(secs => n))
  from generate_series(1, 3) n
--- steps
ann GET /api/sims/101/messages?after_id=5000001&per_page=1
200 {"data": [{"id": 5000003, "text": "m3", "...": 1}],
    "links": {
        "first": "https://sms.example.com/api/sims/101/messages?after_id=5000001&per_page=1&page=1",
        "last": "https://sms.example.com/api/sims/101/messages?after_id=5000001&per_page=1&page=2",
        "prev": null,
        "next": "https://sms.example.com/api/sims/101/messages?after_id=5000001&per_page=1&page=2"},
    "meta": {"current_page": 1, "from": 1, "last_page": 2, "per_page": 1,
        "to": 1, "total": 2,
        "path": "https://sms.example.com/api/sims/101/messages", "links": [
        {"url": null, "label": "&laquo; Previous", "page": null,
         "active": false},
        {"url": "https://sms.example.com/api/sims/101/messages?after_id=5000001&per_page=1&page=1",
         "label": "1", "page": 1, "active": true},
        {"url": "<text>", "label": "2", "page": 2, "active": false},
        {"url": "<text>", "label": "Next &raquo;", "page": 2,
         "active": false}]}}

ann GET /api/sims/101/messages?after_id=5000001&per_page=1&page=2&wait=30
200 {"data": [{"id": 5000002, "...": 1}],
    "links": {
        "prev": "https://sms.example.com/api/sims/101/messages?after_id=5000001&per_page=1&page=1",
        "next": null, "...": 1}, "...": 1}

ann GET /api/sims/101/messages?after_id=5000003
200 {"data": [], "meta": {"total": 0, "...": 1}, "...": 1}

ann GET /api/sims/101/messages?after_id=0
200 {"data": "<any>", "links": {
        "first": "https://sms.example.com/api/sims/101/messages?after_id=0&page=1",
        "...": 1},
    "meta": {"total": 3, "...": 1}}

key GET /api/sims/101/messages?after_id=9223372036854775807
200 {"data": [], "...": 1}



=== TEST 2: what is no id to begin after, and no time to wait, is told
--- steps
ann GET /api/sims/101/messages?after_id=-1&wait=31
422 {"message":"<text>","errors":{"after_id":["<text>"],
    "wait":["The wait field must be between 0 and 30."]}}

ann GET /api/sims/101/messages?after_id=x&wait=
422

ann GET /api/sims/101/messages?after_id=9223372036854775808
422 {"message":"<text>","errors":{
    "after_id":["The after id field must be an integer."]}}

ann GET /api/sims/101/messages?wait=5
422 {"message":"The after id field is required.","errors":{
    "after_id":["The after id field is required."]}}

ann GET /api/sims/104/messages?wait=5
404

- GET /api/sims/101/messages?wait=5
401
