# POST /api/auth/login and /api/auth/logout: who may, who may not, how often.

use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 254;

run_tests();

__DATA__

=== TEST 1: address and password give a token, and who it is
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200 {"token":"<login>","user":{"id":1,"name":"Ann","email":"ann@example.com",
    "email_verified_at":"2026-01-03T00:00:00Z",
    "created_at":"2026-01-02T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"}}
  < Cache-Control: no-store
  < ! Set-Cookie
row select kind, abilities, user_id, organization_id is null, name,
    octet_length(digest), expires_at is null, revoked_at is null
    from credentials where id > 1000 => 1|31|1|t|Sign-in|32|t|t



=== TEST 2: an address is the same in any case
--- steps
- POST /api/auth/login {"email":"ANN@Example.COM","password":"correct horse battery"}
200 {"user":{"id":1,"email":"ann@example.com","...":1},"token":"<login>"}
sql update users set email = 'Ann@Example.com' where id = 1
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200 {"user":{"id":1,"email":"Ann@Example.com","...":1},"token":"<login>"}



=== TEST 3: a password is not
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"Correct horse battery"}
422



=== TEST 4: one answer to a wrong password, and to whoever there is not
--- sql
update users set password_hash = null where id = 2
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"wrong"}
422 ~ {"message":"These credentials do not match our records.","errors":{"email":["These credentials do not match our records."]}}
- POST /api/auth/login {"email":"nobody@example.com","password":"wrong"}
422 ~ {"message":"These credentials do not match our records.","errors":{"email":["These credentials do not match our records."]}}
- POST /api/auth/login {"email":"zed@example.com","password":"correct horse battery"}
422 ~ {"message":"These credentials do not match our records.","errors":{"email":["These credentials do not match our records."]}}
- POST /api/auth/login {"email":"ada@example.com","password":"correct horse battery"}
422 ~ {"message":"These credentials do not match our records.","errors":{"email":["These credentials do not match our records."]}}
- POST /api/auth/login {"email":"ada@example.com","password":""}
422 {"message":"The password field is required.",
    "errors":{"password":["The password field is required."]}}
row select count(*) from credentials where id > 1000 => 0
row select count(*) from events => 0



=== TEST 5: a hash that is none is an error of ours, and lets nobody in
--- sql
update users set password_hash = 'correct horse battery' where id = 1
--- request
POST /api/auth/login
{"email":"ann@example.com","password":"correct horse battery"}
--- error_code: 422
--- error_log
the password of user 1 cannot be checked



=== TEST 6: a name is the client's, or its kind
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","device_name":"Büro ☎"}
  > User-Agent: x
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","device_name":null}
  > User-Agent: Mozilla/5.0 ({{xC3}}{{xA4}}{{xFF}}) {{é*300}}
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","device_name":""}
  > User-Agent: curl/7.88.1
200
row select string_agg(left(name, 17) || char_length(name), ' / ' order by id)
    from credentials where id > 1000 
    => Büro ☎6 / Mozilla/5.0 (ä{{xEF}}{{xBF}}{{xBD}}) 255 / curl/7.88.111



=== TEST 7: what is missing, too long or no text is told all at once
--- steps
- POST /api/auth/login
422 {"message":"The email field is required. (and 1 more error)",
    "errors":{"email":["The email field is required."],
              "password":["The password field is required."]}}
- POST /api/auth/login {"email":"ann","password":1,"session":"maybe","device_name":"{{x*256}}"}
422 {"message":"The email field must be a valid email address. (and 3 more errors)",
    "errors":{"email":["The email field must be a valid email address."],
     "password":["The password field must be a string."],
     "session":["The session field must be true or false."],
     "device_name":["The device name field must not be greater than 255 characters."]}}
- POST /api/auth/login {"email":"{{x*250}}@example.com","password":"{{x*1025}}"}
422 {"message":"<text>","errors":{
     "email":["The email field must be a valid email address."],
     "password":["The password field must not be greater than 1024 characters."]}}
- POST /api/auth/login {"email":"ann@example.com","password":"a\u0000b"}
422 {"message":"<text>","errors":{"password":["The password field format is invalid."]}}
- POST /api/auth/login {"email":"ann@example.com","password":"\ud800"}
422 {"message":"<text>","errors":{"password":["The password field format is invalid."]}}
- POST /api/auth/login {"email":"ann@exam\u0000ple.com","password":"x"}
422 {"message":"<text>","errors":{"email":["The email field must be a valid email address."]}}
- POST /api/auth/login {"email":"ann@example.com","password":"{{xFF}}{{xFE}}"}
400
- POST /api/auth/login {"email":
400
- POST /api/auth/login {"email":"ann@example.com","password":"{{x*16400}}"}
413
- GET /api/auth/login
405
row select count(*) from throttles => 0



=== TEST 8: a password of 1024 characters of any kind is checked
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"{{\ud83d\ude00*1024}}"}
422 {"message":"These credentials do not match our records.","...":1}



=== TEST 9: five tries a minute for an address and an IP
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"1"}
  > X-Real-IP: 192.0.2.1
422
- POST /api/auth/login {"email":"ANN@example.com","password":"2"}
  > X-Real-IP: 192.0.2.1
422
- POST /api/auth/login {"email":"Ann@Example.com","password":"3"}
  > X-Real-IP: 192.0.2.1
422
- POST /api/auth/login {"email":"ann@example.com","password":"4"}
  > X-Real-IP: 192.0.2.1
422
- POST /api/auth/login {"email":"ann@example.com","password":"5"}
  > X-Real-IP: 192.0.2.1
