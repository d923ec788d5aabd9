use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 287;

run_tests();

__DATA__

=== TEST 1: without a token nothing is said of a SIM
--- request
GET /api/sims/1/lock
--- error_code: 401
--- response_headers
Content-Type: application/json
WWW-Authenticate: Bearer
--- response_body chomp
{"message":"Unauthenticated."}



=== TEST 2: a known path with another method names the methods it has
--- request
DELETE /api/sims
--- error_code: 405
--- response_headers
Allow: GET
--- response_body chomp
{"message":"The DELETE method is not supported for route api/sims. Supported methods: GET."}



=== TEST 3: several methods are all named
--- request
PUT /api/sims/101/lock
--- error_code: 405
--- response_headers
Allow: GET, POST, DELETE
--- json
{"message":"The PUT method is not supported for route api/sims/101/lock. Supported methods: GET, POST, DELETE."}



=== TEST 4: a method that nobody knows is 405 too
--- steps
- FROB /api/sims
405 {"message":"The FROB method is not supported for route api/sims. Supported methods: GET."}
  < Allow: GET

- HEAD /api/webhooks/twilio/sms
405
  < Allow: POST



=== TEST 5: an unknown path is not found, whoever asks
--- steps
- GET /api/nothing
404 {"message":"The route api/nothing could not be found."}

ann POST /api/nothing {
404 {"message":"The route api/nothing could not be found."}

ann GET /api
404

ann GET /api/
404 {"message":"The route api/ could not be found."}

ann GET /api/sims/101
404 {"message":"The route api/sims/101 could not be found."}

ann GET /api/sims/101/lock/more
404 {"message":"The route api/sims/101/lock/more could not be found."}
--- config
    location /api {
        simrelay;
    }



=== TEST 6: a path with a slash at its end is another path
--- steps
ann GET /api/sims/
404 {"message":"The route api/sims/ could not be found."}

ann GET /api/health/
404 {"message":"The route api/health/ could not be found."}

ann GET /api/sims/101/lock/
404 {"message":"The route api/sims/101/lock/ could not be found."}



=== TEST 7: paths are compared decoded, and letters by case
--- steps
ann GET /api/%73ims
200

ann GET /api/sims/%31%30%31/lock
200 {"status":"unlocked"}

ann GET /api//sims
200

ann GET /api/x/../sims
200

ann GET /api/Sims
404 {"message":"The route api/Sims could not be found."}



=== TEST 8: what a path holds does not break the answer
--- steps
ann GET /api/%22%5C%0A%01
404 {"message":"The route api/\"\\\n\u0001 could not be found."}

ann GET /api/%E2%82%AC
404 {"message":"The route api/€ could not be found."}

ann GET /api/%FF%FE
404 {"message":"The route api/�� could not be found."}

ann GET /api/sims/%22x/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] \"x"}



=== TEST 9: an id that is no id is that of nobody's SIM
--- steps
ann GET /api/sims/0/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 0"}

ann GET /api/sims/-1/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] -1"}

ann GET /api/sims/9223372036854775807/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 9223372036854775807"}

ann GET /api/sims/9223372036854775808/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 9223372036854775808"}

ann GET /api/sims/99999999999999999999999999/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 99999999999999999999999999"}

ann GET /api/sims/abc/messages
404 {"message":"No query results for model [App\\Models\\HostedSim] abc"}

ann GET /api/sims/101.0/lock
404 {"message":"No query results for model [App\\Models\\HostedSim] 101.0"}

ann-phone POST /api/byos/devices/abc/heartbeat
404 {"message":"No query results for model [App\\Models\\ByosDevice] abc"}

- GET /api/sims/abc/lock
401 {"message":"Unauthenticated."}

revoked GET /api/sims/abc/lock
401 {"message":"Unauthenticated."}



=== TEST 10: an empty segment is no parameter
--- config
    merge_slashes off;

    location /api/ {
        simrelay;
    }
--- steps
ann GET /api/sims//lock
404 {"message":"The route api/sims//lock could not be found."}



=== TEST 11: HEAD answers as GET does, without a body
--- request
HEAD /api/sims
--- as: ann
--- response_headers
Content-Type: application/json
--- response_body



=== TEST 12: HEAD asks for the same credential
--- request
HEAD /api/sims
--- error_code: 401
--- response_body



=== TEST 13: OPTIONS says what a path can do, to anybody
--- steps
- OPTIONS /api/sims/101/lock
204
  < Allow: GET, POST, DELETE
  < ! Access-Control-Allow-Origin

- OPTIONS /api/nothing
404 {"message":"The route api/nothing could not be found."}



