use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 400;

run_tests();

__DATA__

=== TEST 1: the keys of the organization, in full
--- sql
delete from credentials where kind = 4 and organization_id = 1
                          and id not in (550, 553);
update credentials
   set created_at = '2026-02-01Z', updated_at = '2026-02-02Z',
       last_used_at = case id when 550 then '2026-02-03 04:05:06.7Z'::timestamptz
                      end
--- request
GET /api/api-keys
--- as: ann
--- json
{
    "data": [{
        "id": 550,
        "name": "key",
        "key_prefix": "sk_live_key0",
        "permissions": ["numbers.read", "numbers.lock", "messages.read",
                        "webhooks.receive"],
        "last_used_at": "2026-02-03T04:05:06Z",
        "created_at": "2026-02-01T00:00:00Z",
        "updated_at": "2026-02-02T00:00:00Z"
    }, {
        "id": 553,
        "name": "key-read",
        "key_prefix": "sk_live_keyr",
        "permissions": ["numbers.read"],
        "last_used_at": null,
        "created_at": "2026-02-01T00:00:00Z",
        "updated_at": "2026-02-02T00:00:00Z"
    }]
}



=== TEST 2: revoked keys, those of other organizations and of nobody are none
--- sql
update credentials set revoked_at = now()
 where kind = 4 and organization_id = 1 and id <> 553;
insert into credentials (digest, kind, abilities, name, key_prefix)
values (test.digest('key-agent', 4), 4, 15, 'agent', 'sk_live_agen')
--- steps
ann GET /api/api-keys
200 {"data":[{"id":553,"...":1}]}

bob GET /api/api-keys
200 {"data":[{"id":556,"...":1}]}

dua-session GET /api/api-keys
200 {"data":[{"id":553,"...":1}]}

eve GET /api/api-keys
200 {"data":[]}

eve GET /api/api-keys/553
404 {"message":"No query results for model [App\\Models\\ApiKey] 553"}



=== TEST 3: one of them, by any member, with a token or a session
--- steps
ann GET /api/api-keys/554
200 {"id":554,"name":"key-lock","key_prefix":"sk_live_keyl",
    "permissions":["numbers.lock"],"last_used_at":null,
    "created_at":"<time>","updated_at":"<time>"}

mia GET /api/api-keys/554
200 {"id":554,"...":1}

max-session GET /api/api-keys/554
200 {"id":554,"...":1}



=== TEST 4: no other organization's, no revoked one, none that never was
--- steps
ann GET /api/api-keys/556
404 {"message":"No query results for model [App\\Models\\ApiKey] 556"}

ann GET /api/api-keys/559
404 {"message":"No query results for model [App\\Models\\ApiKey] 559"}

ann GET /api/api-keys/42
404 {"message":"No query results for model [App\\Models\\ApiKey] 42"}

ann GET /api/api-keys/abc
404 {"message":"No query results for model [App\\Models\\ApiKey] abc"}

ann GET /api/api-keys/9223372036854775808
404 {"message":"No query results for model [App\\Models\\ApiKey] 9223372036854775808"}

ann GET /api/api-keys/501
404 {"message":"No query results for model [App\\Models\\ApiKey] 501"}

ann PUT /api/api-keys/556 {"name":"x","permissions":["numbers.read"]}
404 {"message":"No query results for model [App\\Models\\ApiKey] 556"}

ann PATCH /api/api-keys/559 {"name":"x","permissions":["numbers.read"]}
404 {"message":"No query results for model [App\\Models\\ApiKey] 559"}

ann PUT /api/api-keys/556 {}
404 {"message":"No query results for model [App\\Models\\ApiKey] 556"}

ann DELETE /api/api-keys/556
404 {"message":"No query results for model [App\\Models\\ApiKey] 556"}

ann DELETE /api/api-keys/559
404 {"message":"No query results for model [App\\Models\\ApiKey] 559"}

ann DELETE /api/api-keys/501
404 {"message":"No query results for model [App\\Models\\ApiKey] 501"}

ann POST /api/api-keys/556/regenerate
404 {"message":"No query results for model [App\\Models\\ApiKey] 556"}

ann POST /api/api-keys/42/regenerate
404 {"message":"No query results for model [App\\Models\\ApiKey] 42"}

row select name, revoked_at, digest = test.digest('key-bolt', 4)
      from credentials where id = 556 => key-bolt||t

row select count(*) from events => 0



