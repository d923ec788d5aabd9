# Another password: POST /api/auth/forgot-password and reset-password, PUT
# /api/user/password.

use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 288;

# a link of Ann's, and one of each fault
my $links = <<'END';
insert into password_resets (digest, user_id, expires_at)
values (sha256('live'), 1, now() + interval '1 minute'),
       (sha256('expired'), 1, now()),
       (sha256('disabled'), 8, now() + interval '1 minute');
END

# what a person may have in hand
my $more = <<'END';
insert into oauth_grants (id, oauth_client_id, user_id, scope, abilities)
overriding system value
values (1, '00000000-0000-4000-8000-000000000009', 1, 'mobile:device', 55),
       (2, '00000000-0000-4000-8000-000000000009', 2, 'mobile:device', 55);
insert into two_factors (user_id, secret, confirmed_at)
values (1, '\x00', now());
insert into login_challenges (digest, user_id, is_session, expires_at)
values (sha256('a'), 1, false, now() + interval '1 minute'),
       (sha256('b'), 2, false, now() + interval '1 minute');
insert into password_resets (digest, user_id, expires_at)
values (sha256('another'), 1, now() + interval '1 minute'),
       (sha256('of ada'), 2, now() + interval '1 minute');
END

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => $block->sql =~ s/LINKS/$links/r =~ s/MORE/$more/r)
        if defined $block->sql;
});

run_tests();

__DATA__

=== TEST 1: a link is mailed to whoever has the address, and to nobody else
--- steps
- POST /api/auth/forgot-password {"email":"ANN@example.com"}
200 ~ {"message":"If this address has an account, a link to a new password is on its way to it."}
row select kind, recipient, user_id, params, octet_length(secret), state,
    expires_at between now() + interval '1780 seconds'
                   and now() + interval '1800 seconds'
    from mails => password_reset|ann@example.com|1|{"name": "Ann"}|77|pending|t
row select user_id, expires_at between now() + interval '1780 seconds'
                   and now() + interval '1800 seconds'
    from password_resets => 1|t
- POST /api/auth/forgot-password {"email":"nobody@example.com"}
200 ~ {"message":"If this address has an account, a link to a new password is on its way to it."}
- POST /api/auth/forgot-password {"email":"zed@example.com"}
200 ~ {"message":"If this address has an account, a link to a new password is on its way to it."}
row select count(*) from mails => 1
row select count(*) from password_resets => 1



=== TEST 2: who has no password yet gets one so
--- sql
update users set password_hash = null where id = 1
--- steps
- POST /api/auth/forgot-password {"email":"ann@example.com"}
200
row select count(*) from mails => 1



=== TEST 3: a new link ends the old one, of that person alone
--- sql
LINKS
update password_resets set user_id = 2 where digest = sha256('disabled')
--- steps
- POST /api/auth/forgot-password {"email":"ann@example.com"}
200
row select user_id, count(*) from password_resets group by 1 order by 1
    => 1|1 2|1
- POST /api/auth/reset-password {"token":"live","password":"a new password"}
422 {"message":"This password reset token is invalid.",
    "errors":{"token":["This password reset token is invalid."]}}



=== TEST 4: what is no address is told, and not counted
--- steps
- POST /api/auth/forgot-password
422 {"message":"The email field is required.",
    "errors":{"email":["The email field is required."]}}
- POST /api/auth/forgot-password {"email":"ann@example.com\r\nBcc: x@example.com"}
422
- POST /api/auth/forgot-password {"email":["ann@example.com"]}
422
- POST /api/auth/forgot-password {"email":"{{x*300}}@example.com"}
422
- POST /api/auth/forgot-password {"email":"a\u0000@example.com"}
422
row select count(*) from throttles => 0
row select count(*) from mails => 0



=== TEST 5: five mails an hour to an address; what is over that is not told
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
--- sql
select throttle('forgot_email', 'ann@example.com', 5, '1 hour')
  from generate_series(1, 4)
--- steps
- POST /api/auth/forgot-password {"email":"ann@example.com"}
  > X-Real-IP: 192.0.2.1
200
row select count(*) from mails => 1
- POST /api/auth/forgot-password {"email":"Ann@example.com"}
  > X-Real-IP: 192.0.2.2
200 ~ {"message":"If this address has an account, a link to a new password is on its way to it."}
row select count(*) from mails => 1
row select count(*) from password_resets => 1
- POST /api/auth/forgot-password {"email":"ada@example.com"}
  > X-Real-IP: 192.0.2.2
