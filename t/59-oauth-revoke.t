use lib 't/lib';
use SimRelay;
use SimRelay::OAuth;

repeat_each(2);
plan tests => repeat_each() * 228;

# each block has two grants of Ann's: old and r1, other and r2

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => "select test.grant(1, 'old', 'r1'),\n"
                             . "       test.grant(2, 'other', 'r2');\n"
                             . ($block->sql // ''));
    $block->set_value(steps => $block->steps
        =~ s/^done$/200 ~ \n  < Cache-Control: no-store/gmr);
});

run_tests();

__DATA__

=== TEST 1: a refresh token that is given back ends its grant
--- steps
- POST /oauth/revoke revoke()
  form
done

row select id, revoked_at is not null from oauth_grants order by id => 1|t 2|f

old GET /api/user
401

other GET /api/user
200

- POST /oauth/token refresh()
  form
401 {"error":"invalid_grant","...":1}

- POST /oauth/token refresh(refresh_token=r2)
  form
200

- POST /oauth/revoke revoke()
  form
done



=== TEST 2: so does one that was used already
--- steps
- POST /oauth/token refresh()
  form
200

sql select test.last('new', 'r3')

- POST /oauth/revoke revoke()
  form
done

new GET /api/user
401

- POST /oauth/token refresh(refresh_token=r3)
  form
401 {"error":"invalid_grant","...":1}



=== TEST 3: an access token that is given back ends alone
--- steps
- POST /oauth/revoke revoke(token={{token:old}})
  form
done

old GET /api/user
401

other GET /api/user
200

row select count(*) from oauth_grants where revoked_at is null => 2
row select count(*) from events
     where type = 'access.ended' and object_id = 601 => 1

- POST /oauth/token refresh()
  form
200



=== TEST 4: a hint changes nothing, right or wrong
--- steps
- POST /oauth/revoke revoke(token_type_hint=access_token)
  form
done

old GET /api/user
401

- POST /oauth/revoke revoke(token={{token:other}} token_type_hint=refresh_token)
  form
done

other GET /api/user
401

- POST /oauth/revoke revoke(token=r2 token_type_hint=pizza)
  form
done

row select count(*) from oauth_grants where revoked_at is null => 0



=== TEST 5: what is no token of the client's is left as it is, and not told
--- steps
- POST /oauth/revoke revoke(client_id={{uuid2}})
  form
done

- POST /oauth/revoke revoke(client_id={{uuid2}} token={{token:old}})
  form
done

- POST /oauth/revoke revoke(token=r9)
  form
done

- POST /oauth/revoke revoke(token={{token:ann}})
  form
done

- POST /oauth/revoke revoke(token={{token:key}})
  form
done

- POST /oauth/revoke revoke(token={{token:ann-session}})
  form
done

- POST /oauth/revoke revoke(token={{token:ann-phone}})
  form
done

- POST /oauth/revoke revoke(token={{xFF}}{{x00}})
  form
done

- POST /oauth/revoke revoke(token={{a*15000}})
  form
done

row select count(*) from oauth_grants where revoked_at is null => 2

old GET /api/user
200

ann GET /api/user
200

key GET /api/user
200

ann-session GET /api/user
200

ann-phone GET /api/user
200



=== TEST 6: nobody gives back who is no client
--- steps
- POST /oauth/revoke revoke(-client_id)
  form
error 400 invalid_request client_id is missing.

- POST /oauth/revoke revoke(client_id={{uuid5}})
  form
error 401 invalid_client There is no such client.

- POST /oauth/revoke revoke(client_id=app)
  form
error 401 invalid_client There is no such client.

- POST /oauth/revoke revoke(client_id={{uuid3}})
  form
error 401 invalid_client There is no such client.

- POST /oauth/revoke revoke(client_secret=secret)
  form
error 401 invalid_client Clients are public here: send client_id, and no secret.

- POST /oauth/revoke revoke()
  form
  > Authorization: Basic MDox
error 401 invalid_client Clients are public here: send client_id, and no secret.
  < WWW-Authenticate: Basic realm="oauth"

- POST /oauth/revoke revoke(-token)
  form
error 400 invalid_request token is missing.

- POST /oauth/revoke revoke(token=)
  form
error 400 invalid_request token is missing.

row select count(*) from oauth_grants where revoked_at is null => 2



=== TEST 7: a request is one form in the body, and names nothing twice
--- steps
- POST /oauth/revoke revoke()
error 400 invalid_request The request must be a form (application/x-www-form-urlencoded).

- POST /oauth/revoke {"token":"r1"}
  > Content-Type: application/json
error 400 invalid_request The request must be a form (application/x-www-form-urlencoded).

- POST /oauth/revoke?revoke()
  form
error 400 invalid_request token is missing.

- POST /oauth/revoke revoke()&token=r1
  form
error 400 invalid_request A parameter stands in the request twice.

- POST /oauth/revoke revoke()&x={{a*17000}}
  form
413

- GET /oauth/revoke?revoke()
405
  < Allow: POST

row select count(*) from oauth_grants where revoked_at is null => 2



=== TEST 8: a page of another origin that is allowed may give tokens back
--- steps
- POST /oauth/revoke revoke()
  form
  > Origin: https://ext.example
200
  < Access-Control-Allow-Origin: https://ext.example

- OPTIONS /oauth/revoke
  > Origin: https://ext.example
  > Access-Control-Request-Method: POST
204
  < Access-Control-Allow-Origin: https://ext.example
