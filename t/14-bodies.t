use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 205;


# A body of chunks of so many bytes.
sub chunked {
    my ($body, $size) = @_;

    return CORE::join('', map { sprintf "%x\r\n%s\r\n", length, $_ }
                              unpack "(a$size)*", $body) . "0\r\n\r\n";
}


sub chunked_requests {
    my $path = '/api/byos/devices/201/heartbeat';

    return ["POST $path\n" . chunked('{"battery_level":5}', 19),
            "POST $path\n" . chunked('{"battery_level":6', 3),
            "POST $path\n" . chunked('{"x":"' . 'a' x 16376 . '"}', 5000),
            "POST $path\n" . chunked('{"x":"' . 'a' x 16377 . '"}', 5000),
            "POST $path\n" . chunked('{"battery_level":"full"}', 1),
            "POST /api/nothing\n" . chunked('{', 1),
            "DELETE $path\n" . chunked('x' x 50000, 50000)];
}


run_tests();

__DATA__

=== TEST 1: a body is JSON, whatever it says of itself
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5}
  > Content-Type: text/plain
200

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":6}
  > Content-Type: application/x-www-form-urlencoded
200

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":7}
200

ann-phone POST /api/byos/devices/201/heartbeat battery_level=8
  > Content-Type: application/json
400

ann-phone POST /api/byos/devices/201/heartbeat {{xEF}}{{xBB}}{{xBF}}{}
400 {"message":"Malformed JSON at byte 0."}
--- rows
select battery_level from device_presence => 7



=== TEST 2: no body is an empty object
--- steps
ann-phone POST /api/byos/devices/201/heartbeat
200

ann-phone POST /api/byos/devices/201/heartbeat
  > Content-Length: 0
200

ann POST /api/sims/101/lock
200

ann-phone POST /api/byos/devices/201/sms
422 {"message":"The from field is required. (and 2 more errors)",
     "errors":{"...":"<any>"}}

ann POST /api/broadcasting/auth
422 {"message":"The socket id field is required.","errors":{
       "socket_id":["The socket id field is required."]}}