=== TEST 5: a key is made, and its text is told once
--- request
POST /api/api-keys
{"name":"Büro 1","permissions":["webhooks.receive","numbers.read"]}
--- as: ann
--- error_code: 201
--- response_headers
Cache-Control: no-store
--- json
{
    "api_key": {
        "id": "<int>",
        "name": "Büro 1",
        "key_prefix": "<text>",
        "permissions": ["numbers.read", "webhooks.receive"],
        "last_used_at": null,
        "created_at": "<time+0>",
        "updated_at": "<time+0>"
    },
    "plain_text_key": "<text>"
}
--- rows
select kind, abilities, user_id, organization_id, expires_at, key_prefix ~ '^sk_live_[A-Za-z0-9]{4}$' from credentials where id > 1000 => 4|9|1|1||t
select count(*) from credentials c where id > 1000 and c::text ~ 'sk_live_[A-Za-z0-9]{5}' => 0
select count(*) from events => 0



=== TEST 6: who may not make, change or end one
--- steps
- GET /api/api-keys
401 {"message":"Unauthenticated."}

- POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
401 {"message":"Unauthenticated."}

key GET /api/api-keys
403 {"message":"This action is unauthorized."}

key POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
403 {"message":"This action is unauthorized."}

key GET /api/api-keys/550
403 {"message":"This action is unauthorized."}

ann-phone GET /api/api-keys
403 {"message":"This action is unauthorized."}

ann-phone POST /api/api-keys/550/regenerate
403 {"message":"This action is unauthorized."}

ann-phone DELETE /api/api-keys/550
403 {"message":"This action is unauthorized."}

mia POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
403 {"message":"This action is unauthorized."}

mia POST /api/api-keys {}
403 {"message":"This action is unauthorized."}

mia PUT /api/api-keys/550 {"name":"x","permissions":["numbers.read"]}
403 {"message":"This action is unauthorized."}

mia-session DELETE /api/api-keys/550
403 {"message":"This action is unauthorized."}

mia POST /api/api-keys/550/regenerate
403 {"message":"This action is unauthorized."}

eve POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
403 {"message":"This action is unauthorized."}

eve DELETE /api/api-keys/550
403 {"message":"This action is unauthorized."}

zed GET /api/api-keys
401 {"message":"Unauthenticated."}

revoked DELETE /api/api-keys/550
401 {"message":"Unauthenticated."}

expired POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
401 {"message":"Unauthenticated."}

row select count(*) from credentials where id > 1000 or name = 'x' => 0

row select revoked_at, digest = test.digest('key', 4) from credentials where id = 550 => |t



=== TEST 7: a session writes on a page of ours alone
--- steps
- POST /api/api-keys {"name":"x","permissions":["numbers.read"]}
  > Cookie: __Host-simrelay_session={{token:ann-session}}
403 {"message":"CSRF token mismatch."}

- DELETE /api/api-keys/550
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://sms.example.com
403 {"message":"CSRF token mismatch."}

- GET /api/api-keys/550
  > Cookie: __Host-simrelay_session={{token:ann-session}}
200 {"id":550,"...":1}

ann-session DELETE /api/api-keys/550
204

row select count(*) from credentials where name = 'x' => 0



=== TEST 8: a body without anything names all that it lacks
--- steps
ann POST /api/api-keys
422 {"message":"The name field is required. (and 1 more error)",
    "errors":{"name":["The name field is required."],
              "permissions":["The permissions field is required."]}}

ann PUT /api/api-keys/550 {"name":"","permissions":[]}
422 {"message":"The name field is required. (and 1 more error)",
    "errors":{"name":["The name field is required."],
              "permissions":["The permissions field is required."]}}

ann PATCH /api/api-keys/550 {"name":"other"}
422 {"message":"The permissions field is required.",
    "errors":{"permissions":["The permissions field is required."]}}

ann PATCH /api/api-keys/550 {"permissions":["numbers.read"]}
422 {"message":"The name field is required.",
    "errors":{"name":["The name field is required."]}}

row select name, abilities from credentials where id = 550 => key|15



=== TEST 9: what is wrong with every field, at once
--- steps
ann POST /api/api-keys
    {"name":7,"permissions":"numbers.read"}
422 {"message":"The name field must be a string. (and 1 more error)",
    "errors":{"name":["The name field must be a string."],
              "permissions":["The permissions field must be an array."]}}

