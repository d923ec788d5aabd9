use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 260;

run_tests();

__DATA__

=== TEST 1: consent is a code for that client, address, scope and challenge
--- steps
ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow scope=numbers.read)
  form
303
  <~ Location: https://app\.example/cb\?code=[A-Za-z0-9]{48}&state=xyz&iss=https%3A%2F%2Fsms\.example\.com
  < Cache-Control: no-store
  < Referrer-Policy: no-referrer

row select oauth_client_id, user_id, redirect_uri, scope, abilities,
           encode(challenge, 'base64'), oauth_grant_id, used_at
      from oauth_codes
    => {{uuid1}}|1|https://app.example/cb|numbers.read|1|E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM=||
row select expires_at between now() + interval '40 seconds'
                          and now() + interval '60 seconds' from oauth_codes
    => t
row select count(*) from oauth_grants => 0



=== TEST 2: scopes are given once each, the client's own where none is named
--- steps
ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
303

row select scope, abilities from oauth_codes => mobile:device numbers.read|55
sql delete from oauth_codes

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)&scope=+numbers.read+numbers.read++mobile:device
  form
303

row select scope, abilities from oauth_codes => numbers.read mobile:device|55
sql delete from oauth_codes

ann-session POST /oauth/authorize ask(client_id={{uuid2}} redirect_uri=https://script.example/cb csrf_token={{csrf:ann-session}} decision=allow)
  form
303
  <~ Location: https://script\.example/cb\?code=.*

row select scope, abilities from oauth_codes => numbers.read messages.read|5



=== TEST 3: who denies goes back with nothing
--- steps
ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=deny)
  form
back 303 access_denied The person has not consented.

row select count(*) from oauth_codes => 0



=== TEST 4: nobody consents but on our page, in their own session
--- steps
ann-session POST /oauth/authorize ask(decision=allow)
  form
page 403

ann-session POST /oauth/authorize ask(csrf_token= decision=allow)
  form
page 403

ann-session POST /oauth/authorize ask(csrf_token={{a*64}} decision=allow)
  form
page 403

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ada-session}} decision=allow)
  form
page 403

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
  > Cookie: __Host-simrelay_session={{token:ann-session}}
page 403

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: null
page 403

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://app.example
page 403

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=deny)
  form
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://app.example
page 403

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow response_type=token)
  form
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://app.example
page 403

row select count(*) from oauth_codes => 0



=== TEST 5: whose session has ended signs in and is asked again
--- steps
- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
303
  < Location: /login?return_to=%2Foauth%2Fauthorize%3Fclient_id%3D00000000-0000-4000-8000-000000000001%26redirect_uri%3Dhttps%253A%252F%252Fapp.example%252Fcb%26response_type%3Dcode%26state%3Dxyz%26code_challenge%3DE9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM%26code_challenge_method%3DS256

- POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  form
  > Authorization: Bearer {{token:ann}}
303
  <~ Location: /login\?return_to=%2Foauth%2Fauthorize%3Fclient_id%3D.*

zed-session POST /oauth/authorize ask(csrf_token={{csrf:zed-session}} decision=allow)
  form
303
  <~ Location: /login\?return_to=%2Foauth%2Fauthorize%3Fclient_id%3D.*

row select count(*) from oauth_codes => 0



=== TEST 6: the form is judged like the request that it was made of
--- steps
ann-session POST /oauth/authorize ask(client_id={{uuid5}} csrf_token={{csrf:ann-session}} decision=allow)
  form
page

ann-session POST /oauth/authorize ask(redirect_uri=https://evil.example/cb csrf_token={{csrf:ann-session}} decision=allow)
  form
page

ann-session POST /oauth/authorize ask(redirect_uri=https://evil.example/cb csrf_token={{csrf:ann-session}} decision=deny)
  form
page

ann-session POST /oauth/authorize ask(scope=messages.read csrf_token={{csrf:ann-session}} decision=allow)
  form
back 303 invalid_scope A scope is not known, or not for this client.

ann-session POST /oauth/authorize ask(code_challenge_method=plain csrf_token={{csrf:ann-session}} decision=allow)
  form
back 303 invalid_request code_challenge_method must be S256.

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)&decision=deny
  form
back 303 invalid_request A parameter stands in the request twice.

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}})
  form