=== TEST 3: the body of a GET is not looked at
--- steps
ann GET /api/sims {
200

ann GET /api/sims {{x*100000}}
200

ann GET /api/sims/101/messages per_page=0
  > Content-Type: application/x-www-form-urlencoded
200

ann DELETE /api/sims/101/lock {
200

- GET /api/health {{x*100000}}
200



=== TEST 4: the body of a GET is no request of its own
--- pipelined_requests eval
["GET /api/sims/101/lock\nDELETE /api/sims HTTP/1.1\r\nHost: a\r\n\r\n",
 'GET /api/sims/101/lock']
--- as: ann
--- error_code eval
[200, 200]
--- json
{"status":"unlocked"}



=== TEST 5: neither is the body that was refused
--- pipelined_requests eval
["POST /api/sims/101/lock\nGET /api/sims HTTP/1.1\r\nHost: a\r\n\r\n",
 "POST /api/sims/101/lock\n" . '{' x 20000,
 "POST /api/nothing\n" . '{' x 20000,
 'GET /api/sims/101/lock']
--- as: ann
--- error_code eval
[400, 413, 404, 200]



=== TEST 6: a body in chunks is a body, in memory
--- request eval
main::chunked_requests()
--- as: ann-phone
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[200, 400, 200, 413, 422, 404, 405]
--- rows
select battery_level from device_presence => 5



=== TEST 7: a byte a chunk, one after another, is a body as well
--- raw_request eval
["POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
 . "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
 . "Transfer-Encoding: chunked\r\n\r\n",
 map({ "1\r\n$_\r\n" } split //, '{"battery_level":5}'),
 "0\r\nTrailer: x\r\n\r\n"]
--- raw_request_middle_delay: 0.005
--- rows
select battery_level from device_presence => 5



=== TEST 8: chunks that are none are refused
--- raw_request eval
"POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
. "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nzz\r\n"
--- error_code: 400
--- no_error_log
[alert]
--- json
{"message":"Bad Request"}
--- rows
select count(*) from device_presence => 0



=== TEST 9: also where the rest had been right so far
--- raw_request eval
["POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
 . "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
 . "Transfer-Encoding: chunked\r\n\r\n", "2\r\n{}\r\n", "zz\r\n"]
--- raw_request_middle_delay: 0.02
--- error_code: 400
--- no_error_log
[alert]
--- json
{"message":"Bad Request"}
--- rows
select count(*) from device_presence => 0



=== TEST 10: a slow body is waited for
--- raw_request eval
["POST /api/byos/devices/201/hea", "rtbeat HTTP/1.1\r\nHost: a\r\n"
 . "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n",
 "Content-Length: 19\r\n\r\n{", '"batt', 'ery_l', 'evel"', ':5', '}']
--- raw_request_middle_delay: 0.03
--- json
{"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}
--- rows
select battery_level from device_presence => 5



=== TEST 11: what a client left unfinished is not acted on
--- raw_request eval
"POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
. "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
. 'Content-Length: 20' . "\r\n\r\n" . '{"battery_level":5}'
--- shutdown: 1
--- error_code:
--- rows
select count(*) from device_presence => 0



=== TEST 12: bodies in files are read as those in memory
--- more_config
    client_body_in_file_only clean;
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5}
200

row select battery_level from device_presence => 5

ann-phone POST /api/byos/devices/201/heartbeat
200

ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":6
400 {"message":"Malformed JSON at byte 18."}

ann-phone POST /api/byos/devices/211/heartbeat {"battery_level":"x"}
404

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{a*16376}}"}
200

ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{a*16377}}"}
413 {"message":"Content Too Large"}

ann-phone POST /api/byos/devices/201/sms
    {"from":"Bank","body":"{{😀*1600}}","message_id":"{{uuid1}}"}
202

revoked POST /api/byos/devices/201/heartbeat {"battery_level":6}
401

ann POST /api/broadcasting/auth socket_id=1.2&channel_name=private-App.Models.User.1
  > Content-Type: application/x-www-form-urlencoded
200
--- rows
select battery_level from device_presence => 5
select body = repeat('😀', 1600) from messages => t



=== TEST 13: also where the files are kept, and where a body outgrows memory
--- config
    client_body_in_file_only on;

    location /api/byos/ {
        simrelay;
    }

    location /api/sims/ {
        client_body_in_file_only off;
        client_body_buffer_size 64;
        simrelay;
    }
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"battery_level":5}
200

ann POST /api/sims/101/lock {"x":"{{a*16376}}"}
200

ann POST /api/sims/101/lock {"x":"{{a*16376}}"
400 {"message":"Malformed JSON at byte 16383."}
--- rows
select battery_level from device_presence => 5
select count(*) from locks => 1



=== TEST 14: a slow body may end up in a file too
--- more_config
    client_body_in_file_only clean;
--- raw_request eval
["POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
 . "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
 . "Content-Length: 19\r\n\r\n{", '"battery_l', 'evel"', ':5', '}']
--- raw_request_middle_delay: 0.02
--- json
{"success":true,"next_heartbeat_in":300,"server_time":"<time+0>"}
--- rows
select battery_level from device_presence => 5



=== TEST 15: and one in chunks
--- more_config
    client_body_in_file_only clean;
--- request eval
main::chunked_requests()
--- as: ann-phone
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[200, 400, 200, 413, 422, 404, 405]
--- rows
select battery_level from device_presence => 5



=== TEST 16: and one that begins in memory
--- config
    location /api/ {
        client_body_buffer_size 64;
        simrelay;
    }
--- request eval
main::chunked_requests()
--- as: ann-phone
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[200, 400, 200, 413, 422, 404, 405]
--- rows
select battery_level from device_presence => 5
