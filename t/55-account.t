use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 222;

run_tests();

__DATA__

=== TEST 1: how a person is signed in, the newest first
--- sql
update credentials
   set created_at = '2026-02-01Z',
       last_used_at = case id when 501 then '2026-02-03 04:05:06.7Z'::timestamptz
                      end,
       expires_at = case id when 571 then '2200-01-01Z'::timestamptz end
 where id in (501, 571)
--- request
GET /api/user/tokens
--- as: ann
--- json
{
    "data": [{
        "id": 571,
        "name": "ann-session",
        "type": "session",
        "is_current": false,
        "last_used_at": null,
        "expires_at": "2200-01-01T00:00:00Z",
        "created_at": "2026-02-01T00:00:00Z"
    }, {
        "id": 501,
        "name": "ann",
        "type": "token",
        "is_current": true,
        "last_used_at": "2026-02-03T04:05:06Z",
        "expires_at": null,
        "created_at": "2026-02-01T00:00:00Z"
    }]
}



=== TEST 2: a session is the current one where it asks; nobody else's is told
--- steps
ann-session GET /api/user/tokens
200 {"data":[{"id":571,"is_current":true,"...":1},
             {"id":501,"is_current":false,"...":1}]}

eve GET /api/user/tokens
200 {"data":[{"id":577,"...":1},{"id":507,"...":1}]}



=== TEST 3: a token without a name
--- sql
update credentials set name = null where id = 507;
delete from credentials where id = 577
--- steps
eve GET /api/user/tokens
200 {"data":[{"id":507,"name":null,"type":"token","is_current":true,
              "last_used_at":null,"expires_at":null,"created_at":"<time>"}]}



=== TEST 4: a token is ended, at once, and its sockets are told
--- steps
ann-session DELETE /api/user/tokens/501
204
  < ! Set-Cookie

ann GET /api/user
401 {"message":"Unauthenticated."}

row select type, user_id, organization_id, object_id from events
     => access.ended|1|1|501

ann-session DELETE /api/user/tokens/501
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 501"}

row select count(*) from events => 1

ann-session GET /api/user/tokens
200 {"data":[{"id":571,"...":1}]}



=== TEST 5: also the one that asks
--- steps
ann DELETE /api/user/tokens/501
204

ann GET /api/user/tokens
401 {"message":"Unauthenticated."}

row select revoked_at is not null from credentials where id = 501 => t



=== TEST 6: of a session the browser forgets what it has
--- request
DELETE /api/user/tokens/571
--- as: ann-session
--- error_code: 204
--- response_headers_like
Set-Cookie: __Host-simrelay_session=; Path=/; Max-Age=0;.*__Host-simrelay_csrf=; Path=/; Max-Age=0;.*
--- rows
select revoked_at is not null from credentials where id = 571 => t



=== TEST 7: nobody else's, nothing else, nothing that has ended
--- steps
ann DELETE /api/user/tokens/502
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 502"}

ann DELETE /api/user/tokens/521
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 521"}

ann DELETE /api/user/tokens/550
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 550"}

ann DELETE /api/user/tokens/560
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 560"}

ann DELETE /api/user/tokens/561
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 561"}

ann DELETE /api/user/tokens/42
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 42"}

ann DELETE /api/user/tokens/-1
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] -1"}

ann DELETE /api/user/tokens/99999999999999999999
404 {"message":"No query results for model [App\\Models\\PersonalAccessToken] 99999999999999999999"}

row select count(*) from credentials where revoked_at is not null => 2

row select count(*) from events => 0



=== TEST 8: who may neither see nor end them
--- steps
- GET /api/user/tokens
401 {"message":"Unauthenticated."}

- DELETE /api/user/tokens/501
401 {"message":"Unauthenticated."}

key GET /api/user/tokens
403 {"message":"This action is unauthorized."}

key DELETE /api/user/tokens/501
403 {"message":"This action is unauthorized."}

ann-phone GET /api/user/tokens
403 {"message":"This action is unauthorized."}

ann-phone DELETE /api/user/tokens/501
403 {"message":"This action is unauthorized."}

