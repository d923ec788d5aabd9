use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 76;

run_tests();

__DATA__

=== TEST 1: a team in full
--- sql
update teams set created_at = '2026-01-02 03:04:05Z',
       updated_at = '2026-01-03 03:04:05Z'
--- steps
max GET /api/teams
200 {"data":[{"id":11,"name":"Sales","organization_id":1,
    "created_at":"2026-01-02T03:04:05Z",
    "updated_at":"2026-01-03T03:04:05Z"}]}



=== TEST 2: owners, admins and keys see all teams of the organization
--- steps
ann GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

ada GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

ann-phone GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

ann-session GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

key GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

key-none GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

key-dua GET /api/teams
200 {"data":[{"id":11,"...":1},{"id":12,"...":1}]}

key-bolt GET /api/teams
200 {"data":[{"id":21,"organization_id":2,"name":"Desk","...":1}]}

bob GET /api/teams
200 {"data":[{"id":21,"...":1}]}



=== TEST 3: a member sees those that it is in, of all its organizations
--- steps
dua GET /api/teams
200 {"data":[{"id":12,"...":1},{"id":21,"...":1}]}

mia GET /api/teams
200 {"data":[]}

tim GET /api/teams
200 {"data":[]}

eve GET /api/teams
200 {"data":[]}



=== TEST 4: nobody else is told of any
--- steps
- GET /api/teams
401 {"message":"Unauthenticated."}

zed GET /api/teams
401 {"message":"Unauthenticated."}

key-revoked GET /api/teams
401 {"message":"Unauthenticated."}

key-left GET /api/teams
401 {"message":"Unauthenticated."}

ann POST /api/teams
405
  < Allow: GET