ann POST /api/api-keys
    {"name":"{{a*256}}","permissions":["numbers.write","numbers.read","",7]}
422 {"message":
     "The name field must not be greater than 255 characters. (and 3 more errors)",
    "errors":{
     "name":["The name field must not be greater than 255 characters."],
     "permissions.0":["The selected permissions.0 is invalid."],
     "permissions.2":["The selected permissions.2 is invalid."],
     "permissions.3":["The selected permissions.3 is invalid."]}}

ann PUT /api/api-keys/550
    {"name":"a\u0000b","permissions":["numbers.read","numbers.read"]}
422 {"message":"The name field format is invalid. (and 2 more errors)",
    "errors":{
     "name":["The name field format is invalid."],
     "permissions.0":["The permissions.0 field has a duplicate value."],
     "permissions.1":["The permissions.1 field has a duplicate value."]}}

ann POST /api/api-keys
    {"name":"x","permissions":["Numbers.read","mobile:device","broadcasting"]}
422 {"message":"The selected permissions.0 is invalid. (and 2 more errors)",
    "errors":{
     "permissions.0":["The selected permissions.0 is invalid."],
     "permissions.1":["The selected permissions.1 is invalid."],
     "permissions.2":["The selected permissions.2 is invalid."]}}

ann POST /api/api-keys
    {"name":"x","permissions":["numbers.read","numbers.lock","messages.read",
                               "webhooks.receive","numbers.read"]}
422 {"message":"The permissions field must not have more than 4 items.",
    "errors":{"permissions":
              ["The permissions field must not have more than 4 items."]}}

ann POST /api/api-keys {"name":"x","permissions":[null]}
422 {"message":"The selected permissions.0 is invalid.",
    "errors":{"permissions.0":["The selected permissions.0 is invalid."]}}

ann POST /api/api-keys {"name":["x"],"permissions":{"numbers.read":true}}
422 {"message":"The name field must be a string. (and 1 more error)",
    "errors":{"name":["The name field must be a string."],
              "permissions":["The permissions field must be an array."]}}

row select count(*) from credentials where id > 1000 => 0



=== TEST 10: 255 characters are a name, however many bytes
--- request
POST /api/api-keys
{"name":"{{ö*255}}","permissions":["messages.read"]}
--- as: ann
--- error_code: 201
--- rows
select char_length(name), abilities from credentials where id > 1000 => 255|4