revoked DELETE /api/user/tokens/501
401 {"message":"Unauthenticated."}

expired GET /api/user/tokens
401 {"message":"Unauthenticated."}

- DELETE /api/user/tokens/501
  > Cookie: __Host-simrelay_session={{token:ann-session}}
403 {"message":"CSRF token mismatch."}

ann POST /api/user/tokens
405
  < Allow: GET

ann GET /api/user/tokens/501
405
  < Allow: DELETE

row select revoked_at from credentials where id = 501 =>



=== TEST 9: connected applications, by what was granted to them
--- sql
delete from credentials where kind = 2;
insert into oauth_clients (id, name, redirect_uris)
values ('{{uuid20}}', 'Zoo', '{}'), ('{{uuid21}}', 'Bar', '{}');

insert into oauth_grants (id, oauth_client_id, user_id, scope, abilities,
                          created_at, revoked_at)
overriding system value
values (1, '{{uuid20}}', 1, 'numbers.read messages.read', 5, '2026-02-02Z',
        null),
       (2, '{{uuid20}}', 1, 'numbers.read numbers.lock', 3, '2026-02-01Z',
        null),
       (3, '{{uuid20}}', 1, 'webhooks.receive', 8, '2026-01-01Z', now()),
       (4, '{{uuid21}}', 1, 'mobile:device', 55, '2026-02-03Z', null),
       (5, '{{uuid21}}', 5, 'numbers.read', 1, '2026-01-01Z', null),
       (6, '{{uuid9}}', 1, 'numbers.read', 1, '2026-01-01Z', null);

insert into credentials (digest, kind, abilities, user_id, oauth_client_id,
                         oauth_grant_id, expires_at, revoked_at, last_used_at)
select sha256(n::text::bytea), 2, 1, 1, client::uuid, grant_id, expires_at,
       revoked_at, last_used_at::timestamptz
  from (values (1, '{{uuid20}}', 1, now() + interval '1 day', null,
                '2026-02-04Z'),
               (2, '{{uuid20}}', 1, now() + interval '1 day', now(),
                '2026-02-05Z'),
               (3, '{{uuid20}}', 2, now() + interval '1 day', null,
                '2026-02-03Z'),
               (4, '{{uuid9}}', 6, now() - interval '1 day', null,
                '2026-02-03Z'))
       t(n, client, grant_id, expires_at, revoked_at, last_used_at);

insert into oauth_refresh_tokens (digest, oauth_grant_id, expires_at, used_at)
values (sha256('r4'), 4, now() + interval '1 day', null),
       (sha256('r6'), 6, now() + interval '1 day', now()),
       (sha256('r7'), 6, now() - interval '1 second', null)
--- request
GET /api/user/applications
--- as: ann
--- json
{
    "data": [{
        "id": "00000000-0000-4000-8000-000000000021",
        "name": "Bar",
        "scopes": ["mobile:device"],
        "created_at": "2026-02-03T00:00:00Z",
        "last_used_at": null
    }, {
        "id": "00000000-0000-4000-8000-000000000020",
        "name": "Zoo",
        "scopes": ["messages.read", "numbers.lock", "numbers.read"],
        "created_at": "2026-02-01T00:00:00Z",
        "last_used_at": "2026-02-05T00:00:00Z"
    }]
}



=== TEST 10: a token without a grant is an application's too
--- sql
update credentials set scope = 'mobile:device', created_at = '2026-02-01Z'
 where id = 525
--- steps
bob GET /api/user/applications
200 {"data":[{"id":"{{uuid9}}","name":"app","scopes":["mobile:device"],
              "created_at":"2026-02-01T00:00:00Z","last_used_at":null}]}

sql update credentials set scope = null where id = 525

bob-session GET /api/user/applications
200 {"data":[{"id":"{{uuid9}}","scopes":[],"...":1}]}

sql update credentials set expires_at = now() where id = 525

bob GET /api/user/applications
200 {"data":[]}



=== TEST 11: an application is sent away with all that it has
--- sql
insert into oauth_clients (id, name, redirect_uris)
values ('{{uuid20}}', 'Zoo', '{}');

