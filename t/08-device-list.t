use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 122;

vars(nolinks => '"links":{"first":null,"last":null,"prev":null,"next":null}');

run_tests();

__DATA__

=== TEST 1: one's own phones, newest first, in full
--- sql
update devices
   set created_at = timestamptz '2026-02-01Z' + (id - 200) * interval '1 hour'
 where user_id = 1;
update devices set deleted_at = now() where id in (201, 203, 204);
update sim_cards
   set created_at = '2026-02-03Z', updated_at = '2026-02-04Z',
       signal_strength = id - 290;
insert into device_presence (device_id, last_seen_at, battery_level)
values (202, now() - interval '60 s', 87),
       (205, now() - interval '600 s', 9);
--- request
GET /api/byos/devices
--- as: ann-phone
--- json
{
    "data": [{
        "id": 206,
        "android_id": "0000000000000206",
        "phone_number": null,
        "device_name": "Phone 206",
        "status": "pending_verification",
        "is_online": false,
        "created_at": "2026-02-01T06:00:00Z",
        "twilio_number": "+15550001111",
        "sim_cards": [
            {"id": 305, "phone_number": null, "sim_slot": 1,
             "status": "pending", "signal_strength": 15, "is_active": false,
             "hosted_sim_id": null, "created_at": "2026-02-03T00:00:00Z",
             "updated_at": "2026-02-04T00:00:00Z"}
        ],
        "battery_level": null,
        "last_seen_at": null
    }, {
        "id": 205,
        "android_id": "0000000000000205",
        "phone_number": null,
        "device_name": "Phone 205",
        "status": "revoked",
        "is_online": false,
        "created_at": "2026-02-01T05:00:00Z",
        "twilio_number": "+15550001111",
        "sim_cards": [],
        "battery_level": 9,
        "last_seen_at": "<time-600>"
    }, {
        "id": 202,
        "android_id": "0000000000000202",
        "phone_number": "+15551230107",
        "device_name": "Phone 202",
        "status": "active",
        "is_online": true,
        "created_at": "2026-02-01T02:00:00Z",
        "twilio_number": "+15550001111",
        "sim_cards": [
            {"id": 302, "phone_number": "+15551230107", "sim_slot": 1,
             "status": "active", "signal_strength": 12, "is_active": true,
             "hosted_sim_id": 107, "created_at": "2026-02-03T00:00:00Z",
             "updated_at": "2026-02-04T00:00:00Z"},
            {"id": 303, "phone_number": "+15551230108", "sim_slot": 2,
             "status": "active", "signal_strength": 13, "is_active": true,
             "hosted_sim_id": 108, "created_at": "2026-02-03T00:00:00Z",
             "updated_at": "2026-02-04T00:00:00Z"}
        ],
        "battery_level": 87,
        "last_seen_at": "<time-60>"
    }],
    "links": {"first": null, "last": null, "prev": null, "next": null},
    "meta": {"path": "https://sms.example.com/api/byos/devices",
             "per_page": 15, "next_cursor": null, "prev_cursor": null}
}



=== TEST 2: nobody's but one's own
--- steps
bob-phone GET /api/byos/devices
200 {"data":[{"id":211,"...":1}],{{nolinks}},"...":1}

ada-phone GET /api/byos/devices
200 {"data":[],{{nolinks}},"...":1}

eve-phone GET /api/byos/devices
200 {"data":[],"...":1}

ada-phone GET /api/byos/devices?status=active
200 {"data":[],"...":1}



=== TEST 3: in the organizations that one is in
--- sql
select test.device(207, 6, 1, 'active');
select test.device(208, 6, 2, 'disabled')
--- steps
dua-phone GET /api/byos/devices
200 {"data":[{"id":208,"...":1},{"id":207,"...":1}],"...":1}

sql delete from members where user_id = 6 and organization_id = 1

dua-phone GET /api/byos/devices
200 {"data":[{"id":208,"...":1}],{{nolinks}},"...":1}

