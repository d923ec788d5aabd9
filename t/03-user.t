use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 84;

run_tests();

__DATA__

=== TEST 1: a person sees itself and its current organization
--- request
GET /api/user
--- as: ann
--- json
{
    "user": {
        "id": 1,
        "name": "Ann",
        "email": "ann@example.com",
        "email_verified_at": "2026-01-03T00:00:00Z",
        "created_at": "2026-01-02T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z"
    },
    "auth_type": "sanctum",
    "organization": {
        "id": 1,
        "name": "Acme",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z"
    },
    "api_key": null
}



=== TEST 2: an OAuth token is its person's
--- request
GET /api/user
--- as: bob-phone
--- json
{
    "user": {"id": 5, "email_verified_at": null, "...": "<any>"},
    "auth_type": "oauth",
    "organization": {"id": 2, "name": "Bolt", "...": "<any>"},
    "api_key": null
}



=== TEST 3: an API key shows its owner, its organization and what it may do
--- request
GET /api/user
--- as: key
--- json
{
    "user": {"id": 1, "name": "Ann", "...": "<any>"},
    "auth_type": "api_key",
    "organization": {"id": 1, "...": "<any>"},
    "api_key": {
        "id": 550,
        "name": "key",
        "permissions": ["numbers.read", "numbers.lock", "messages.read",
                        "webhooks.receive"]
    }
}



=== TEST 4: no permission is needed for it, and an empty list is a list
--- steps
key-none GET /api/user
200 {"api_key": {"id": 552, "name": "key-none", "permissions": []},
     "...": "<any>"}

ann-scoped GET /api/user
200 {"auth_type": "oauth", "...": "<any>"}



=== TEST 5: a key acts in its own organization, a person in its current one
--- sql
update users set current_organization_id = 2 where id = 6
--- steps
dua GET /api/user
200 {"organization": {"id": 2, "...": "<any>"}, "...": "<any>"}

key-dua GET /api/user
200 {"organization": {"id": 1, "...": "<any>"}, "...": "<any>"}

sql delete from members where user_id = 6 and organization_id = 2

dua GET /api/user
200 {"organization": null, "...": "<any>"}

key-dua GET /api/user
200 {"organization": {"id": 1, "...": "<any>"}, "...": "<any>"}



=== TEST 6: somebody of no organization has none
--- request
GET /api/user
--- as: eve
--- json
{
    "user": {"id": 7, "...": "<any>"},
    "auth_type": "sanctum",
    "organization": null,
    "api_key": null
}



=== TEST 7: names of every script come out as they went in
--- sql
update users set name = E'Zoë 😀 "\\/ \u0001\u2028' where id = 1
--- request
GET /api/user
--- as: ann
--- json
{"user": {"name": "Zoë 😀 \"\\/ \u0001\u2028", "...": "<any>"},
 "...": "<any>"}



=== TEST 8: without a credential nobody is seen
--- request
GET /api/user
--- error_code: 401
--- json
{"message":"Unauthenticated."}



=== TEST 9: a credential that is over is none
--- steps
revoked GET /api/user
401 {"message":"Unauthenticated."}

expired GET /api/user
401 {"message":"Unauthenticated."}

expired-phone GET /api/user
401 {"message":"Unauthenticated."}

key-revoked GET /api/user
401 {"message":"Unauthenticated."}

zed GET /api/user
401 {"message":"Unauthenticated."}

nobody GET /api/user
401 {"message":"Unauthenticated."}



=== TEST 10: a key whose owner has left its organization is over
--- steps
key-left GET /api/user
401 {"message":"Unauthenticated."}

sql insert into members (user_id, organization_id, role)
    values (5, 1, 'member')

key-left GET /api/user
200 {"organization": {"id": 1, "...": "<any>"}, "...": "<any>"}



=== TEST 11: a body of a GET is not looked at
--- steps
ann GET /api/user {"broken
200 {"user": {"id": 1, "...": "<any>"}, "...": "<any>"}
