use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 279;

# where a client comes from is said by a header
our $RealIp = <<'END';
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
END

run_tests();

__DATA__

=== TEST 1: an agent registers itself
--- steps
- POST /api/agents/register {"name":"Billing bot","description":"Pays bills.",
    "callback_url":"https://bot.example/hook?a=1",
    "metadata":{"model":"m1","tools":["a",{"b":null}],"n":-1.5e3}}
201 {"api_key":"<key>","claim_url":"<claim_url>",
    "verification_code":"<claim_code>","expires_at":"<time+259200>",
    "webhook_secret":"<secret>","message":"<text>"}
  < Cache-Control: no-store

row select name, description, callback_url,
           metadata = '{"model":"m1","tools":["a",{"b":null}],"n":-1500}',
           address, tries, octet_length(webhook_secret), claimed_at is null,
           claimed_by is null
      from agents
    => Billing bot|Pays bills.|https://bot.example/hook?a=1|t|127.0.0.1|0|93|t|t

row select c.kind, c.abilities, c.user_id is null, c.organization_id is null,
           c.name, c.key_prefix like 'sk_live_____', c.expires_at = a.expires_at
      from credentials c join agents a on a.credential_id = c.id
    => 4|15|t|t|Billing bot|t|t



=== TEST 2: a name is enough
--- steps
- POST /api/agents/register {"name":"x","description":null,"callback_url":"",
    "metadata":null}
201 {"api_key":"<key>","claim_url":"<claim_url>","...":1}

row select description is null, callback_url is null, metadata is null
      from agents => t|t|t

- POST /api/agents/register {"name":"{{ä*255}}","description":"{{ö*1000}}",
    "callback_url":"http://a.example/{{x*2031}}","metadata":{}}
201

row select char_length(name), char_length(description),
           char_length(callback_url), metadata
      from agents where name <> 'x' => 255|1000|2048|{}



=== TEST 3: every field that fails is named
--- request
POST /api/agents/register
{"description":1,"callback_url":"ftp://x","metadata":[1]}
--- error_code: 422
--- json
{
    "message": "The name field is required. (and 3 more errors)",
    "errors": {
        "name": ["The name field is required."],
        "description": ["The description field must be a string."],
        "callback_url": ["The callback url field must be a valid URL."],
        "metadata": ["The metadata field must be an array."]
    }
}
--- rows
select count(*) from agents => 0
select count(*) from throttles => 0



=== TEST 4: what is too long, or not to be stored
--- steps
- POST /api/agents/register {"name":"{{a*256}}","description":"{{b*1001}}",
    "callback_url":"http://a.example/{{x*2032}}",
    "metadata":{"a":"{{c*4090}}"}}
422 {"message":"<text>","errors":{
    "name":["The name field must not be greater than 255 characters."],
    "description":["The description field must not be greater than 1000 characters."],
    "callback_url":["The callback url field must not be greater than 2048 characters."],
    "metadata":["The metadata field must not be greater than 4096 characters."]}}

- POST /api/agents/register {"name":"a\u0000b","description":"\ud800",
    "metadata":{"a":["\u0000"]}}
422 {"message":"<text>","errors":{
    "name":["The name field format is invalid."],
    "description":["The description field format is invalid."],
    "metadata":["The metadata field format is invalid."]}}

- POST /api/agents/register {"name":"a","metadata":{"\udc00":1}}
422 {"message":"The metadata field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","metadata":{"a":1e999999}}
422 {"message":"The metadata field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","metadata":{"a":[[[[[[[1]]]]]]]}}
400 {"message":"<text>"}

- POST /api/agents/register {"name":"a","metadata":{"a":[[[[[[1]]]]]]}}
201

- POST /api/agents/register {"name":"a{{xFF}}"}
400 {"message":"Malformed JSON at byte 10."}

