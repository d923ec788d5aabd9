use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 366;

# each block has a grant of Ann's, with the tokens old and r1

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => "select test.grant(1, 'old', 'r1');\n"
                             . ($block->sql // ''));
    $block->set_value(steps => $block->steps
        =~ s/^refused$/error 401 invalid_grant The refresh token is not valid, or no longer./gmr);
});

run_tests();

__DATA__

=== TEST 1: a refresh token is a new pair, in place of the old one
--- steps
old GET /api/user
200

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r2')

old GET /api/user
401

new GET /api/user
200 {"auth_type":"oauth","...":1}

row select used_at is not null, successor = sha256('r2'), revoked_at
      from oauth_refresh_tokens where digest = sha256('r1') => t|t|
row select used_at, expires_at - created_at = interval '30 days'
      from oauth_refresh_tokens where digest = sha256('r2') => |t
row select abilities, scope, oauth_grant_id from credentials
     where revoked_at is null and oauth_grant_id is not null
    => 55|mobile:device numbers.read|1
row select count(*) from events
     where type = 'access.ended' and object_id = 601 => 1

- POST /oauth/token refresh(refresh_token=r2)
  form
tokens mobile:device numbers.read

new GET /api/user
401



=== TEST 2: a used one gets a new pair while the first may have been lost
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('lost', 'r2')

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r3')

lost GET /api/user
401

new GET /api/user
200

row select revoked_at is not null from oauth_refresh_tokens
     where digest = sha256('r2') => t
row select revoked_at from oauth_grants => 

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('newer', 'r4')

new GET /api/user
401

- POST /oauth/token refresh(refresh_token=r4)
  form
tokens mobile:device numbers.read



=== TEST 3: once its successor was used, it ends the family
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r2')

- POST /oauth/token refresh(refresh_token=r2)
  form
tokens mobile:device numbers.read

sql select test.last('newer', 'r3')

newer GET /api/user
200

- POST /oauth/token refresh()
  form
refused

newer GET /api/user
401

- POST /oauth/token refresh(refresh_token=r3)
  form
refused

row select revoked_at is not null from oauth_grants => t



=== TEST 4: after the grace it ends the family
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r2');
    update oauth_refresh_tokens set used_at = now() - interval '31 seconds'
     where digest = sha256('r1')

- POST /oauth/token refresh()
  form
refused

new GET /api/user
401

- POST /oauth/token refresh(refresh_token=r2)
  form
refused



=== TEST 5: the grace begins with the first use
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql update oauth_refresh_tokens set used_at = now() - interval '20 seconds'
     where digest = sha256('r1')

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

row select used_at < now() - interval '20 seconds' from oauth_refresh_tokens
     where digest = sha256('r1') => t



=== TEST 6: one that has died for another ends the family
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('lost', 'r2')

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r3')

- POST /oauth/token refresh(refresh_token=r2)
  form
refused

new GET /api/user
401

- POST /oauth/token refresh(refresh_token=r3)
  form
refused



=== TEST 7: without a grace there is no second use
--- http_config
    simrelay_oauth_refresh_grace 0;
--- steps
- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read

sql select test.last('new', 'r2')

- POST /oauth/token refresh()
  form
refused

new GET /api/user
401



=== TEST 8: less may be asked for than was granted, and more again later
--- steps
- POST /oauth/token refresh(scope=numbers.read)
  form
tokens numbers.read

sql select test.last('less', 'r2')

less GET /api/sims
200

less GET /api/sims/101/messages
403 {"message":"Invalid scope(s) provided."}

row select scope, abilities from oauth_grants => mobile:device numbers.read|55

- POST /oauth/token refresh(refresh_token=r2)
  form
tokens mobile:device numbers.read

sql select test.last('more', 'r3')

more GET /api/sims/101/messages
200



=== TEST 9: more than was granted is not to be had, and spoils nothing
--- steps
- POST /oauth/token refresh(scope=messages.read)
  form
error 400 invalid_scope A scope was not granted.

- POST /oauth/token refresh()&scope=numbers.read+webhooks.receive
  form
error 400 invalid_scope A scope was not granted.

- POST /oauth/token refresh(scope=admin)
  form
error 400 invalid_scope A scope was not granted.

- POST /oauth/token refresh()&scope=+
  form
error 400 invalid_scope A scope was not granted.

- POST /oauth/token refresh(scope={{xFF}}{{x00}})
  form
error 400 invalid_scope A scope was not granted.

old GET /api/user
200

- POST /oauth/token refresh(scope=)
  form
tokens mobile:device numbers.read



=== TEST 10: what is no refresh token of that client gets nothing
--- steps
- POST /oauth/token refresh(refresh_token=r9)
  form
refused
  < WWW-Authenticate: Bearer

- POST /oauth/token refresh(refresh_token={{token:old}})
  form
refused

- POST /oauth/token refresh(refresh_token={{token:key}})
  form
refused

- POST /oauth/token refresh(refresh_token={{token:ann}})
  form
refused

- POST /oauth/token refresh(refresh_token=r1{{x00}})
  form
refused

- POST /oauth/token refresh(refresh_token={{xFF}}{{a*10000}})
  form
refused

- POST /oauth/token refresh(client_id={{uuid2}})
  form
refused

- POST /oauth/token refresh(client_id={{uuid5}})
  form
error 401 invalid_client There is no such client.

- POST /oauth/token refresh(-refresh_token)
  form
error 400 invalid_request refresh_token is missing.

- POST /oauth/token refresh(refresh_token=)
  form
error 400 invalid_request refresh_token is missing.

old GET /api/user
200

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read



=== TEST 11: what has expired is refused, and what was revoked
--- sql
select test.grant(2, 'old2', 'r2'), test.grant(3, 'old3', 'r3');
update oauth_refresh_tokens set expires_at = now() where digest = sha256('r1');
update oauth_grants set revoked_at = now() where id = 2;
--- steps
- POST /oauth/token refresh()
  form
refused

old2 GET /api/user
401

- POST /oauth/token refresh(refresh_token=r2)
  form
refused

sql update users set disabled_at = now() where id = 1

old3 GET /api/user
401

- POST /oauth/token refresh(refresh_token=r3)
  form
refused

sql update users set disabled_at = null where id = 1

old3 GET /api/user
200

- POST /oauth/token refresh(refresh_token=r3)
  form
tokens mobile:device numbers.read



=== TEST 12: the end of a client is the end of its tokens
--- steps
old GET /api/user
200

sql update oauth_clients set revoked_at = now() where id = '{{uuid1}}'

old GET /api/user
401

- POST /oauth/token refresh()
  form
error 401 invalid_client There is no such client.

sql update oauth_clients set revoked_at = null where id = '{{uuid1}}'

old GET /api/user
401

- POST /oauth/token refresh()
  form
refused



=== TEST 13: the access token ends after 15 days, the grant does not
--- steps
sql update credentials set expires_at = now() where id = 601

old GET /api/user
401

- POST /oauth/token refresh()
  form
tokens mobile:device numbers.read
