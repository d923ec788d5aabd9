use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 621;

run_tests();

__DATA__

=== TEST 1: somebody who is signed in is asked for consent
--- steps
ann-session GET /oauth/authorize?ask()
200
  < Content-Type: text/html
  < Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; form-action 'self' https://app.example
  < X-Frame-Options: DENY
  < Cache-Control: no-store
  < ! Location

ann-session HEAD /oauth/authorize?ask()
200
  < Content-Type: text/html
  < X-Frame-Options: DENY

ann-session GET /oauth/authorize?ask(scope=mobile:device)
200
  < Content-Type: text/html

ann-session GET /oauth/authorize?ask(response_mode=query)
200
  < Content-Type: text/html

row select count(*) from oauth_codes => 0



=== TEST 2: who is not signed in goes to sign in, and comes back
--- steps
- GET /oauth/authorize?ask()
to login ask()

- HEAD /oauth/authorize?ask()
to login ask()

- GET /oauth/authorize?ask()
  > Cookie: __Host-simrelay_session={{a*48}}
to login ask()

- GET /oauth/authorize?ask()
  > Cookie: __Host-simrelay_session=
to login ask()

- GET /oauth/authorize?ask()
  > Cookie: simrelay_session={{token:ann-session}}
to login ask()



=== TEST 3: nobody comes in with what is no session, or no longer
--- sql
update credentials set expires_at = now() where id = 572;
update credentials set revoked_at = now() where id = 573;
--- steps
ann GET /oauth/authorize?ask()
to login ask()

ann-phone GET /oauth/authorize?ask()
to login ask()

- GET /oauth/authorize?ask()
  > Cookie: __Host-simrelay_session={{token:ann}}
to login ask()

- GET /oauth/authorize?ask()
  > Authorization: Bearer {{token:ann-session}}
to login ask()

ada-session GET /oauth/authorize?ask()
to login ask()

max-session GET /oauth/authorize?ask()
to login ask()

zed-session GET /oauth/authorize?ask()
to login ask()



=== TEST 4: the page's form may lead to the redirect's origin, or its scheme
--- steps
ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example:8443/cb)
200
  <~ Content-Security-Policy: .* form-action 'self' https://app\.example:8443

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:51234/callback)
200
  <~ Content-Security-Policy: .* form-action 'self' http://127\.0\.0\.1:51234

ann-session GET /oauth/authorize?ask(redirect_uri=http://[::1]:51234/callback)
200
  <~ Content-Security-Policy: .* form-action 'self' http:

ann-session GET /oauth/authorize?ask(redirect_uri=https://my_app.example/cb)
200
  <~ Content-Security-Policy: .* form-action 'self' https:

ann-session GET /oauth/authorize?ask(redirect_uri=com.example.app:/cb)
200
  <~ Content-Security-Policy: .* form-action 'self' com\.example\.app:



=== TEST 5: an unknown client is told on a page, never by a redirect
--- steps
ann-session GET /oauth/authorize?ask(client_id={{uuid5}})
page

ann-session GET /oauth/authorize?ask(client_id={{uuid3}} redirect_uri=https://gone.example/cb)
page

ann-session GET /oauth/authorize?ask(client_id={{uuid4}})
page

ann-session GET /oauth/authorize?ask(client_id=1)
page

ann-session GET /oauth/authorize?ask(client_id={{a*3000}})
page

ann-session GET /oauth/authorize?ask(client_id={{uuid1}}{{x00}})
page

ann-session GET /oauth/authorize?ask(client_id={{xFF}}{{xFE}})
page

ann-session GET /oauth/authorize?ask(client_id=)
page

ann-session GET /oauth/authorize?ask(-client_id)
page

ann-session GET /oauth/authorize
page

ann-session GET /oauth/authorize?ask()&client_id={{uuid1}}
page

- GET /oauth/authorize?ask(client_id={{uuid5}})
page

ann-session HEAD /oauth/authorize?ask(client_id={{uuid5}})
400



=== TEST 6: a redirect URI that is not registered is told on a page
--- steps
ann-session GET /oauth/authorize?ask(redirect_uri=https://evil.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example.evil.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=http://app.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example:444/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example:443/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb/)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/c%62)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/x/../cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb?x=1)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://APP.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb#x)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb#)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://user@app.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example@evil.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://script.example/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://bcdefghijklmnopq.chromiumapp.org/)
page

ann-session GET /oauth/authorize?ask(redirect_uri=javascript:alert%281%29)
page

ann-session GET /oauth/authorize?ask(redirect_uri=/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=com.example.other:/cb)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb{{x0D}}{{x0A}}X:y)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/cb{{x00}})
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/{{xFF}})
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/{{a*3000}})
page