- POST /api/agents/register {"name":
400

- POST /api/agents/register []
400

- POST /api/agents/register
422 {"message":"The name field is required.",
    "errors":{"name":["The name field is required."]}}

row select count(*) from agents => 1



=== TEST 5: a body that nobody reads
--- request
POST /api/agents/register
{"name":"{{a*70000}}"}
--- error_code: 413
--- json
{"message":"Content Too Large"}
--- no_error_log
[alert]



=== TEST 6: callbacks go to public addresses, as far as the URL tells
--- steps
- POST /api/agents/register {"name":"a","callback_url":"http://127.0.0.1/"}
422 {"message":"The callback url field format is invalid.",
    "errors":{"callback_url":["The callback url field format is invalid."]}}

- POST /api/agents/register {"name":"a","callback_url":"http://[::1]:8080/"}
422 {"message":"The callback url field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"https://10.1.2.3/x"}
422 {"message":"The callback url field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"http://2130706433/"}
422 {"message":"The callback url field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"http://0x7f.1/"}
422 {"message":"The callback url field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"http://a.example./"}
422 {"message":"The callback url field format is invalid.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"http://u:p@a.example/"}
422 {"message":"The callback url field must be a valid URL.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"javascript:alert(1)"}
422 {"message":"The callback url field must be a valid URL.","...":1}

- POST /api/agents/register {"name":"a","callback_url":"http://a.example/%zz"}
422

- POST /api/agents/register {"name":"a","callback_url":{"url":"x"}}
422

- POST /api/agents/register {"name":"a","callback_url":"https://8.8.8.8/hook"}
201

row select count(*) from agents => 1



=== TEST 7: the same name from the same address waits to be claimed
--- steps
- POST /api/agents/register {"name":"Bot"}
201 {"claim_url":"<claim_url:url>","expires_at":"<time:end>","...":1}

- POST /api/agents/register {"name":"bOT","description":"other"}
409 {"message":"An agent of this name is registered and waits to be claimed.",
    "claim_url":"<claim_url:url>","expires_at":"<time:end>"}

row select hits from throttles where kind = 'agents' => 1

- POST /api/agents/register {"name":"Bot 2"}
201

row select count(*), count(description) from agents => 2|0



=== TEST 8: elsewhere the name is another one's
--- http_config eval: $::RealIp
--- steps
- POST /api/agents/register {"name":"Bot"}
  > X-Real-IP: 192.0.2.1
201

- POST /api/agents/register {"name":"Bot"}
  > X-Real-IP: 192.0.2.2
201

- POST /api/agents/register {"name":"Bot"}
  > X-Real-IP: 2001:db8:1:2::1
201

- POST /api/agents/register {"name":"Bot"}
  > X-Real-IP: 2001:db8:1:2:3:4:5:6
409

- POST /api/agents/register {"name":"Bot"}
  > X-Real-IP: 2001:db8:1:3::1
201

row select string_agg(address, ' ' order by address) from agents
    => 192.0.2.1 192.0.2.2 2001:db8:1:2:: 2001:db8:1:3::



=== TEST 9: five an hour, whatever they are called; what is refused counts not
--- http_config eval: $::RealIp
--- steps
- POST /api/agents/register {"name":"1"}
  > X-Real-IP: 2001:db8:1:2::1
201

- POST /api/agents/register {"name":"2"}
  > X-Real-IP: 2001:db8:1:2::2
201

- POST /api/agents/register {"name":"3"}
  > X-Real-IP: 2001:db8:1:2::3
201

- POST /api/agents/register {"name":""}
  > X-Real-IP: 2001:db8:1:2::3
422

- POST /api/agents/register {"name":"3"}
  > X-Real-IP: 2001:db8:1:2::3
409

- POST /api/agents/register {"name":"4"}
  > X-Real-IP: 2001:db8:1:2::4
201

- POST /api/agents/register {"name":"5"}
  > X-Real-IP: 2001:db8:1:2:ffff::
201

- POST /api/agents/register {"name":"6"}
  > X-Real-IP: 2001:db8:1:2::5
429 {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 5
  < X-RateLimit-Remaining: 0

- POST /api/agents/register {"name":"5"}
  > X-Real-IP: 2001:db8:1:2::5
409

- POST /api/agents/register {"name":"6"}
  > X-Real-IP: 2001:db8:1:3::5
201

row select count(*) from agents => 6

row select count(*) from credentials where user_id is null => 6

sql update throttles set expires_at = now()

- POST /api/agents/register {"name":"6"}
  > X-Real-IP: 2001:db8:1:2::5
201



=== TEST 10: one is told how long to wait
--- sql
select throttle('agents', '127.0.0.1', 5, '1 hour')
  from generate_series(1, 5);
update throttles set expires_at = now() + interval '1000 seconds'
--- request
POST /api/agents/register
{"name":"a"}
--- error_code: 429
--- response_headers_like
Retry-After: (1000|99\d)
X-RateLimit-Limit: 5
X-RateLimit-Remaining: 0
X-RateLimit-Reset: \d{10}
--- rows
select count(*) from agents => 0
select count(*) from credentials where user_id is null => 0



=== TEST 11: what nobody has claimed in time gives way
--- sql
select test.agent(1, 'Bot', 'key-agent');
update agents set address = '127.0.0.1', expires_at = now();
--- steps
- POST /api/agents/register {"name":"bot"}
201

row select count(*), min(name) from agents => 1|bot

row select count(*) from credentials where id = 591 => 0



=== TEST 12: so does what nobody can claim any more, and what is claimed
--- sql
select test.agent(1, 'Bot', 'key-agent'), test.agent(2, 'Claimed', 'key-two');
update agents set address = '127.0.0.1';
update agents set tries = 5 where name = 'Bot';
update agents set claimed_at = now() where name = 'Claimed';
--- steps
- POST /api/agents/register {"name":"Bot"}
201

- POST /api/agents/register {"name":"Claimed"}
201

row select string_agg(name, ' ' order by name) from agents
    => Bot Claimed Claimed



=== TEST 13: without a key file no secret can be kept
--- without: simrelay_key_file
--- request
POST /api/agents/register
{"name":"a"}
--- error_code: 500
--- json
{"message":"Server Error"}
--- error_log
agents cannot register without "simrelay_key_file"
--- no_error_log
[alert]
--- rows
select count(*) from agents => 0



=== TEST 14: without a public URL the link is that of the name that was called
--- without: simrelay_public_url
--- request
POST /api/agents/register
{"name":"a"}
--- more_headers
Host: sms.test:81
--- error_code: 201
--- response_body_like: "claim_url":"http://sms.test:81/agents/claim/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",



=== TEST 15: a key that nobody has claimed may ask for its status alone
--- sql
select test.agent(1, 'Bot', 'key-agent')
--- steps
key-agent GET /api/agents/status
200 {"status":"pending","name":"Bot",
    "claim_url":"https://sms.example.com/agents/claim/{{uuid1}}",
    "expires_at":"<time+259200>","claimed_at":null,"organization":null,
    "permissions":[]}

key-agent GET /api/user
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/sims
403 {"message":"This API key has not been claimed yet."}

key-agent POST /api/sims/101/lock
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/sims/101/messages
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/websocket-config
403 {"message":"This API key has not been claimed yet."}

key-agent POST /api/broadcasting/auth {}
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/api-keys
403 {"message":"This API key has not been claimed yet."}

key-agent POST /api/byos/devices {}
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/agents/claims/{{uuid1}}
403 {"message":"This API key has not been claimed yet."}

key-agent POST /api/agents/claims/{{uuid1}} {}
403 {"message":"This API key has not been claimed yet."}

key-agent GET /api/nowhere
404 {"message":"The route api/nowhere could not be found."}

row select count(*) from sim_locks => 0



=== TEST 16: when its time is up it is unknown
--- sql
select test.agent(1, 'Bot', 'key-agent');
update credentials set expires_at = now() where id = 591
--- steps
key-agent GET /api/agents/status
401 {"message":"Unauthenticated."}

key-agent GET /api/sims
401 {"message":"Unauthenticated."}



=== TEST 17: the status of what is no agent's key
--- steps
key GET /api/agents/status
404 {"message":"No query results for model [App\\Models\\Agent]."}

ann GET /api/agents/status
403 {"message":"This action is unauthorized."}

ann-phone GET /api/agents/status
403 {"message":"This action is unauthorized."}

key-revoked GET /api/agents/status
401 {"message":"Unauthenticated."}

- GET /api/agents/status
401 {"message":"Unauthenticated."}