=== TEST 14: a browser extension may ask before it calls
--- request
OPTIONS /api/sims
--- more_headers
Origin: https://ext.example
Access-Control-Request-Method: GET
Access-Control-Request-Headers: authorization
--- error_code: 204
--- response_headers
Access-Control-Allow-Origin: https://ext.example
Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE
Access-Control-Allow-Headers: Authorization, Content-Type, Accept, Idempotency-Key, X-CSRF-Token, X-Requested-With, X-Socket-ID
Vary: Origin



=== TEST 15: an origin of any scheme may be allowed, answers and errors alike
--- steps
ann GET /api/sims
  > Origin: chrome-extension://abc
200
  < Access-Control-Allow-Origin: chrome-extension://abc
  < Vary: Origin

- GET /api/sims
  > Origin: https://ext.example
401
  < Access-Control-Allow-Origin: https://ext.example

- GET /api/nothing
  > Origin: https://ext.example
404
  < Access-Control-Allow-Origin: https://ext.example



=== TEST 16: another origin gets no leave
--- steps
ann GET /api/sims
  > Origin: https://evil.example
200
  < ! Access-Control-Allow-Origin
  < Vary: Origin

- OPTIONS /api/sims
  > Origin: https://evil.example
  > Access-Control-Request-Method: GET
204
  < ! Access-Control-Allow-Origin
  < ! Access-Control-Allow-Methods



=== TEST 17: a star allows every origin, and without the directive there is none
--- http_config
    simrelay_cors_origin *;
--- steps
ann GET /api/sims
  > Origin: https://any.example
200
  < Access-Control-Allow-Origin: https://any.example



=== TEST 18: 404 comes before 405, 405 before 401
--- steps
- PUT /api/nothing
404

- PUT /api/sims
405

- GET /api/sims
401



=== TEST 19: 401 without a token comes before 413, 413 before 400
--- steps
- POST /api/byos/devices/201/sms {{{*70000}}
401 {"message":"Unauthenticated."}

revoked POST /api/byos/devices/201/sms {{{*70000}}
413 {"message":"Content Too Large"}

revoked POST /api/byos/devices/201/sms {{{*2}}
400 {"message":"Malformed JSON at byte 1."}



=== TEST 20: 400 comes before who calls, and that before what is wrong
--- steps
revoked POST /api/byos/devices/201/sms {}
401 {"message":"Unauthenticated."}

ann POST /api/byos/devices/201/sms {}
403 {"message":"This action is unauthorized."}

ann-scoped POST /api/byos/devices/201/sms {}
403 {"message":"Invalid scope(s) provided."}

ann-phone POST /api/byos/devices/211/sms {}
404 {"message":"No query results for model [App\\Models\\ByosDevice] 211"}

ann-phone POST /api/byos/devices/201/sms {}
422 {"message":"The from field is required. (and 2 more errors)","errors":{
       "from":["The from field is required."],
       "body":["The body field is required."],
       "message_id":["The message id field is required."]}}



=== TEST 21: 422 comes before 409
--- sql
select test.hold(101, 2, 1, null, null, -60, 60)
--- steps
ann GET /api/sims/101/messages?per_page=0
422 {"message":"The per page field must be between 1 and 100.","errors":{
       "per_page":["The per page field must be between 1 and 100."]}}

ann GET /api/sims/101/messages
409



=== TEST 22: a token is taken in every form it comes in
--- steps
- GET /api/sims
  > Authorization: Bearer 501|{{token:ann}}
200

- GET /api/sims
  > Authorization: bearer {{token:ann}}
200

- GET /api/sims
  > Authorization: Bearer   {{token:key}}
200



=== TEST 23: what is no token is none
--- steps
- GET /api/sims
  > Authorization: {{token:ann}}
401 {"message":"Unauthenticated."}

- GET /api/sims
  > Authorization: Basic {{token:ann}}
401

- GET /api/sims
  > Authorization: Bearer
401

- GET /api/sims
  > Authorization: Bearer 501|
401

- GET /api/sims
  > Authorization: Bearer {{token:ann}}x
401

- GET /api/sims
  > Authorization: Bearer {{token:ann}} x
401

- GET /api/sims
  > Authorization: Bearer {{a*600}}
401

- GET /api/sims?token={{token:ann}}
401



=== TEST 24: a credential that is over stops with the very next request
--- steps
ann GET /api/sims
200

sql update credentials set revoked_at = now() where id = 501
ann GET /api/sims
401 {"message":"Unauthenticated."}

sql update credentials set revoked_at = null,
                           expires_at = now() where id = 501
ann GET /api/sims
401 {"message":"Unauthenticated."}

sql update credentials set expires_at = null where id = 501;
    update users set disabled_at = now() where id = 1
ann GET /api/sims
401 {"message":"Unauthenticated."}
--- rows
select count(*) from locks => 0
