use lib 't/lib';
use SimRelay;

use Digest::SHA qw(hmac_sha256_hex);

repeat_each(2);
plan tests => repeat_each() * 165;

# what the server has to sign for socket 1234.1234

for (qw(private-App.Models.User.1 private-App.Models.User.5
        private-byos.device.201 private-byos.device.211))
{
    vars($_ =~ s/\W//gr => '278d425bdf160c739803:'
         . hmac_sha256_hex("1234.1234:$_", '7ad3773142a6692b25b8'));
}

run_tests();

__DATA__

=== TEST 1: where the WebSocket is, by the public URL
--- request
GET /api/websocket-config
--- as: ann
--- json
{
    "broadcaster": "reverb",
    "key": "278d425bdf160c739803",
    "ws_url": "wss://sms.example.com/reverb/app/278d425bdf160c739803",
    "ws_host": "sms.example.com",
    "ws_port": 443,
    "ws_scheme": "https",
    "force_tls": true,
    "auth_method": "bearer_token",
    "auth_header": "Authorization: Bearer <token>",
    "auth_endpoint": "https://sms.example.com/api/broadcasting/auth"
}



=== TEST 2: without a public URL by the request's host
--- without: simrelay_public_url
--- request
GET /api/websocket-config
--- as: key-none
--- more_headers
Host: api.example.org:8080
--- json
{
    "broadcaster": "reverb",
    "key": "278d425bdf160c739803",
    "ws_url": "ws://api.example.org:8080/reverb/app/278d425bdf160c739803",
    "ws_host": "api.example.org",
    "ws_port": 8080,
    "ws_scheme": "http",
    "force_tls": false,
    "auth_method": "bearer_token",
    "auth_header": "Authorization: Bearer <token>",
    "auth_endpoint": "http://api.example.org:8080/api/broadcasting/auth"
}



=== TEST 3: a public URL with an address, a port and a slash at its end
--- http_config
    simrelay_public_url http://[2001:db8::1]:8080/;
--- request
GET /api/websocket-config
--- as: bob-phone
--- json
{
    "ws_url": "ws://[2001:db8::1]:8080/reverb/app/278d425bdf160c739803",
    "ws_port": 8080,
    "auth_endpoint": "http://[2001:db8::1]:8080/api/broadcasting/auth",
    "...": 1
}



=== TEST 4: without a credential it is not told
--- steps
- GET /api/websocket-config
401 {"message":"Unauthenticated."}

revoked GET /api/websocket-config
401 {"message":"Unauthenticated."}



=== TEST 5: without a Pusher application there is none
--- without: simrelay_pusher
--- steps
ann GET /api/websocket-config
503 {"message":"Service Unavailable"}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
403 {"message":"This action is unauthorized."}
--- no_error_log
[alert]



=== TEST 6: one may hear one's own channel; JSON
--- request
POST /api/broadcasting/auth
{"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
--- as: ann
--- response_headers
Content-Type: application/json
--- json
{"auth":"{{privateAppModelsUser1}}"}



=== TEST 7: ditto by a form, as pusher-js sends it
--- steps
ann POST /api/broadcasting/auth
    socket_id=1234.1234&channel_name=private-App.Models.User.1
  > Content-Type: application/x-www-form-urlencoded
200 {"auth":"{{privateAppModelsUser1}}"}

ann POST /api/broadcasting/auth
    socket_id=1234%2E1234&channel_name=private%2DApp.Models.User.1
  > Content-Type: Application/X-WWW-Form-Urlencoded; charset=UTF-8
200 {"auth":"{{privateAppModelsUser1}}"}



=== TEST 8: ditto at the path that laravel-echo knows
--- steps
bob POST /broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.5"}
200 {"auth":"{{privateAppModelsUser5}}"}

bob-phone POST /broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.5"}
200 {"auth":"{{privateAppModelsUser5}}"}

- POST /broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.5"}
401 {"message":"Unauthenticated."}

- GET /broadcasting/auth
405



=== TEST 9: nobody may hear another's channel, nor one that nobody has
--- steps
ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.5"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.01"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1x"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User."}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-foobar"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"presence-App.Models.User.1"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-app.models.user.1"}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth {"socket_id":"1234.1234","channel_name":""}
403 {"message":"This action is unauthorized."}

ann POST /api/broadcasting/auth
    socket_id=1234.1234&channel_name=private-App.Models.User.1%00
  > Content-Type: application/x-www-form-urlencoded
422



=== TEST 10: a phone may hear its own channel
--- steps
ann-phone POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-byos.device.201"}
200 {"auth":"{{privatebyosdevice201}}"}

ann-phone POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-byos.device.211"}
403 {"message":"This action is unauthorized."}

bob-phone POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-byos.device.211"}
200 {"auth":"{{privatebyosdevice211}}"}

key POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-byos.device.201"}
403 {"message":"This action is unauthorized."}

sql update devices set status = 'inactive' where false;
    update devices set deleted_at = now() where id = 201

ann-phone POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-byos.device.201"}
403 {"message":"This action is unauthorized."}



=== TEST 11: a key hears its owner's channel where that owner is nobody else's
--- steps
key POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
200 {"auth":"{{privateAppModelsUser1}}"}

key-messages POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
200 {"auth":"{{privateAppModelsUser1}}"}

key-bolt POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
403 {"message":"This action is unauthorized."}

key-dua POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.6"}
403 {"message":"This action is unauthorized."}

sql delete from members where user_id = 6 and organization_id = 2

key-dua POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.6"}
200



=== TEST 12: a key needs messages.read for it, a token its scope
--- steps
key-read POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
403 {"message":"Invalid ability provided."}

ann-scoped POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
403 {"message":"Invalid scope(s) provided."}



=== TEST 13: what is no socket's id is told
--- steps
ann POST /api/broadcasting/auth
422 {"message":"The socket id field is required.","errors":{
    "socket_id":["The socket id field is required."]}}

ann POST /api/broadcasting/auth
    {"socket_id":"1234","channel_name":"private-App.Models.User.1"}
422 {"message":"The socket id field format is invalid.","errors":{
    "socket_id":["The socket id field format is invalid."]}}

ann POST /api/broadcasting/auth
    {"socket_id":"1.2:x","channel_name":"private-App.Models.User.1"}
422

ann POST /api/broadcasting/auth {"socket_id":1.2,"channel_name":[1]}
422 {"message":"The socket id field must be a string. (and 1 more error)",
    "errors":{
    "socket_id":["The socket id field must be a string."],
    "channel_name":["The channel name field must be a string."]}}

ann POST /api/broadcasting/auth {"socket_id":
400

- POST /api/broadcasting/auth {"socket_id":
401



=== TEST 14: a person's channel is closed with the credential
--- steps
zed POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.8"}
401 {"message":"Unauthenticated."}

expired POST /api/broadcasting/auth
    {"socket_id":"1234.1234","channel_name":"private-App.Models.User.1"}
401 {"message":"Unauthenticated."}