ann-session GET /oauth/authorize?ask(redirect_uri=)
page

ann-session GET /oauth/authorize?ask(-redirect_uri)
page

ann-session GET /oauth/authorize?ask()&redirect_uri=https%3A%2F%2Fapp.example%2Fcb
page

- GET /oauth/authorize?ask(redirect_uri=https://evil.example/cb)
page



=== TEST 7: of a loopback redirect the port alone may be another
--- steps
ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1/callback)
200

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:1/callback)
200

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:65535/callback)
200

ann-session GET /oauth/authorize?ask(redirect_uri=http://[::1]:8080/callback)
200

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:8080/other)
page

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:65536/callback)
page

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.2:8080/callback)
page

ann-session GET /oauth/authorize?ask(redirect_uri=http://localhost:8080/callback)
page

ann-session GET /oauth/authorize?ask(redirect_uri=https://127.0.0.1:8080/callback)
page

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:8080@evil.example/callback)
page



=== TEST 8: what else is wrong with a request its client is told
--- steps
ann-session GET /oauth/authorize?ask(-response_type)
back invalid_request response_type is missing.

ann-session GET /oauth/authorize?ask(response_type=)
back invalid_request response_type is missing.

ann-session GET /oauth/authorize?ask(response_type=token)
back unsupported_response_type response_type must be code.

ann-session GET /oauth/authorize?ask(response_type=CODE)
back unsupported_response_type response_type must be code.

ann-session GET /oauth/authorize?ask(response_mode=fragment)
back invalid_request response_mode must be query.

ann-session GET /oauth/authorize?ask(request=eyJhbGciOiJub25lIn0)
back request_not_supported request is not supported.

ann-session GET /oauth/authorize?ask(request_uri=https://app.example/r)
back request_uri_not_supported request_uri is not supported.

ann-session GET /oauth/authorize?ask()&response_type=code
back invalid_request A parameter stands in the request twice.

ann-session GET /oauth/authorize?ask()&code_challenge={{challenge}}
back invalid_request A parameter stands in the request twice.

ann-session GET /oauth/authorize?ask()&scope=&scope=
back invalid_request A parameter stands in the request twice.

ann-session GET /oauth/authorize?ask()&unknown=1&unknown=2&resource=x
200



=== TEST 9: there is no authorization without PKCE, and none but S256
--- steps
ann-session GET /oauth/authorize?ask(-code_challenge)
back invalid_request code_challenge is missing.

ann-session GET /oauth/authorize?ask(-code_challenge -code_challenge_method)
back invalid_request code_challenge is missing.

ann-session GET /oauth/authorize?ask(-code_challenge_method)
back invalid_request code_challenge_method must be S256.

ann-session GET /oauth/authorize?ask(code_challenge_method=plain)
back invalid_request code_challenge_method must be S256.

ann-session GET /oauth/authorize?ask(code_challenge_method=s256)
back invalid_request code_challenge_method must be S256.

ann-session GET /oauth/authorize?ask(code_challenge=short)
back invalid_request code_challenge must be 43 characters of base64url.

ann-session GET /oauth/authorize?ask(code_challenge={{challenge}}=)
back invalid_request code_challenge must be 43 characters of base64url.

ann-session GET /oauth/authorize?ask(code_challenge={{+*43}})
back invalid_request code_challenge must be 43 characters of base64url.

ann-session GET /oauth/authorize?ask(code_challenge={{A*44}})
back invalid_request code_challenge must be 43 characters of base64url.

ann-session GET /oauth/authorize?ask(code_challenge={{xFF}}{{A*42}})
back invalid_request code_challenge must be 43 characters of base64url.



=== TEST 10: a scope is one that there is, and one of the client's
--- steps
ann-session GET /oauth/authorize?ask(scope=admin)
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask(scope=messages.read)
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask()&scope=mobile:device+messages.read
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask()&scope=+
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask(scope={{x00}})
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask(scope={{a*3000}})
back invalid_scope A scope is not known, or not for this client.

ann-session GET /oauth/authorize?ask()&scope=numbers.read+mobile:device
200



=== TEST 11: nobody is sent to a client who is not signed in, not even with an error
--- steps
- GET /oauth/authorize?ask(-response_type)
to login ask(-response_type)

- GET /oauth/authorize?ask(scope=admin)
to login ask(scope=admin)

zed-session GET /oauth/authorize?ask(scope=admin)
to login ask(scope=admin)



=== TEST 12: state comes back as it was, whatever stands in it
--- steps
ann-session GET /oauth/authorize?ask(-state scope=x)
302
  < Location: https://app.example/cb?error=invalid_scope&error_description=A%20scope%20is%20not%20known%2C%20or%20not%20for%20this%20client.&iss=https%3A%2F%2Fsms.example.com

ann-session GET /oauth/authorize?ask(-state scope=x)&state=
302
  < Location: https://app.example/cb?error=invalid_scope&error_description=A%20scope%20is%20not%20known%2C%20or%20not%20for%20this%20client.&iss=https%3A%2F%2Fsms.example.com

ann-session GET /oauth/authorize?ask(-state scope=x)&state=a+b%26c%3Dd%23%22%3Cscript%3E%25
302
  <~ Location: .*&state=a%20b%26c%3Dd%23%22%3Cscript%3E%25&iss=.*

ann-session GET /oauth/authorize?ask(-state scope=x)&state=%C3%A4%2F%2B
302
  <~ Location: .*&state=%C3%A4%2F%2B&iss=.*

ann-session GET /oauth/authorize?ask(-state scope=x)&state={{a*2048}}
302
  <~ Location: .*&state=a{2048}&iss=.*



=== TEST 13: what cannot come back unchanged does not come back
--- steps
ann-session GET /oauth/authorize?ask(-state)&state={{a*2049}}
302
  < Location: https://app.example/cb?error=invalid_request&error_description=state%20must%20stand%20in%20the%20request%20once%2C%202048%20bytes%20of%20text.&iss=https%3A%2F%2Fsms.example.com

ann-session GET /oauth/authorize?ask()&state=xyz
302
  <~ Location: https://app.example/cb\?error=invalid_request&error_description=[^&]*&iss=[^&]*

ann-session GET /oauth/authorize?ask(-state)&state=%00
302
  <~ Location: https://app.example/cb\?error=invalid_request&error_description=[^&]*&iss=[^&]*

ann-session GET /oauth/authorize?ask(-state)&state=a%0D%0ASet-Cookie:x
302
  <~ Location: https://app.example/cb\?error=invalid_request&error_description=[^&]*&iss=[^&]*

ann-session GET /oauth/authorize?ask(-state)&state=%FF
302
  <~ Location: https://app.example/cb\?error=invalid_request&error_description=[^&]*&iss=[^&]*



=== TEST 14: the answer stands behind the query that a redirect has
--- steps
ann-session GET /oauth/authorize?ask(redirect_uri=https://app.example/q?x=1 scope=x)
302
  <~ Location: https://app\.example/q\?x=1&error=invalid_scope&error_description=[^&]*&state=xyz&iss=https%3A%2F%2Fsms\.example\.com

ann-session GET /oauth/authorize?ask(redirect_uri=com.example.app:/cb scope=x)
302
  <~ Location: com\.example\.app:/cb\?error=invalid_scope&.*

ann-session GET /oauth/authorize?ask(redirect_uri=http://127.0.0.1:51234/callback scope=x)
302
  <~ Location: http://127\.0\.0\.1:51234/callback\?error=invalid_scope&.*



=== TEST 15: the page is that of this request, whole, whatever a browser has kept
--- steps
ann-session GET /oauth/authorize?ask()
  > If-None-Match: *
200
  < Content-Type: text/html

ann-session GET /oauth/authorize?ask()
  > If-Match: "x"
200
  < Content-Type: text/html

ann-session GET /oauth/authorize?ask()
  > If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT
200
  < Content-Type: text/html

ann-session GET /oauth/authorize?ask()
  > Range: bytes=0-1
200
  < Content-Type: text/html
  < ! Content-Range