page

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=yes)
  form
page

row select count(*) from oauth_codes => 0



=== TEST 7: what is no form is refused, and what is too large
--- steps
ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)
  > Content-Type: text/plain
page

ann-session POST /oauth/authorize {"decision":"allow"}
  > Content-Type: application/json
page

ann-session POST /oauth/authorize?ask(csrf_token={{csrf:ann-session}} decision=allow) x=1
  form
page

ann-session POST /oauth/authorize {{a=1&*200}}
  form
page

ann-session POST /oauth/authorize ask(csrf_token={{csrf:ann-session}} decision=allow)&x={{a*17000}}
  form
413

row select count(*) from oauth_codes => 0



=== TEST 8: the page hears who asks, for what, and whom
--- steps
ann-session GET /api/oauth/authorization?ask()
200 {"client":{"id":"{{uuid1}}","name":"Phone"},
     "user":{"name":"Ann","email":"ann@example.com"},
     "scopes":["mobile:device","numbers.read"],
     "redirect_uri":"https://app.example/cb"}
  < Cache-Control: no-store

bob-session GET /api/oauth/authorization?ask(client_id={{uuid2}} redirect_uri=https://script.example/cb scope=messages.read)
200 {"client":{"id":"{{uuid2}}","name":"Script"},
     "user":{"name":"Bob","email":"bob@example.com"},
     "scopes":["messages.read"],"redirect_uri":"https://script.example/cb"}



=== TEST 9: and what is wrong with it, if it is somebody who is signed in
--- steps
ann-session GET /api/oauth/authorization?ask(client_id={{uuid5}})
400 {"error":"invalid_request","error_description":"There is no such client, or redirect_uri is none of its own.",
     "message":"There is no such client, or redirect_uri is none of its own."}

ann-session GET /api/oauth/authorization
400 {"error":"invalid_request","...":1}

ann-session GET /api/oauth/authorization?ask(redirect_uri=https://evil.example/cb)
400 {"error":"invalid_request","...":1}

ann-session GET /api/oauth/authorization?ask(response_type=token)
400 {"error":"unsupported_response_type","...":1}

ann-session GET /api/oauth/authorization?ask(scope=admin)
400 {"error":"invalid_scope","...":1}

- GET /api/oauth/authorization
401 {"message":"Unauthenticated."}

- GET /api/oauth/authorization?ask()
401 {"message":"Unauthenticated."}

zed-session GET /api/oauth/authorization?ask()
401 {"message":"Unauthenticated."}

ann GET /api/oauth/authorization?ask()
403 {"message":"This action is unauthorized."}

ann-phone GET /api/oauth/authorization?ask(scope=admin)
403 {"message":"This action is unauthorized."}

key GET /api/oauth/authorization
403 {"message":"This action is unauthorized."}



=== TEST 10: no script of another origin reads the authorization endpoint
--- steps
ann-session GET /oauth/authorize?ask()
200
  < ! Access-Control-Allow-Origin

- GET /oauth/authorize?ask()
  > Origin: https://ext.example
302
  < ! Access-Control-Allow-Origin

- OPTIONS /oauth/authorize
  > Origin: https://ext.example
  > Access-Control-Request-Method: POST
204
  < ! Access-Control-Allow-Origin

- OPTIONS /oauth/token
  > Origin: https://ext.example
  > Access-Control-Request-Method: POST
204
  < Access-Control-Allow-Origin: https://ext.example

- DELETE /oauth/authorize
405
  < Allow: GET, POST
