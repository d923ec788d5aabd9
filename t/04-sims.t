use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 95;

run_tests();

__DATA__

=== TEST 1: the owner sees every SIM of the organization, in full
--- request
GET /api/sims
--- as: ann
--- json
{"data": [
    {
        "id": 101,
        "number": "+15551230101",
        "seven_system_number": "+15551230101",
        "country": "US",
        "provider": "seven",
        "status": "active",
        "type": "dedicated",
        "shared_max_orgs": null,
        "messages_received_count": 0,
        "organizations": [
            {"id": 1, "name": "Acme", "alias": null, "team_id": null}
        ],
        "teams": [],
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z"
    },
    {
        "id": 102,
        "number": "+15551230102",
        "seven_system_number": "+15551230102",
        "country": "US",
        "provider": "twilio",
        "status": "active",
        "type": "dedicated",
        "shared_max_orgs": null,
        "messages_received_count": 0,
        "organizations": [
            {"id": 1, "name": "Acme", "alias": "Sales line", "team_id": 11}
        ],
        "teams": [{"id": 11, "name": "Sales"}],
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z"
    },
    {
        "id": 103,
        "number": "+15551230103",
        "seven_system_number": "+15551230103",
        "country": "US",
        "provider": "byos",
        "status": "active",
        "type": "shared",
        "shared_max_orgs": 2,
        "messages_received_count": 0,
        "organizations": [
            {"id": 1, "name": "Acme", "alias": null, "team_id": null}
        ],
        "teams": [],
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z"
    },
    {"id": 105, "type": "byos", "...": "<any>"},
    {"id": 107, "type": "byos", "...": "<any>"},
    {"id": 108, "type": "byos", "...": "<any>"}
]}



=== TEST 2: an admin and an API key see them all too
--- steps
ada GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "...": 1}, {"id": 105, "...": 1}, {"id": 107, "...": 1},
    {"id": 108, "...": 1}]}

key-read GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "...": 1}, {"id": 105, "...": 1}, {"id": 107, "...": 1},
    {"id": 108, "...": 1}]}



=== TEST 3: a member sees those of its teams and those of no team
--- steps
max GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "...": 1}, {"id": 105, "...": 1}, {"id": 107, "...": 1},
    {"id": 108, "...": 1}]}

mia GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 103, "...": 1},
    {"id": 105, "...": 1}, {"id": 107, "...": 1}, {"id": 108, "...": 1}]}

sql insert into team_members values (11, 4, 1)

mia GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "...": 1}, {"id": 105, "...": 1}, {"id": 107, "...": 1},
    {"id": 108, "...": 1}]}



=== TEST 4: another organization sees its own, and of a shared SIM its own part
--- request
GET /api/sims
--- as: bob
--- json
{"data": [
    {
        "id": 103,
        "number": "+15551230103",
        "shared_max_orgs": 2,
        "organizations": [
            {"id": 2, "name": "Bolt", "alias": "Desk line", "team_id": 21}
        ],
        "teams": [{"id": 21, "name": "Desk"}],
        "...": 1
    },
    {"id": 104, "...": 1},
    {"id": 106, "...": 1}
]}



=== TEST 5: somebody of two organizations sees a shared SIM once, with both
--- request
GET /api/sims
--- as: dua
--- json
{"data": [
    {"id": 101, "...": 1},
    {
        "id": 103,
        "organizations": [
            {"id": 1, "name": "Acme", "alias": null, "team_id": null},
            {"id": 2, "name": "Bolt", "alias": "Desk line", "team_id": 21}
        ],
        "teams": [{"id": 21, "name": "Desk"}],
        "...": 1
    },
    {"id": 104, "...": 1},
    {"id": 105, "...": 1},
    {"id": 106, "...": 1},
    {"id": 107, "...": 1},
    {"id": 108, "...": 1}
]}