200
row select count(*) from mails => 2



=== TEST 6: twenty an hour from an IP
--- http_config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
--- sql
select throttle('forgot', '192.0.2.1', 20, '1 hour')
  from generate_series(1, 19);
--- steps
- POST /api/auth/forgot-password {"email":"nobody@example.com"}
  > X-Real-IP: 192.0.2.1
200
- POST /api/auth/forgot-password {"email":"ann@example.com"}
  > X-Real-IP: 192.0.2.1
429 ~ {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 20
  < X-RateLimit-Remaining: 0
row select count(*) from mails => 0
row select count(*) from throttles where kind = 'forgot_email' => 1
- POST /api/auth/forgot-password {"email":"ann@example.com"}
  > X-Real-IP: 192.0.2.2
200
row select count(*) from mails => 1



=== TEST 7: without a key file no link can be made
--- without: simrelay_key_file
--- request
POST /api/auth/forgot-password
{"email":"ann@example.com"}
--- error_code: 503
--- error_log
"simrelay_key_file" is not set



=== TEST 8: a link sets a password, once
--- sql
LINKS
select throttle('login_email', 'ann@example.com', 1, '1 hour')
  from generate_series(1, 200)
--- steps
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
429
- POST /api/auth/reset-password {"token":"live","password":"a new password"}
200 ~ {"message":"Your password has been reset."}
  < ! Set-Cookie
- POST /api/auth/reset-password {"token":"live","password":"another password"}
422 {"message":"This password reset token is invalid.","...":1}
- POST /api/auth/login {"email":"ann@example.com","password":"a new password"}
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
422
row select id from users where password_changed_at > now() - interval '1 minute'
    and updated_at = password_changed_at => 1
row select kind, recipient, user_id, params, secret is null, state from mails
    => password_changed|ann@example.com|1|{"name": "Ann"}|t|pending



=== TEST 9: it ends all that the old one has given, and nobody else's
--- sql
LINKS
MORE
--- steps
- POST /api/auth/reset-password {"token":"live","password":"a new password"}
200
ann GET /api/user
401
ann-session GET /api/user
401
ann-phone GET /api/user
401
key GET /api/user
200
ada GET /api/user
200
row select string_agg(kind::text, ' ' order by kind, id) from credentials
    where user_id = 1 and revoked_at is null => 4 4 4 4 4 4
row select id from oauth_grants where revoked_at is not null => 1
row select user_id from login_challenges => 2
row select string_agg(user_id::text, ' ' order by user_id) from password_resets
    => 2 8
row select count(*) > 3, bool_and(user_id = 1) from events
    where type = 'access.ended' => t|t
row select confirmed_at is not null from two_factors => t



=== TEST 10: a link that is expired, or of somebody who is disabled, is none
--- sql
LINKS
--- steps
- POST /api/auth/reset-password {"token":"expired","password":"a new password"}
422 {"message":"This password reset token is invalid.",
    "errors":{"token":["This password reset token is invalid."]}}
- POST /api/auth/reset-password {"token":"disabled","password":"a new password"}
422
- POST /api/auth/reset-password {"token":"nothing","password":"a new password"}
422
- POST /api/auth/reset-password {"token":"{{x*255}}","password":"a new password"}
422
row select count(*) from users where password_changed_at is not null => 0
row select count(*) from mails => 0



=== TEST 11: a password has 12 to 1024 characters, whatever they are
--- sql
LINKS
--- steps
- POST /api/auth/reset-password {"token":"live","password":"elevenchars"}
422 {"message":"The password field must be at least 12 characters.",
    "errors":{"password":["The password field must be at least 12 characters."]}}
- POST /api/auth/reset-password {"token":"live","password":"{{x*1025}}"}
422 {"message":"The password field must not be greater than 1024 characters.",
    "errors":{"password":["The password field must not be greater than 1024 characters."]}}
- POST /api/auth/reset-password {"token":"{{x*256}}","password":"twelve\u0000chars"}
422 {"message":"<text>","errors":{
    "token":["The token field must not be greater than 255 characters."],
    "password":["The password field format is invalid."]}}
- POST /api/auth/reset-password {"token":"live","password":"twelve chars\udfff"}
422
- POST /api/auth/reset-password {"token":["live"],"password":123456789012}
422 {"message":"<text>","errors":{"token":["The token field must be a string."],
    "password":["The password field must be a string."]}}
- POST /api/auth/reset-password
422 {"message":"<text>","errors":{"token":["The token field is required."],
    "password":["The password field is required."]}}
row select count(*) from throttles => 0
- POST /api/auth/reset-password {"token":"live","password":"{{\u2603*12}}"}
200
- POST /api/auth/login {"email":"ann@example.com","password":"{{☃*12}}"}
200



=== TEST 12: an IP tries twenty links an hour
--- sql
LINKS
select throttle('reset', '127.0.0.1', 20, '1 hour')
  from generate_series(1, 19);
--- steps
- POST /api/auth/reset-password {"token":"nothing","password":"a new password"}
422
- POST /api/auth/reset-password {"token":"live","password":"a new password"}
429 ~ {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 20
row select count(*) from users where password_changed_at is not null => 0



=== TEST 13: who knows the password changes it, and stays signed in
--- sql
MORE
--- steps
ann-session PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
200 ~ {"message":"Your password has been changed."}
ann-session GET /api/user
200
ann GET /api/user
401
ann-phone GET /api/user
200
key GET /api/user
200
ada GET /api/user
200
- POST /api/auth/login {"email":"ann@example.com","password":"correct horse battery"}
422
- POST /api/auth/login {"email":"ann@example.com","password":"a new password"}
200 {"2fa_required":true,"tmp_token":"<text>"}
row select id from users where password_changed_at > now() - interval '1 minute'
    and updated_at = password_changed_at => 1
row select kind, recipient, user_id, params from mails
    => password_changed|ann@example.com|1|{"name": "Ann"}
row select count(*) from oauth_grants where revoked_at is not null => 0
row select user_id from password_resets => 2
row select count(*) from login_challenges where digest = sha256('a') => 0
row select count(*) from throttles where kind = 'password' and hits > 0 => 0



=== TEST 14: a token does it too, by PATCH as well
--- steps
ann PATCH /api/user/password {"current_password":"correct horse battery","password":"a new password"}
200
ann GET /api/user
200
ann-session GET /api/user
401
ann PUT /api/user/password {"current_password":"a new password","password":"a new password"}
200



=== TEST 15: a wrong password, or one that is too short, changes nothing
--- steps
ann PUT /api/user/password {"current_password":"wrong","password":"a new password"}
422 {"message":"The password is incorrect.",
    "errors":{"current_password":["The password is incorrect."]}}
ann PUT /api/user/password {"current_password":"correct horse battery","password":"short"}
422 {"message":"<text>",
    "errors":{"password":["The password field must be at least 12 characters."]}}
ann PUT /api/user/password {"current_password":"{{x*1025}}","password":"{{x*1025}}"}
422 {"message":"<text>","errors":{
    "current_password":["The current password field must not be greater than 1024 characters."],
    "password":["The password field must not be greater than 1024 characters."]}}
ann PUT /api/user/password {"current_password":"a\u0000","password":"a new password\ud800"}
422 {"message":"<text>","errors":{
    "current_password":["The current password field format is invalid."],
    "password":["The password field format is invalid."]}}
ann PUT /api/user/password
422 {"message":"<text>","errors":{
    "current_password":["The current password field is required."],
    "password":["The password field is required."]}}
ann PUT /api/user/password {"current_password":
400
sql update users set password_hash = null where id = 1
ann PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
422 {"message":"The password is incorrect.","...":1}
ann-session GET /api/user
200
row select count(*) from users where password_changed_at is not null => 0
row select count(*) from mails => 0
row select hits from throttles where kind = 'password' => 2



=== TEST 16: ten wrong ones an hour, of that person
--- sql
select throttle('password', '1', 10, '1 hour') from generate_series(1, 9);
--- steps
ann PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
200
ann PUT /api/user/password {"current_password":"wrong","password":"a new password"}
422
ann PUT /api/user/password {"current_password":"a new password","password":"another password"}
429 ~ {"message":"Too Many Attempts."}
  < X-RateLimit-Limit: 10
  < X-RateLimit-Remaining: 0
ada PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
200



=== TEST 17: only a person changes a password, and only on a page of ours
--- steps
- PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
401
key PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
403
ann-phone PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
403
key PUT /api/user/password {"password":"short"}
403
revoked PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
401
- PUT /api/user/password {"current_password":"correct horse battery","password":"a new password"}
  > Cookie: __Host-simrelay_session={{token:ann-session}}
  > Origin: https://sms.example.com
403 {"message":"CSRF token mismatch."}
row select count(*) from throttles => 0
row select count(*) from users where password_changed_at is not null => 0
