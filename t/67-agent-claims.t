use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 291;

run_tests();

__DATA__

=== TEST 1: whoever is signed in sees what can be claimed
--- sql
select test.agent(1, 'Bot', 'key-agent', 'https://bot.example/');
update agents set description = 'Pays "bills".'
--- steps
ann GET /api/agents/claims/{{uuid1}}
200 {"id":"{{uuid1}}","name":"Bot","description":"Pays \"bills\".",
    "callback_url":"https://bot.example/","status":"pending",
    "expires_at":"<time+259200>"}

mia-session GET /api/agents/claims/{{uuid1}}
200 {"status":"pending","...":1}

bob GET /api/agents/claims/{{uuid1}}
200 {"status":"pending","...":1}



=== TEST 2: who is not, does not
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
- GET /api/agents/claims/{{uuid1}}
401 {"message":"Unauthenticated."}

ann-phone GET /api/agents/claims/{{uuid1}}
403 {"message":"This action is unauthorized."}

key GET /api/agents/claims/{{uuid1}}
403 {"message":"This action is unauthorized."}

- POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
401 {"message":"Unauthenticated."}

key POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
403 {"message":"This action is unauthorized."}

row select count(*), sum(tries) from agents where claimed_at is null => 1|0



=== TEST 3: what is not there
--- sql
select test.agent(1, 'Bot', 'key-agent');
update agents set expires_at = now()
--- steps
ann GET /api/agents/claims/{{uuid1}}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid1}}"}

ann GET /api/agents/claims/{{uuid2}}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid2}}"}

ann GET /api/agents/claims/x
404 {"message":"No query results for model [App\\Models\\Agent] x"}

ann GET /api/agents/claims/1
404 {"message":"No query results for model [App\\Models\\Agent] 1"}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid1}}"}

ann POST /api/agents/claims/{{uuid1}} {}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid1}}"}

ann POST /api/agents/claims/x {"verification_code":"ABCD2345","name":"a"}
404 {"message":"No query results for model [App\\Models\\Agent] x"}

ann POST /api/agents/claims/00000000-0000-4000-8000-00000000000g {}
404

row select count(*), sum(tries) from agents where claimed_at is null => 1|0



=== TEST 4: with its code the key belongs to the organization, and works at once
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
key-agent GET /api/sims
403 {"message":"This API key has not been claimed yet."}

ada POST /api/agents/claims/{{uuid1}} {"verification_code":"abcd2345",
    "name":"Our bot"}
200 {"api_key":{"id":591,"name":"Our bot","key_prefix":"sk_live_keya",
    "permissions":["numbers.read","numbers.lock","messages.read",
    "webhooks.receive"],"last_used_at":"<any>","created_at":"<time>",
    "updated_at":"<time>"}}

key-agent GET /api/user
200 {"auth_type":"api_key","user":{"id":2,"...":1},
    "organization":{"id":1,"...":1},
    "api_key":{"id":591,"name":"Our bot","permissions":["numbers.read",
    "numbers.lock","messages.read","webhooks.receive"]}}

key-agent GET /api/sims
200

key-agent POST /api/sims/101/lock
200 {"user_id":2,"...":1}

key-agent GET /api/agents/status
200 {"status":"claimed","name":"Our bot","claim_url":null,"expires_at":null,
    "claimed_at":"<time+0>","organization":{"id":1,"name":"Acme"},
    "permissions":["numbers.read","numbers.lock","messages.read",
    "webhooks.receive"]}

ann GET /api/api-keys/591
200 {"id":591,"name":"Our bot","...":1}

row select expires_at is null, user_id, organization_id from credentials
     where id = 591 => t|2|1

row select tries, claimed_at is not null, claimed_by from agents => 0|t|2

row select count(*) from webhook_integrations => 0



=== TEST 5: by a page of ours; from elsewhere it does nothing
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
- POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"a"}
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://evil.example
403 {"message":"CSRF token mismatch."}

row select count(*) from agents where claimed_at is null => 1

ann-session POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"a"}
200 {"api_key":{"id":591,"...":1}}



=== TEST 6: with fewer permissions
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"a","permissions":["messages.read","numbers.read"]}
200 {"api_key":{"permissions":["numbers.read","messages.read"],"...":1}}

key-agent POST /api/sims/101/lock
403 {"message":"Invalid ability provided."}

key-agent GET /api/sims/101/messages
200

key-agent GET /api/agents/status
200 {"permissions":["numbers.read","messages.read"],"...":1}

row select count(*) from events where type = 'access.ended' => 0



=== TEST 7: only owners and admins, whatever the body
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
mia POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
403 {"message":"This action is unauthorized."}

dua POST /api/agents/claims/{{uuid1}} {"verification_code":"WRONG234","name":"a"}
403 {"message":"This action is unauthorized."}

eve POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
403 {"message":"This action is unauthorized."}

mia POST /api/agents/claims/{{uuid1}} {}
403 {"message":"This action is unauthorized."}

row select count(*), sum(tries) from agents where claimed_at is null => 1|0



=== TEST 8: every field that fails is named, and that is no try
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
ann POST /api/agents/claims/{{uuid1}}
422 {"message":"The verification code field is required. (and 1 more error)",
    "errors":{
    "verification_code":["The verification code field is required."],
    "name":["The name field is required."]}}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD-345",
    "name":"{{a*256}}","permissions":["numbers.read","x","numbers.read"]}
422 {"message":"<text>","errors":{
    "verification_code":["The verification code field format is invalid."],
    "name":["The name field must not be greater than 255 characters."],
    "permissions.0":["The permissions.0 field has a duplicate value."],
    "permissions.1":["The selected permissions.1 is invalid."],
    "permissions.2":["The permissions.2 field has a duplicate value."]}}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":12345678,
    "name":"a\u0000","permissions":[]}