=== TEST 11: malformed, too large
--- steps
ann POST /api/api-keys {"name":
400

ann POST /api/api-keys {"name":"{{x00}}","permissions":["numbers.read"]}
400

ann POST /api/api-keys []
400

ann POST /api/api-keys {"name":"{{a*16400}}"}
413 {"message":"Content Too Large"}

row select count(*) from credentials where id > 1000 => 0



=== TEST 12: a name is one key's of the organization, while it lives
--- steps
ann POST /api/api-keys {"name":"key","permissions":["numbers.read"]}
422 {"message":"The name has already been taken.",
    "errors":{"name":["The name has already been taken."]}}

ann PUT /api/api-keys/551 {"name":"key","permissions":["numbers.read"]}
422 {"message":"The name has already been taken.",
    "errors":{"name":["The name has already been taken."]}}

row select name, abilities from credentials where id = 551 => key-other|15

ann POST /api/api-keys {"name":"key-bolt","permissions":["numbers.read"]}
201

ann POST /api/api-keys {"name":"key-revoked","permissions":["numbers.read"]}
201

ann DELETE /api/api-keys/550
204

ann POST /api/api-keys {"name":"key","permissions":["numbers.read"]}
201



=== TEST 13: a key is renamed, and may less or more
--- steps
sql update credentials set updated_at = '2026-02-02Z', created_at = '2026-02-01Z'
     where id = 553

ann PUT /api/api-keys/553
    {"name":"reader","permissions":["messages.read","numbers.read"]}
200 {"id":553,"name":"reader","key_prefix":"sk_live_keyr",
    "permissions":["numbers.read","messages.read"],"last_used_at":null,
    "created_at":"2026-02-01T00:00:00Z","updated_at":"<time+0>"}

row select count(*) from events => 0

key-read GET /api/sims/101/messages
200

ada-session PATCH /api/api-keys/553
    {"name":"reader","permissions":["numbers.read"]}
200 {"id":553,"permissions":["numbers.read"],"...":1}

row select type, user_id, organization_id, object_id from events
     => access.ended|1|1|553

key-read GET /api/sims/101/messages
403 {"message":"Invalid ability provided."}

ann GET /api/api-keys/553
200 {"name":"reader","permissions":["numbers.read"],"...":1}



=== TEST 14: an ended key is none at once, and its sockets are told
--- steps
key GET /api/sims
200

ann DELETE /api/api-keys/550
204
  < ! Content-Type

key GET /api/sims
401 {"message":"Unauthenticated."}

row select type, user_id, organization_id, object_id from events
     => access.ended|1|1|550

ann DELETE /api/api-keys/550
404 {"message":"No query results for model [App\\Models\\ApiKey] 550"}

ann GET /api/api-keys/550
404

row select count(*) from events => 1

row select revoked_at is not null from credentials where id = 550 => t



=== TEST 15: a regenerated one is another, with its name, rights and age
--- steps
sql update credentials set created_at = '2026-02-01Z' where id = 553

key-read GET /api/sims
200

ann POST /api/api-keys/553/regenerate
200 {"api_key":{"id":553,"name":"key-read","key_prefix":"<text:prefix>",
                "permissions":["numbers.read"],"last_used_at":null,
                "created_at":"2026-02-01T00:00:00Z","updated_at":"<time+0>"},
     "plain_text_key":"<text>"}
  < Cache-Control: no-store

key-read GET /api/sims
401 {"message":"Unauthenticated."}

row select type, user_id, organization_id, object_id from events
     => access.ended|1|1|553

row select digest <> test.digest('key-read', 4),
           key_prefix <> 'sk_live_keyr' and key_prefix like 'sk_live_%'
      from credentials where id = 553 => t|t

ann GET /api/api-keys/553
200 {"key_prefix":"<text:prefix>","...":1}



=== TEST 16: a key of somebody who has left is its regenerator's
--- steps
ada POST /api/api-keys/557/regenerate
200

row select user_id from credentials where id = 557 => 6

sql delete from members where user_id = 6 and organization_id = 1

ada GET /api/api-keys/557
200 {"id":557,"name":"key-dua","...":1}

ada POST /api/api-keys/557/regenerate
200

row select user_id from credentials where id = 557 => 2

sql update users set disabled_at = now() where id = 2

ann POST /api/api-keys/557/regenerate
200

row select user_id from credentials where id = 557 => 1



=== TEST 17: an organization has so many keys and no more
--- sql
insert into credentials (digest, kind, abilities, user_id, organization_id,
                         name, key_prefix)
select sha256(n::text::bytea), 4, 1, 1, 1, 'n' || n, 'sk_live_nnnn'
  from generate_series(1, 1000 - (select count(*) from credentials
                                   where kind = 4 and organization_id = 1
                                     and revoked_at is null)) n
--- steps
ann POST /api/api-keys {"name":"more","permissions":["numbers.read"]}
403 {"message":"API key limit reached."}

bob POST /api/api-keys {"name":"more","permissions":["numbers.read"]}
201

ann DELETE /api/api-keys/550
204

ann POST /api/api-keys {"name":"more","permissions":["numbers.read"]}
201



=== TEST 18: a use is noted, and not each
--- steps
key GET /api/sims
200

sql select test.until('select last_used_at > now() - interval ''1 minute''
                         from credentials where id = 550')

ann GET /api/api-keys/550
200 {"last_used_at":"<time>","...":1}

sql update credentials set last_used_at = now() - interval '20 seconds'
     where id = 550

key GET /api/sims
200

key-other GET /api/sims
200

sql select test.until('select last_used_at is not null from credentials
                        where id = 551')

row select last_used_at < now() - interval '19 seconds' from credentials
     where id = 550 => t

sql update credentials set last_used_at = now() - interval '2 minutes'
     where id = 550

key GET /api/sims
200

sql select test.until('select last_used_at > now() - interval ''1 minute''
                         from credentials where id = 550')

row select last_used_at is null from credentials where id = 552 => t



=== TEST 19: other methods, other paths
--- steps
ann PUT /api/api-keys
405 {"message":"The PUT method is not supported for route api/api-keys. Supported methods: GET, POST."}
  < Allow: GET, POST

ann POST /api/api-keys/550
405
  < Allow: GET, PUT, PATCH, DELETE

ann GET /api/api-keys/550/regenerate
405
  < Allow: POST

ann GET /api/api-keys/550/x
404
