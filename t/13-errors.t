use lib 't/lib';
use SimRelay;

use Cwd ();

repeat_each(2);
plan tests => repeat_each() * 163;

my $etc = ($ENV{SIMRELAY_TEST_DIR} // die "SIMRELAY_TEST_DIR is not set\n")
          . '/etc';

vars(etc => $etc,
     server => 'ssl_certificate ' . "$etc/tls.crt; ssl_certificate_key "
               . "$etc/tls.key; include " . Cwd::abs_path('conf/simrelay.conf')
               . ';');

# what nginx logs as an error is none of ours

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(no_error_log => '[alert]')
        unless defined $block->no_error_log;

    $block->set_value(http_config => expand $block->http_config)
        if defined $block->http_config;
});

run_tests();

__DATA__

=== TEST 1: what is no HTTP is a bad request, in JSON
--- raw_request eval
"NO HTTP AT ALL\r\n\r\n"
--- error_code: 400
--- response_headers
Content-Type: application/json
--- response_body chomp
{"message":"Bad Request"}



=== TEST 2: a method of small letters is none
--- raw_request eval
"get /api/sims HTTP/1.1\r\nHost: a\r\n\r\n"
--- error_code: 400
--- json
{"message":"Bad Request"}



=== TEST 3: HTTP/1.1 without a host is a bad request
--- raw_request eval
"GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n"
--- error_code: 400
--- json
{"message":"Bad Request"}



=== TEST 4: a header that is none is a bad request
--- raw_request eval
"GET /api/health HTTP/1.1\r\nHost: a\r\nConn\0ection: close\r\n\r\n"
--- error_code: 400
--- json
{"message":"Bad Request"}



=== TEST 5: headers that contradict themselves are a bad request
--- steps
ann GET /api/sims
  > Host: a
  > Host: b
400 {"message":"Bad Request"}
  < Content-Type: application/json

ann GET /api/sims
  > Host: a/b
400 {"message":"Bad Request"}

ann-phone POST /api/byos/devices/201/heartbeat {}
  > Content-Length: two
400 {"message":"Bad Request"}

ann-phone POST /api/byos/devices/201/heartbeat {}
  > Content-Length: -2
400 {"message":"Bad Request"}

ann-phone POST /api/byos/devices/201/heartbeat {}
  > Content-Length: 2
  > Content-Length: 2
400 {"message":"Bad Request"}

ann-phone POST /api/byos/devices/201/heartbeat {}
  > Content-Length: 2
  > Transfer-Encoding: chunked
400 {"message":"Bad Request"}
--- rows
select count(*) from device_presence => 0



=== TEST 6: a path that is none is a bad request
--- steps
ann GET /api/%zz
400 {"message":"Bad Request"}

ann GET /api/%00
400 {"message":"Bad Request"}

ann GET /../../etc/passwd
400 {"message":"Bad Request"}

ann GET api/sims
400 {"message":"Bad Request"}



=== TEST 7: a version that nginx does not know is told in JSON
--- request eval
["GET /api/health HTTP/2.0", "GET /api/health HTTP/9.9"]
--- error_code_like eval
['^50[05]$', '^50[05]$']
--- response_headers eval
["Content-Type: application/json", "Content-Type: application/json"]
--- json
{"message":"<text>"}



=== TEST 8: so is a coding of the body
--- request
POST /api/byos/devices/201/heartbeat
{}
--- as: ann-phone
--- more_headers
Transfer-Encoding: gzip
--- error_code_like: ^50[01]$
--- response_headers
Content-Type: application/json
--- json
{"message":"<text>"}



=== TEST 9: too long a line is 414
--- steps
ann GET /api/sims?{{a*9000}}
414 {"message":"URI Too Long"}
  < Content-Type: application/json

- GET /{{a*40000}}
414 {"message":"URI Too Long"}



=== TEST 10: too long a header is 431
--- steps
ann GET /api/sims
  > X-Long: {{a*9000}}
431 {"message":"Request Header Fields Too Large"}
  < Content-Type: application/json

- GET /api/health
  > Authorization: Bearer {{a*40000}}
431 {"message":"Request Header Fields Too Large"}



=== TEST 11: and so are too many
--- request
GET /api/health
--- more_headers eval
CORE::join '', map { "X-$_: " . 'a' x 4000 . "\n" } 1 .. 20
--- error_code: 431
--- json
{"message":"Request Header Fields Too Large"}



=== TEST 12: a body that nginx itself refuses is 413, whoever sends it
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {"x":"{{a*1100000}}"}
413 {"message":"Content Too Large"}
  < Content-Type: application/json