insert into oauth_grants (id, oauth_client_id, user_id, scope, abilities)
overriding system value
values (1, '{{uuid20}}', 1, 'numbers.read', 1),
       (2, '{{uuid20}}', 1, 'numbers.lock', 2),
       (3, '{{uuid9}}', 1, 'numbers.lock', 2),
       (4, '{{uuid20}}', 5, 'numbers.lock', 2);

update credentials
   set oauth_client_id = case when id = 522 then '{{uuid9}}'::uuid
                         else '{{uuid20}}' end,
       oauth_grant_id = case id when 521 then 1 when 541 then 2 when 522 then 3
                        when 525 then 4 end,
       user_id = case when id = 525 then 5 else 1 end
 where id in (521, 522, 523, 525, 541);

insert into oauth_codes (digest, oauth_client_id, user_id, redirect_uri, scope,
                         abilities, challenge, expires_at, used_at)
select sha256((user_id || client || coalesce(used::text, ''))::bytea),
       client::uuid,
       user_id, 'https://x.example/', 'numbers.read', 1, sha256(''),
       now() + interval '1 minute', used
  from (values (1, '{{uuid20}}', null), (1, '{{uuid20}}', now()),
               (1, '{{uuid9}}', null), (5, '{{uuid20}}', null))
       t(user_id, client, used)
--- steps
ann-phone GET /api/sims
200

ann-session DELETE /api/user/applications/{{uuid20}}
204

ann-phone GET /api/sims
401 {"message":"Unauthenticated."}

row select string_agg(id::text, ' ' order by id) from credentials
     where revoked_at is not null and id in (521, 522, 523, 525, 541)
     => 521 523 541

row select string_agg(id::text, ' ' order by id) from oauth_grants
     where revoked_at is not null => 1 2

row select count(*) from oauth_codes where user_id = 1
       and oauth_client_id = '{{uuid20}}' and used_at is null => 0

row select count(*) from oauth_codes => 3

row select string_agg(object_id::text, ' ' order by object_id) from events
     where type = 'access.ended' and user_id = 1 => 521 523 541

ann GET /api/user/applications
200 {"data":[{"id":"{{uuid9}}","...":1}]}

ann DELETE /api/user/applications/{{uuid20}}
404 {"message":"No query results for model [App\\Models\\Application] {{uuid20}}"}



=== TEST 12: nobody else's application, and what is none
--- sql
delete from credentials where kind = 2 and user_id = 1
--- steps
ann DELETE /api/user/applications/{{uuid9}}
404 {"message":"No query results for model [App\\Models\\Application] {{uuid9}}"}

ann DELETE /api/user/applications/{{uuid42}}
404 {"message":"No query results for model [App\\Models\\Application] {{uuid42}}"}

ann DELETE /api/user/applications/x
404 {"message":"No query results for model [App\\Models\\Application] x"}

ann DELETE /api/user/applications/42
404 {"message":"No query results for model [App\\Models\\Application] 42"}

ann DELETE /api/user/applications/%01%ff%22
404 {"message":"No query results for model [App\\Models\\Application] \u0001\ufffd\""}

ann DELETE /api/user/applications/{{a*3000}}
404

ann DELETE /api/user/applications/
404 {"message":"The route api/user/applications/ could not be found."}

row select count(*) from credentials where kind = 2 and revoked_at is null
     => 8



=== TEST 13: who may neither see nor send them away
--- steps
- GET /api/user/applications
401 {"message":"Unauthenticated."}

- DELETE /api/user/applications/{{uuid9}}
401 {"message":"Unauthenticated."}

key GET /api/user/applications
403 {"message":"This action is unauthorized."}

key DELETE /api/user/applications/{{uuid9}}
403 {"message":"This action is unauthorized."}

ann-phone GET /api/user/applications
403 {"message":"This action is unauthorized."}

ann-phone DELETE /api/user/applications/{{uuid9}}
403 {"message":"This action is unauthorized."}

- DELETE /api/user/applications/{{uuid9}}
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://evil.example
403 {"message":"CSRF token mismatch."}

row select count(*) from credentials where kind = 2 and revoked_at is not null
     => 0
