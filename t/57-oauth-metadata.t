use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 42;

run_tests();

__DATA__

=== TEST 1: the metadata says what there is
--- steps
- GET /.well-known/oauth-authorization-server
200 {"issuer":"https://sms.example.com",
     "authorization_endpoint":"https://sms.example.com/oauth/authorize",
     "token_endpoint":"https://sms.example.com/oauth/token",
     "revocation_endpoint":"https://sms.example.com/oauth/revoke",
     "response_types_supported":["code"],
     "response_modes_supported":["query"],
     "grant_types_supported":["authorization_code","refresh_token"],
     "token_endpoint_auth_methods_supported":["none"],
     "revocation_endpoint_auth_methods_supported":["none"],
     "code_challenge_methods_supported":["S256"],
     "scopes_supported":["mobile:device","numbers.read","numbers.lock",
                         "messages.read","webhooks.receive"],
     "authorization_response_iss_parameter_supported":true}
  < Content-Type: application/json

- HEAD /.well-known/oauth-authorization-server
200
  < Content-Type: application/json

- GET /.well-known/oauth-authorization-server
  > Origin: https://ext.example
200
  < Access-Control-Allow-Origin: https://ext.example

- GET /.well-known/oauth-authorization-server/x
404

- GET /.well-known/oauth-authorization-server/
404

- POST /.well-known/oauth-authorization-server
405
  < Allow: GET



=== TEST 2: of an issuer with a path, the path stands behind
--- http_config
    simrelay_public_url https://example.com/sms/;
--- steps
- GET /.well-known/oauth-authorization-server/sms
200 {"issuer":"https://example.com/sms",
     "token_endpoint":"https://example.com/sms/oauth/token","...":1}

- GET /.well-known/oauth-authorization-server/sm
404

- GET /.well-known/oauth-authorization-server/sms/x
404



=== TEST 3: without a public URL the issuer is the host that was called
--- without: simrelay_public_url
--- steps
- GET /.well-known/oauth-authorization-server
  > Host: sms.test:8080
200 {"issuer":"http://sms.test:8080",
     "revocation_endpoint":"http://sms.test:8080/oauth/revoke","...":1}

- GET /oauth/authorize?ask(scope=x)
  > Host: sms.test:8080
  > Cookie: simrelay_session={{token:ann-session}}
302
  <~ Location: .*&iss=http%3A%2F%2Fsms\.test%3A8080