422
sql update throttles set expires_at = now() + interval '40 seconds'
    where kind = 'login'
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.1
429 ~ {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 5
  < X-RateLimit-Remaining: 0
- POST /api/auth/login {"email":"ada@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.1
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.2
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.1
429
sql update throttles set expires_at = now() where kind = 'login'
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.1
200



=== TEST 10: X-RateLimit-Reset is the time at which it ends
--- sql
select throttle('login', 'ann@example.com 127.0.0.1', 5, '1 minute')
  from generate_series(1, 5);
--- request
POST /api/auth/login
{"email":"ann@example.com","password":"x"}
--- error_code: 429
--- response_headers_like
X-RateLimit-Reset: \d{10}
Retry-After: [1-9][0-9]?



=== TEST 11: a host of IPv6 is its network, one of IPv4 is itself
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
--- sql
select throttle('login', 'ann@example.com 2001:db8:1:2::', 5, '1 minute'),
       throttle('login', 'ann@example.com 192.0.2.7', 5, '1 minute')
  from generate_series(1, 5);
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"x"}
  > X-Real-IP: 2001:db8:1:2:3:4:5:6
429
- POST /api/auth/login {"email":"ann@example.com","password":"x"}
  > X-Real-IP: 2001:db8:1:3::1
422
- POST /api/auth/login {"email":"ann@example.com","password":"x"}
  > X-Real-IP: ::ffff:192.0.2.7
429
- POST /api/auth/login {"email":"ann@example.com","password":"x"}
  > X-Real-IP: ::ffff:192.0.2.8
422



=== TEST 12: a right password takes its own tries back
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"1"}
422
- POST /api/auth/login {"email":"ann@example.com","password":"2"}
422
row select kind, hits from throttles order by 1 => login|2 login_email|2
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200
row select kind, hits from throttles order by 1 => login_email|2



=== TEST 13: a hundred wrong passwords an hour for an address, from anywhere
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
--- sql
select throttle('login_email', 'ann@example.com', 100, '1 hour')
  from generate_series(1, 99);
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.1
200
- POST /api/auth/login {"email":"ann@example.com","password":"wrong"}
  > X-Real-IP: 192.0.2.2
422
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.3
429 ~ {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 100
  < X-RateLimit-Remaining: 0
sql update throttles set expires_at = now() where kind = 'login_email'
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
  > X-Real-IP: 192.0.2.4
200



=== TEST 14: what one address is refused does not count for others
--- sql
select throttle('login_email', 'ann@example.com', 100, '1 hour')
  from generate_series(1, 100);
--- steps
- POST /api/auth/login {"email":"ada@example.com","password":"correct horse battery"}
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
429
ann GET /api/user
200



=== TEST 15: a second factor that is on is asked for, and nothing is given yet
--- sql
insert into two_factors (user_id, secret, confirmed_at)
values (1, '\x00', now()), (2, '\x00', null)
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","device_name":"Desk"}
200 {"2fa_required":true,"tmp_token":"<text>"}
  < Cache-Control: no-store
  < ! Set-Cookie
row select user_id, is_session, name, tries,
    expires_at between now() + interval '280 seconds'
                   and now() + interval '300 seconds'
    from login_challenges => 1|f|Desk|0|t
row select count(*) from credentials where id > 1000 => 0
- POST /api/auth/login {"email":"ada@example.com","password":"correct horse battery"}
200 {"token":"<login>","user":{"id":2,"...":1}}



=== TEST 16: expired challenges go with the next one
--- sql
insert into two_factors (user_id, secret, confirmed_at)
values (1, '\x00', now());
insert into login_challenges (digest, user_id, is_session, expires_at)
values (sha256('a'), 1, false, now()), (sha256('b'), 1, false,
        now() + interval '1 minute'), (sha256('c'), 2, false, now())
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200 {"2fa_required":true,"tmp_token":"<text>"}
row select user_id, count(*) from login_challenges group by 1 order by 1
    => 1|2 2|1



=== TEST 17: a token signs itself out
--- steps
ann POST /api/auth/logout
204
  < ! Set-Cookie
ann GET /api/user
401
ann POST /api/auth/logout
401
ada GET /api/user
200
row select count(*) from credentials where user_id = 1 and kind in (1, 8)
    and revoked_at is null => 2
row select string_agg(id::text, ' ') from credentials
    where revoked_at > now() - interval '1 minute' and user_id = 1 and kind = 1
    and id <> 560 => 501
row select user_id, object_id from events where type = 'access.ended'
    => 1|501



=== TEST 18: only a person's token or session is signed out
--- steps
- POST /api/auth/logout
401
key POST /api/auth/logout
403
ann-phone POST /api/auth/logout
403
expired POST /api/auth/logout
401
row select count(*) from events => 0



=== TEST 19: nothing of a password is logged
--- log_level: debug
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200
--- no_error_log
[error]
[alert]
correct horse



=== TEST 20: passwords are hashed by threads of the module's own
--- main_config
    thread_pool passwords threads=2;
    thread_pool default threads=2;
--- http_config
    simrelay_password_threads passwords;
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
200
- POST /api/auth/login {"email":"ann@example.com","password":"wrong"}
422



=== TEST 21: without the database nobody signs in
--- http_config
    simrelay_database "host=127.0.0.1 port=1 dbname=none user=none";
--- request
POST /api/auth/login
{"email":"ann@example.com","password":"correct horse battery"}
--- error_code: 503
--- response_headers
Retry-After: 1
--- no_error_log
[alert]



=== TEST 22: another site's page cannot begin a session
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","session":true}
403 {"message":"CSRF token mismatch."}
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","session":true}
  > Origin: https://evil.example
403 {"message":"CSRF token mismatch."}
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","session":true}
  > Origin: https://sms.example.com.evil.example
403 {"message":"CSRF token mismatch."}
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery","session":true}
  > Origin: null
403 {"message":"CSRF token mismatch."}
row select count(*) from throttles => 0