422 {"message":"<text>","errors":{
    "verification_code":["The verification code field must be a string."],
    "name":["The name field format is invalid."],
    "permissions":["The permissions field must have at least 1 items."]}}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD23456",
    "name":"a","permissions":"numbers.read"}
422

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD234\u0000",
    "name":"a"}
422

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"äBCD234",
    "name":"a"}
422

ann POST /api/agents/claims/{{uuid1}} {"verification_code":
400

row select count(*), sum(tries) from agents where claimed_at is null => 1|0



=== TEST 9: five wrong codes, whoever tries, and the key is dead
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2346","name":"a"}
422 {"message":"The verification code is incorrect.",
    "errors":{"verification_code":["The verification code is incorrect."]}}

bob POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2347","name":"a"}
422 {"message":"The verification code is incorrect.","...":1}

ada POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2348","name":"a"}
422

ada POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2349","name":"a"}
422

row select tries from agents => 4

key-agent GET /api/agents/status
200 {"status":"pending","...":1}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2340","name":"a"}
422 {"message":"The verification code is incorrect.","...":1}

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
429 {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 5
  < X-RateLimit-Remaining: 0

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345"}
422

ann GET /api/agents/claims/{{uuid1}}
200 {"status":"pending","...":1}

key-agent GET /api/agents/status
401 {"message":"Unauthenticated."}

row select tries, claimed_at is null from agents => 5|t



=== TEST 10: the fifth try may be the right one
--- sql
select test.agent(1, 'Bot', 'key-agent');
update agents set tries = 4
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
200

row select tries from agents => 4



=== TEST 11: a name that another key has, and then another name
--- sql
select test.agent(1, 'Bot', 'key-agent'), test.agent(2, 'Two', 'key-two')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"key"}
422 {"message":"The name has already been taken.",
    "errors":{"name":["The name has already been taken."]}}

key-agent GET /api/sims
403 {"message":"This API key has not been claimed yet."}

row select tries from agents where name = 'Bot' => 0

ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"key-revoked"}
200

bob POST /api/agents/claims/{{uuid2}} {"verification_code":"ABCD2345",
    "name":"key"}
200 {"api_key":{"name":"key","...":1}}

key-two GET /api/user
200 {"organization":{"id":2,"...":1},"...":1}



=== TEST 12: not more keys than an organization may have
--- sql
select test.agent(1, 'Bot', 'key-agent');
insert into credentials (digest, kind, abilities, user_id, organization_id,
                         name, key_prefix)
select sha256(n::text::bytea), 4, 1, 5, 2, 'n' || n, 'sk_live_0000'
  from generate_series(1, 999) n
--- steps
bob POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"a"}
403 {"message":"API key limit reached."}

row select tries, claimed_at is null from agents => 0|t

sql delete from credentials where name = 'n1'

bob POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"a"}
200



=== TEST 13: a second claim
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"a"}
200

ada POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"b"}
409 {"message":"This agent has already been claimed."}

mia GET /api/agents/claims/{{uuid1}}
200 {"id":"{{uuid1}}","name":"Bot","status":"claimed","expires_at":null,
    "...":1}

bob POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345","name":"b"}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid1}}"}

bob GET /api/agents/claims/{{uuid1}}
404 {"message":"No query results for model [App\\Models\\Agent] {{uuid1}}"}

row select name, organization_id from credentials where id = 591 => a|1



=== TEST 14: its callback becomes an integration of all teams
--- sql
select test.agent(1, 'Bot', 'key-agent', 'https://bot.example/hook')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"Our bot"}
200

row select i.organization_id, i.name, i.url, i.secret = a.webhook_secret,
           i.is_active, i.timeout_seconds, i.retry_count,
           i.id = a.webhook_integration_id
      from webhook_integrations i cross join agents a
    => 1|Our bot|https://bot.example/hook|t|t|30|3|t

row select string_agg(team_id || ' ' || forwarding_mode, ', ' order by team_id)
      from webhook_mappings where is_active => 11 always, 12 always



=== TEST 15: only what the key may have
--- sql
select test.agent(1, 'One', 'key-one', 'https://one.example/'),
       test.agent(2, 'Two', 'key-two', 'https://two.example/')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"One","permissions":["messages.read"]}
200

ann POST /api/agents/claims/{{uuid2}} {"verification_code":"ABCD2345",
    "name":"Two","permissions":["webhooks.receive"]}
200

row select name, is_active from webhook_integrations => Two|t

row select count(*) from webhook_mappings => 0

row select count(*) from agents where webhook_integration_id is null => 1



=== TEST 16: and only as long as it may
--- sql
select test.agent(1, 'One', 'key-one', 'https://one.example/'),
       test.agent(2, 'Two', 'key-two', 'https://two.example/'),
       test.agent(3, 'Three', 'key-three', 'https://three.example/')
--- steps
ann POST /api/agents/claims/{{uuid1}} {"verification_code":"ABCD2345",
    "name":"One"}
200

ann POST /api/agents/claims/{{uuid2}} {"verification_code":"ABCD2345",
    "name":"Two"}
200

ann POST /api/agents/claims/{{uuid3}} {"verification_code":"ABCD2345",
    "name":"Three"}
200

ann DELETE /api/api-keys/591
204

ann PUT /api/api-keys/592 {"name":"Two","permissions":["numbers.read",
    "webhooks.receive"]}
200

ann PUT /api/api-keys/593 {"name":"Three","permissions":["messages.read",
    "webhooks.receive"]}
200

ann POST /api/api-keys/593/regenerate
200

row select string_agg(name || ' ' || is_active, ', ' order by id)
      from webhook_integrations => One false, Two false, Three true