- GET /api/health {{a*1100000}}
413 {"message":"Content Too Large"}

ann POST /broadcasting/auth {"x":"{{a*70000}}"}
413 {"message":"Content Too Large"}



=== TEST 13: also where only its chunks tell how long it is
--- raw_request eval
"POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
. "Authorization: Bearer {{token:ann-phone}}\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. ("10000\r\n" . 'x' x 65536 . "\r\n") x 20 . "0\r\n\r\n"
--- error_code: 413
--- json
{"message":"Content Too Large"}



=== TEST 14: a body that does not come is given up, and nothing of it is done
--- more_config
    client_body_timeout 50ms;
--- raw_request eval
["POST /api/byos/devices/201/heartbeat HTTP/1.1\r\nHost: a\r\n"
 . "Authorization: Bearer {{token:ann-phone}}\r\n"
 . "Content-Length: 3\r\n\r\n{}"]
--- error_code:
--- response_body
--- rows
select count(*) from device_presence => 0



=== TEST 15: methods that nginx takes for itself are told in JSON
--- steps
ann TRACE /api/sims
405 {"message":"<text>"}
  < Content-Type: application/json



=== TEST 16: what is not of the API is told in JSON too
--- more_config
    location /closed/ {
        deny all;
    }

    location = /guard {
        return 403;
    }

    location = /guarded {
        auth_request /guard;
    }
--- steps
- GET /nothing
404 {"message":"Not Found"}
  < Content-Type: application/json

- GET /closed/
403 {"message":"This action is unauthorized."}
  < Content-Type: application/json

- GET /guarded
403 {"message":"This action is unauthorized."}

- GET /simrelay_error
404 {"message":"Not Found"}



=== TEST 17: HEAD gets the status of an error without its body
--- request
HEAD /nothing
--- error_code: 404
--- response_headers
Content-Type: application/json
--- response_body



=== TEST 18: a server behind that is away is 503, one that breaks is 500
--- more_config
    location = /away {
        proxy_pass http://127.0.0.1:1;
    }

    location = /late {
        return 504;
    }

    location = /broken {
        return 500;
    }

    location = /unknown {
        return 507;
    }
--- steps
- GET /away
503 {"message":"Service Unavailable"}
  < Content-Type: application/json
  < Retry-After: 1

- GET /late
503 {"message":"Service Unavailable"}
  < Retry-After: 1

- GET /broken
500 {"message":"Server Error"}
  < Content-Type: application/json

- GET /unknown
500 {"message":"Server Error"}



=== TEST 19: limits that an administrator sets are told in JSON
--- more_config
    location = /limited {
        return 429;
    }

    location = /full {
        return 503;
    }
--- steps
- GET /limited
429 {"message":"Too Many Attempts."}
  < Content-Type: application/json
  < Retry-After: 60

- GET /full
503 {"message":"Service Unavailable"}
  < Retry-After: 1



=== TEST 20: HTTP where TLS is spoken, and no certificate where one is asked for
--- http_config
    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ssl;
        {{server}}
    }

    server {
        listen 127.0.0.1:$TEST_NGINX_RAND_PORT_2 ssl;
        ssl_verify_client on;
        ssl_client_certificate {{etc}}/tls.crt;
        {{server}}
    }
--- more_config
    location /plain/ {
        proxy_pass http://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }

    location /tls/ {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_1/;
    }

    location /nobody/ {
        proxy_pass https://127.0.0.1:$TEST_NGINX_RAND_PORT_2/;
    }
--- steps
ann GET /plain/api/sims
400 {"message":"Bad Request"}
  < Content-Type: application/json

ann GET /tls/api/sims
200

ann GET /nobody/api/sims
400 {"message":"Bad Request"}
  < Content-Type: application/json



=== TEST 21: a browser may read what nginx itself refuses
--- steps
- GET /api/sims
  > Origin: https://ext.example
  > X-Long: {{a*9000}}
431 {"message":"Request Header Fields Too Large"}

ann POST /api/sims/101/lock {{a*1100000}}
  > Origin: https://ext.example
413 {"message":"Content Too Large"}
  < Access-Control-Allow-Origin: https://ext.example



=== TEST 22: a connection goes on after an error that was answered
--- pipelined_requests eval
["GET /nothing", "POST /nothing\n" . 'x' x 100, "GET /api/nothing",
 "GET /api/health"]
--- error_code eval
[404, 404, 404, 200]