=== TEST 6: a key of somebody of two organizations sees its own organization's
--- request
GET /api/sims
--- as: key-dua
--- json
{"data": [
    {"id": 101, "...": 1},
    {"id": 102, "...": 1},
    {
        "id": 103,
        "organizations": [
            {"id": 1, "name": "Acme", "alias": null, "team_id": null}
        ],
        "teams": [],
        "...": 1
    },
    {"id": 105, "...": 1},
    {"id": 107, "...": 1},
    {"id": 108, "...": 1}
]}



=== TEST 7: who is in no organization sees an empty list
--- request
GET /api/sims
--- as: eve
--- response_body chomp
{"data":[]}



=== TEST 8: an inactive SIM is listed, a deleted one is not
--- sql
update hosted_sims set status = 'inactive' where id = 104;
update hosted_sims set status = 'inactive', deleted_at = now() where id = 106
--- request
GET /api/sims
--- as: key-bolt
--- json
{"data": [{"id": 103, "status": "active", "...": 1},
          {"id": 104, "status": "inactive", "...": 1}]}



=== TEST 9: what was received counts by rows of the caller alone
--- sql
select test.message(1, 1, null, 103, 'both', now()),
       test.message(1, 2, 21, 103, 'both', now()),
       test.message(2, 2, 21, 103, 'under a lock of Bolt', now()),
       test.message(3, 1, 12, 103, 'under a lock of Support', now())
--- steps
ann GET /api/sims
200 {"data": [{"id": 101, "messages_received_count": 0, "...": 1},
    {"id": 102, "...": 1},
    {"id": 103, "messages_received_count": 2, "...": 1},
    {"id": 105, "...": 1}, {"id": 107, "...": 1}, {"id": 108, "...": 1}]}

max GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "messages_received_count": 1, "...": 1},
    {"id": 105, "...": 1}, {"id": 107, "...": 1}, {"id": 108, "...": 1}]}

bob GET /api/sims
200 {"data": [{"id": 103, "messages_received_count": 2, "...": 1},
    {"id": 104, "...": 1}, {"id": 106, "...": 1}]}

key GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "messages_received_count": 2, "...": 1},
    {"id": 105, "...": 1}, {"id": 107, "...": 1}, {"id": 108, "...": 1}]}



=== TEST 10: an SMS that reached both organizations of a person counts once
--- sql
select test.message(1, 1, null, 103, 'both', now()),
       test.message(1, 2, 21, 103, 'both', now()),
       test.message(2, 2, 21, 103, 'under a lock of Bolt', now()),
       test.message(3, 1, 11, 103, 'under a lock of Sales', now())
--- request
GET /api/sims
--- as: dua
--- json
{"data": [{"id": 101, "...": 1},
    {"id": 103, "messages_received_count": 2, "...": 1},
    {"id": 104, "...": 1}, {"id": 105, "...": 1}, {"id": 106, "...": 1},
    {"id": 107, "...": 1}, {"id": 108, "...": 1}]}



=== TEST 11: a team's SIM leaves with the team's membership, at once
--- steps
max GET /api/sims
200 {"data": [{"id": 101, "...": 1}, {"id": 102, "...": 1},
    {"id": 103, "...": 1}, {"id": 105, "...": 1}, {"id": 107, "...": 1},
    {"id": 108, "...": 1}]}

sql delete from members where user_id = 3

max GET /api/sims
200 {"data": []}



=== TEST 12: without a credential there is no list
--- request
GET /api/sims
--- error_code: 401
--- json
{"message":"Unauthenticated."}



=== TEST 13: a key without numbers.read gets none, a token by scope does
--- steps
key-none GET /api/sims
403 {"message":"Invalid ability provided."}

key-messages GET /api/sims
403 {"message":"Invalid ability provided."}

sql update credentials set abilities = 4 where id = 541

ann-scoped GET /api/sims
403 {"message":"Invalid scope(s) provided."}

ann-phone GET /api/sims
200



=== TEST 14: unknown query values change nothing
--- request
GET /api/sims?page=x&per_page=-1&%FF=%00&organization_id=2
--- as: key-bolt
--- json
{"data": [{"id": 103, "...": 1}, {"id": 104, "...": 1},
          {"id": 106, "...": 1}]}