dua-phone GET /api/byos/devices?per_page=1
200 {"data":[{"id":208,"...":1}],{{nolinks}},"...":1}



=== TEST 4: those in one state
--- steps
ann-phone GET /api/byos/devices?status=active
200 {"data":[{"id":203,"...":1},{"id":202,"...":1},{"id":201,"...":1}],
    {{nolinks}},"...":1}

ann-phone GET /api/byos/devices?status=disabled
200 {"data":[{"id":204,"...":1}],{{nolinks}},"...":1}

ann-phone GET /api/byos/devices?status=revoked
200 {"data":[{"id":205,"...":1}],{{nolinks}},"...":1}

ann-phone GET /api/byos/devices?status=pending_verification
200 {"data":[{"id":206,"...":1}],{{nolinks}},"...":1}

bob-phone GET /api/byos/devices?status=disabled
200 {"data":[],{{nolinks}},"...":1}

bob-phone GET /api/byos/devices?status=
200 {"data":[{"id":211,"...":1}],"...":1}



=== TEST 5: so many on a page
--- steps
ann-phone GET /api/byos/devices?per_page=100
200 {"data":[{"id":206,"...":1},{"id":205,"...":1},{"id":204,"...":1},
             {"id":203,"...":1},{"id":202,"...":1},{"id":201,"...":1}],
    {{nolinks}},"meta":{"per_page":100,"...":1}}

ann-phone GET /api/byos/devices?per_page=6
200 {"data":[{"...":1},{"...":1},{"...":1},{"...":1},{"...":1},
             {"id":201,"...":1}],
    {{nolinks}},"meta":{"per_page":6,"...":1}}

ann-phone GET /api/byos/devices?per_page=5
200 {"data":[{"...":1},{"...":1},{"...":1},{"...":1},
             {"id":202,"sim_cards":[{"id":302,"...":1},{"id":303,"...":1}],
              "...":1}],
    "links":{"first":null,"last":null,"prev":null,"next":"<text>"},
    "meta":{"path":"https://sms.example.com/api/byos/devices","per_page":5,
            "next_cursor":"<text>","prev_cursor":null}}

ann-phone GET /api/byos/devices?per_page=1
200 {"data":[{"id":206,"...":1}],"...":1}



=== TEST 6: what is wrong with a query
--- steps
ann-phone GET /api/byos/devices?status=lost&per_page=0&cursor=abc
422 {"message":"The selected status is invalid. (and 2 more errors)",
    "errors":{"status":["The selected status is invalid."],
              "per_page":["The per page field must be between 1 and 100."],
              "cursor":["The cursor field format is invalid."]}}

ann-phone GET /api/byos/devices?per_page=101
422 {"message":"The per page field must be between 1 and 100.","errors":
    {"per_page":["The per page field must be between 1 and 100."]}}

ann-phone GET /api/byos/devices?per_page=x
422 {"message":"The per page field must be an integer.","errors":
    {"per_page":["The per page field must be an integer."]}}

ann-phone GET /api/byos/devices?cursor=______________________8
422

ann-phone GET /api/byos/devices?status=Active
422

bob-phone GET /api/byos/devices?cursor=
200 {"data":[{"id":211,"...":1}],"...":1}



=== TEST 7: only OAuth tokens of that scope see phones
--- steps
- GET /api/byos/devices
401 {"message":"Unauthenticated."}

- GET /api/byos/devices?per_page=0
401 {"message":"Unauthenticated."}

expired-phone GET /api/byos/devices
401 {"message":"Unauthenticated."}

ann GET /api/byos/devices
403 {"message":"This action is unauthorized."}

key GET /api/byos/devices
403 {"message":"This action is unauthorized."}

ann-scoped GET /api/byos/devices
403 {"message":"Invalid scope(s) provided."}

ann-scoped GET /api/byos/devices?per_page=0
403 {"message":"Invalid scope(s) provided."}
