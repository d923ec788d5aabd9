use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 458;

# each block has a code of Ann's, c1

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql =>
        "select test.code('c1', 'https://app.example/cb', 60);\n"
        . ($block->sql // ''));
});

run_tests();

__DATA__

=== TEST 1: a code is a grant with two tokens, of which the digests alone stay
--- steps
- POST /oauth/token code()
  form
tokens

row select used_at is not null, oauth_grant_id
           = (select id from oauth_grants) from oauth_codes => t|t
row select oauth_client_id, user_id, scope, abilities, revoked_at
      from oauth_grants => {{uuid1}}|1|mobile:device|55|
row select kind, abilities, user_id, organization_id, oauth_client_id, scope,
           expires_at - created_at = interval '15 days', revoked_at
      from credentials
     where oauth_grant_id = (select id from oauth_grants)
    => 2|55|1||{{uuid1}}|mobile:device|t|
row select octet_length(t.digest), t.digest <> c.digest, successor, used_at,
           t.expires_at - t.created_at = interval '30 days', t.revoked_at
      from oauth_refresh_tokens t
      join credentials c on c.id = t.credential_id => 32|t|||t|



=== TEST 2: the access token lets do what its scope says
--- steps
- POST /oauth/token code()
  form
tokens

sql select test.last('fresh', 'r2')

fresh GET /api/user
200 {"auth_type":"oauth","user":{"id":1,"...":1},"...":1}

fresh GET /api/sims
200

fresh GET /api/api-keys
403



=== TEST 3: a second use of a code is refused, and ends what came of the first
--- steps
- POST /oauth/token code()
  form
tokens

sql select test.last('fresh', 'r2')

fresh GET /api/user
200

- POST /oauth/token code()
  form
error 400 invalid_grant The code is not valid, or no longer.

row select revoked_at is not null from oauth_grants => t

fresh GET /api/user
401 {"message":"Unauthenticated."}

- POST /oauth/token refresh(refresh_token=r2)
  form
error 401 invalid_grant The refresh token is not valid, or no longer.

row select count(*) from events where type = 'access.ended'
       and object_id = (select max(credential_id) from oauth_refresh_tokens)
    => 2



=== TEST 4: so does one with another verifier, but not that of another client
--- steps
- POST /oauth/token code()
  form
tokens

- POST /oauth/token code(client_id={{uuid2}})
  form
error 400 invalid_grant The code is not valid, or no longer.

row select count(*) from oauth_grants where revoked_at is null => 1

- POST /oauth/token code(code_verifier={{w*43}})
  form
error 400 invalid_grant The code is not valid, or no longer.

row select count(*) from oauth_grants where revoked_at is null => 0



=== TEST 5: a code is given for its verifier, address and client, and not spoilt
--- steps
- POST /oauth/token code(code_verifier={{w*43}})
  form
error 400 invalid_grant code_verifier is not that of the code_challenge.

- POST /oauth/token code(code_verifier=BmDBBt7dnRQjzR4JGNGWxjZwjk4Yz06ErZ5OJU3nBxE)
  form
error 400 invalid_grant code_verifier is not that of the code_challenge.

- POST /oauth/token code(redirect_uri=https://app.example:8443/cb)
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(redirect_uri=https://app.example/cb/)
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(redirect_uri={{xFF}})
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(redirect_uri=https://app.example/{{a*3000}})
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(client_id={{uuid2}})
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(client_id={{uuid5}})
  form
error 401 invalid_client There is no such client.

row select used_at from oauth_codes =>

- POST /oauth/token code()
  form
tokens



=== TEST 6: of a loopback address the port is that of the authorization request
--- sql
select test.code('c2', 'http://127.0.0.1:51234/callback', 60);
--- steps
- POST /oauth/token code(code=c2 redirect_uri=http://127.0.0.1:51235/callback)
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(code=c2 redirect_uri=http://127.0.0.1/callback)
  form
error 400 invalid_grant redirect_uri is not that of the authorization request.

- POST /oauth/token code(code=c2 redirect_uri=http://127.0.0.1:51234/callback)
  form
tokens



=== TEST 7: without a verifier, or with what is none, there is no token
--- steps
- POST /oauth/token code(-code_verifier)
  form
error 400 invalid_request code_verifier is missing.

- POST /oauth/token code(code_verifier=)
  form
error 400 invalid_request code_verifier is missing.

- POST /oauth/token code(code_verifier={{v*42}})
  form
error 400 invalid_request code_verifier must be 43 to 128 letters, digits, -, ., _ or ~.

- POST /oauth/token code(code_verifier={{v*129}})
  form
error 400 invalid_request code_verifier must be 43 to 128 letters, digits, -, ., _ or ~.

- POST /oauth/token code(code_verifier={{v*43}}{{x00}})
  form
error 400 invalid_request code_verifier must be 43 to 128 letters, digits, -, ., _ or ~.

- POST /oauth/token code(code_verifier={{v*43}}/)
  form
error 400 invalid_request code_verifier must be 43 to 128 letters, digits, -, ., _ or ~.

row select used_at from oauth_codes =>



=== TEST 8: what has expired or ended is given for nothing
--- sql
select test.code('c2', 'https://app.example/cb', 0),
       test.code('c3', 'https://app.example/cb', -3600);
--- steps
- POST /oauth/token code(code=c2)
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code=c3)
  form
error 400 invalid_grant The code is not valid, or no longer.

sql update users set disabled_at = now() where id = 1

- POST /oauth/token code()
  form
error 400 invalid_grant The code is not valid, or no longer.

sql update users set disabled_at = null, password_changed_at = now()
     where id = 1

- POST /oauth/token code()
  form
error 400 invalid_grant The code is not valid, or no longer.

sql update users set password_changed_at = now() - interval '1 hour'
     where id = 1;
    update oauth_clients set revoked_at = now() where id = '{{uuid1}}'

- POST /oauth/token code()
  form
error 401 invalid_client There is no such client.

sql update oauth_clients set revoked_at = null where id = '{{uuid1}}'

- POST /oauth/token code()
  form
tokens



=== TEST 9: a code that nobody was given is given for nothing
--- steps
- POST /oauth/token code(code=c9)
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code=C1)
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code=c1{{x00}})
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code={{xFF}}{{xC0}}{{x80}})
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code={{a*15000}})
  form
error 400 invalid_grant The code is not valid, or no longer.

- POST /oauth/token code(code=)
  form
error 400 invalid_request code is missing.

- POST /oauth/token code(-code)
  form
error 400 invalid_request code is missing.

- POST /oauth/token code(-redirect_uri)
  form
error 400 invalid_request redirect_uri is missing.

row select count(*) from oauth_grants => 0



=== TEST 10: there are two grant types
--- steps
- POST /oauth/token code(grant_type=password)
  form
error 400 unsupported_grant_type grant_type must be authorization_code or refresh_token.

- POST /oauth/token code(grant_type=client_credentials)
  form
error 400 unsupported_grant_type grant_type must be authorization_code or refresh_token.

- POST /oauth/token code(grant_type=implicit)
  form
error 400 unsupported_grant_type grant_type must be authorization_code or refresh_token.

- POST /oauth/token code(grant_type={{xFF}}{{x00}})
  form
error 400 unsupported_grant_type grant_type must be authorization_code or refresh_token.

- POST /oauth/token code(grant_type=)
  form
error 400 invalid_request grant_type is missing.

- POST /oauth/token code(-grant_type)
  form
error 400 invalid_request grant_type is missing.

- POST /oauth/token
  form
error 400 invalid_request grant_type is missing.



=== TEST 11: a request is one form in the body, and names nothing twice
--- steps
- POST /oauth/token code()
error 400 invalid_request The request must be a form (application/x-www-form-urlencoded).

- POST /oauth/token {"grant_type":"authorization_code"}
  > Content-Type: application/json
error 400 invalid_request The request must be a form (application/x-www-form-urlencoded).

- POST /oauth/token code()
  > Content-Type: application/x-www-form-urlencodedx
error 400 invalid_request The request must be a form (application/x-www-form-urlencoded).

- POST /oauth/token?code()
  form
error 400 invalid_request grant_type is missing.

- POST /oauth/token code()&code=c1
  form
error 400 invalid_request A parameter stands in the request twice.

- POST /oauth/token code()&client_id={{uuid2}}
  form
error 400 invalid_request A parameter stands in the request twice.

- POST /oauth/token code()&code_verifier=
  form
error 400 invalid_request A parameter stands in the request twice.

- POST /oauth/token {{x=1&*200}}
  form
error 400 invalid_request The request has too many parameters.

- POST /oauth/token code()&x={{a*17000}}
  form
413 {"message":"Content Too Large"}

- GET /oauth/token?code()
405
  < Allow: POST

row select used_at from oauth_codes =>

- POST /oauth/token code()&unknown=1&unknown=2
  > Content-Type: Application/X-WWW-Form-Urlencoded; charset=UTF-8
tokens



=== TEST 12: clients have no secret to show
--- steps
- POST /oauth/token code()
  form
  > Authorization: Basic MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOg==
error 401 invalid_client Clients are public here: send client_id, and no secret.
  < WWW-Authenticate: Basic realm="oauth"

- POST /oauth/token code(client_secret=secret)
  form
error 401 invalid_client Clients are public here: send client_id, and no secret.
  < WWW-Authenticate: Bearer

- POST /oauth/token code(client_assertion=e30)
  form
error 401 invalid_client Clients are public here: send client_id, and no secret.

- POST /oauth/token refresh(client_secret=secret)
  form
error 401 invalid_client Clients are public here: send client_id, and no secret.

- POST /oauth/token code(-client_id)
  form
error 400 invalid_request client_id is missing.

- POST /oauth/token code(client_id=app)
  form
error 401 invalid_client There is no such client.

- POST /oauth/token code(client_id={{xFF}}{{a*3000}})
  form
error 401 invalid_client There is no such client.

- POST /oauth/token code(client_id={{uuid3}})
  form
error 401 invalid_client There is no such client.

row select used_at from oauth_codes =>

- POST /oauth/token code(client_secret=)
  form
  > Authorization: Bearer {{token:expired}}
tokens



=== TEST 13: a page of another origin that is allowed may ask for tokens
--- steps
- POST /oauth/token code(code=c9)
  form
  > Origin: https://ext.example
400
  < Access-Control-Allow-Origin: https://ext.example

- POST /oauth/token code(code=c9)
  form
  > Origin: https://evil.example
400
  < ! Access-Control-Allow-Origin



=== TEST 14: an access token comes in the Authorization header alone
--- sql
select test.grant(1, 'fresh', 'r1');
--- steps
fresh GET /api/user
200

- GET /api/user?access_token={{token:fresh}}
401 {"message":"Unauthenticated."}
  < WWW-Authenticate: Bearer

- POST /api/byos/devices access_token={{token:fresh}}
  form
401

- GET /api/user
  > Authorization: Bearer r1
401

- GET /api/user
  > Authorization: Bearer c1
401

- GET /api/user
  > Cookie: __Host-simrelay_session={{token:fresh}}
401
