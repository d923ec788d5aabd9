use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 358;

# Acme's integration 71, with two mappings, and Bolt's 72.
add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => q{
        insert into webhook_integrations
               (id, organization_id, name, url, secret, headers,
                timeout_seconds, retry_count, created_at, updated_at)
        overriding system value
        values (71, 1, 'CRM', 'https://crm.example/in?a=b', '\x01',
                '{"X-Team": "a"}', 20, 5, '2026-02-01Z', '2026-02-02Z'),
               (72, 2, 'Bolt''s', 'https://bolt.example/', '\x02', '{}', 30, 3,
                '2026-02-01Z', '2026-02-02Z');
        insert into webhook_mappings
               (id, organization_id, webhook_integration_id, team_id,
                forwarding_mode, is_active)
        overriding system value
        values (711, 1, 71, 12, 'always', true),
               (712, 1, 71, 11, 'lock_required', false),
               (721, 2, 72, 21, 'always', true);
        } . ($block->sql // ''));
});

vars(one => '"id":71,"name":"CRM","url":"https://crm.example/in?a=b",'
            . '"has_secret":true,"headers":{"X-Team":"a"},'
            . '"timeout_seconds":20,"retry_count":5,"is_active":true,'
            . '"mappings":[{"id":711,"team_id":12,"team_name":"Support",'
            . '"forwarding_mode":"always","is_active":true},'
            . '{"id":712,"team_id":11,"team_name":"Sales",'
            . '"forwarding_mode":"lock_required","is_active":false}]',
     at => '"created_at":"2026-02-01T00:00:00Z",'
           . '"updated_at":"2026-02-02T00:00:00Z"',
     map { ("headers$_" => '{' . join(',', map { qq("X-$_":"$_") } 1 .. $_)
                           . '}') } 32, 33);

run_tests();

__DATA__

=== TEST 1: the integrations of the organization, in full
--- sql
insert into webhook_integrations (id, organization_id, name, url, secret,
                                  is_active, created_at, updated_at)
overriding system value
values (73, 1, 'Off', 'http://127.0.0.1:8080', '\x03', false, '2026-02-01Z',
        '2026-02-02Z')
--- steps
ann GET /api/webhook-integrations
200 {"data":[{{{one}},{{at}}},
             {"id":73,"name":"Off","url":"http://127.0.0.1:8080",
              "has_secret":true,"headers":{},"timeout_seconds":30,
              "retry_count":3,"is_active":false,"mappings":[],{{at}}}],
     "organization":{"id":1,"name":"Acme"}}



=== TEST 2: by whom: the organization that the caller acts in
--- steps
mia GET /api/webhook-integrations
200 {"data":[{"id":71,"...":1}],"organization":{"id":1,"name":"Acme"}}

max-session GET /api/webhook-integrations
200 {"data":[{"id":71,"...":1}],"organization":{"id":1,"name":"Acme"}}

key GET /api/webhook-integrations
200 {"data":[{"id":71,"...":1}],"organization":{"id":1,"name":"Acme"}}

bob GET /api/webhook-integrations
200 {"data":[{"id":72,"mappings":[{"id":721,"team_name":"Desk","...":1}],
              "...":1}],
     "organization":{"id":2,"name":"Bolt"}}

key-bolt GET /api/webhook-integrations
200 {"data":[{"id":72,"...":1}],"organization":{"id":2,"name":"Bolt"}}

tim GET /api/webhook-integrations
200 {"data":[],"organization":{"id":3,"name":"Tiny"}}

eve GET /api/webhook-integrations
200 {"data":[],"organization":null}

eve GET /api/webhook-integrations/71
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 71"}



=== TEST 3: one of them
--- steps
ann GET /api/webhook-integrations/71
200 {"data":{{{one}},{{at}}}}

key GET /api/webhook-integrations/71
200 {"data":{"id":71,"...":1}}

ann GET /api/webhook-integrations/72
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

ann GET /api/webhook-integrations/999
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 999"}

ann GET /api/webhook-integrations/x
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] x"}

ann GET /api/webhook-integrations/9223372036854775808
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 9223372036854775808"}



=== TEST 4: one is made, and its secret is told once and sealed
--- request
POST /api/webhook-integrations
{"name":"Büro","url":"https://x.example/a?b=c","headers":
{"X-Own":"ä","Authorization":"Bearer \"x\""},"timeout_seconds":120,
"retry_count":0,"is_active":false}
--- as: ann
--- error_code: 201
--- response_headers
Cache-Control: no-store
--- json
{
    "message": "Webhook integration created successfully.",
    "data": {
        "id": "<int>",
        "name": "Büro",
        "url": "https://x.example/a?b=c",
        "has_secret": true,
        "headers": {"X-Own": "ä", "Authorization": "Bearer \"x\""},
        "timeout_seconds": 120,
        "retry_count": 0,
        "is_active": false,
        "mappings": [],
        "created_at": "<time+0>",
        "updated_at": "<time+0>",
        "secret": "<secret>"
    }
}
--- rows
select organization_id, name, url, headers, timeout_seconds, retry_count, is_active from webhook_integrations where id > 100 => 1|Büro|https://x.example/a?b=c|{"X-Own": "ä", "Authorization": "Bearer \"x\""}|120|0|f
select octet_length(secret), get_byte(secret, 0), previous_secret is null from webhook_integrations where id > 100 => 93|1|t
select count(*) from webhook_integrations i where id > 100 and encode(secret, 'escape') ~ '[0-9a-f]{64}' => 0



=== TEST 5: what is not given is as the contract says
--- steps
ada-session POST /api/webhook-integrations {"name":"a","url":"http://127.0.0.1:9/x"}
201 {"message":"Webhook integration created successfully.",
     "data":{"id":"<int>","name":"a","url":"http://127.0.0.1:9/x",
             "has_secret":true,"headers":{},"timeout_seconds":30,
             "retry_count":3,"is_active":true,"mappings":[],
             "created_at":"<time+0>","updated_at":"<time+0>",
             "secret":"<secret:one>"}}

key POST /api/webhook-integrations {"name":"a","url":"https://[2001:db8::1]:444","headers":[],
                "retry_count":10,"timeout_seconds":1}
201 {"message":"Webhook integration created successfully.",
     "data":{"name":"a","headers":{},"timeout_seconds":1,"retry_count":10,
             "secret":"<secret>","...":1}}

ann GET /api/webhook-integrations
200 {"data":[{"...":1},{"has_secret":true,"...":1},{"...":1}],"...":1}

row select count(distinct secret), count(*) from webhook_integrations
     where id > 100 => 2|2

row select count(*) from events => 0



=== TEST 6: who may not
--- steps
- GET /api/webhook-integrations
401 {"message":"Unauthenticated."}

- POST /api/webhook-integrations {"name":"x","url":"https://x.example/"}
401 {"message":"Unauthenticated."}

revoked GET /api/webhook-integrations/71
401 {"message":"Unauthenticated."}

key-read GET /api/webhook-integrations
403 {"message":"Invalid ability provided."}

key-messages GET /api/webhook-integrations/71
403 {"message":"Invalid ability provided."}

key-read POST /api/webhook-integrations {"name":"x","url":"https://x.example/"}
403 {"message":"Invalid ability provided."}

ann-phone GET /api/webhook-integrations
403 {"message":"Invalid scope(s) provided."}

ann-phone DELETE /api/webhook-integrations/71
403 {"message":"Invalid scope(s) provided."}

mia POST /api/webhook-integrations {"name":"x","url":"https://x.example/"}
403 {"message":"This action is unauthorized."}

mia POST /api/webhook-integrations {}
403 {"message":"This action is unauthorized."}

mia-session PUT /api/webhook-integrations/71 {"name":"x","url":"https://x.example/"}
403 {"message":"This action is unauthorized."}

key-dua DELETE /api/webhook-integrations/71
403 {"message":"This action is unauthorized."}

max POST /api/webhook-integrations/71/regenerate-secret
403 {"message":"This action is unauthorized."}

eve POST /api/webhook-integrations {"name":"x","url":"https://x.example/"}
403 {"message":"This action is unauthorized."}

- DELETE /api/webhook-integrations/71
  > Cookie: __Host-simrelay_session={{token:ann-session}}
403 {"message":"CSRF token mismatch."}

row select count(*), max(name), max(secret::text) from webhook_integrations
     where id <> 72 => 1|CRM|\x01



=== TEST 7: an OAuth2 token with the scope may
--- sql
update credentials set abilities = 8 where id = 541
--- steps
ann-scoped GET /api/webhook-integrations/71
200 {"data":{"id":71,"...":1}}

ann-scoped POST /api/webhook-integrations {"name":"x","url":"https://x.example/"}
201



=== TEST 8: what is wrong with every field, at once
--- steps
ann POST /api/webhook-integrations
422 {"message":"The name field is required. (and 1 more error)",
    "errors":{"name":["The name field is required."],
              "url":["The url field is required."]}}

ann POST /api/webhook-integrations
    {"name":"{{a*256}}","url":"ftp://x.example/","headers":"X-A: b",
     "timeout_seconds":0,"retry_count":11,"is_active":"yes"}
422 {"message":"The name field must not be greater than 255 characters. (and 5 more errors)",
    "errors":{
     "name":["The name field must not be greater than 255 characters."],
     "url":["The url field must be a valid URL."],
     "headers":["The headers field must be an array."],
     "timeout_seconds":["The timeout seconds field must be between 1 and 120."],
     "retry_count":["The retry count field must be between 0 and 10."],
     "is_active":["The is active field must be true or false."]}}

ann POST /api/webhook-integrations
    {"name":7,"url":7,"headers":[1],"timeout_seconds":"x","retry_count":-1,
     "is_active":null}
422 {"message":"The name field must be a string. (and 5 more errors)",
    "errors":{
     "name":["The name field must be a string."],
     "url":["The url field must be a valid URL."],
     "headers":["The headers field must be an array."],
     "timeout_seconds":["The timeout seconds field must be an integer."],
     "retry_count":["The retry count field must be between 0 and 10."],
     "is_active":["The is active field must be true or false."]}}

ann POST /api/webhook-integrations {"name":"a\u0000b","url":"https://x.example/{{a*2048}}",
                "timeout_seconds":121,"retry_count":1.5}
422 {"message":"The name field format is invalid. (and 3 more errors)",
    "errors":{
     "name":["The name field format is invalid."],
     "url":["The url field must not be greater than 2048 characters."],
     "timeout_seconds":["The timeout seconds field must be between 1 and 120."],
     "retry_count":["The retry count field must be an integer."]}}

row select count(*) from webhook_integrations => 2



=== TEST 9: addresses that are none, or are not written as one
--- steps
ann POST /api/webhook-integrations {"name":"x","url":"https://ann@x.example/"}
422 {"message":"The url field must be a valid URL.",
    "errors":{"url":["The url field must be a valid URL."]}}

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example/#a"}
422 {"message":"The url field must be a valid URL.",
    "errors":{"url":["The url field must be a valid URL."]}}

ann POST /api/webhook-integrations {"name":"x","url":"//x.example/"}
422

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example/ä"}
422

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example/a\r\nb"}
422

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example:0/"}
422

ann POST /api/webhook-integrations {"name":"x","url":"http://2130706433/"}
422 {"message":"The url field format is invalid.",
    "errors":{"url":["The url field format is invalid."]}}

ann PUT /api/webhook-integrations/71 {"name":"x","url":"http://0x7f.1/"}
422 {"message":"The url field format is invalid.",
    "errors":{"url":["The url field format is invalid."]}}

row select count(*), max(name) from webhook_integrations where id <> 72
     => 1|CRM



=== TEST 10: headers of one's own, and those that are not
--- steps
ann POST /api/webhook-integrations
    {"name":"x","url":"https://x.example/","headers":
     {"X-A":"b","Host":"evil","content-length":"1","Connection":"x",
      "Transfer-Encoding":"chunked","Proxy-Authorization":"x",
      "webhook-signature":"v1,x","X-Simrelay-Signature":"00",
      "X B":"c","":"d","X-Ü":"e","X-C":"f\r\nX-D: g","X-E":7,"X-F":null,
      "X-G":["h"],"X-I":"\u0000"}}
422 {"message":"The headers.Host field is prohibited. (and 14 more errors)",
    "errors":{
     "headers.Host":["The headers.Host field is prohibited."],
     "headers.content-length":["The headers.content-length field is prohibited."],
     "headers.Connection":["The headers.Connection field is prohibited."],
     "headers.Transfer-Encoding":["The headers.Transfer-Encoding field is prohibited."],
     "headers.Proxy-Authorization":["The headers.Proxy-Authorization field is prohibited."],
     "headers.webhook-signature":["The headers.webhook-signature field is prohibited."],
     "headers.X-Simrelay-Signature":["The headers.X-Simrelay-Signature field is prohibited."],
     "headers.X B":["The headers.X B field format is invalid."],
     "headers.":["The headers. field format is invalid."],
     "headers.X-Ü":["The headers.X-Ü field format is invalid."],
     "headers.X-C":["The headers.X-C field format is invalid."],
     "headers.X-E":["The headers.X-E field must be a string."],
     "headers.X-F":["The headers.X-F field must be a string."],
     "headers.X-G":["The headers.X-G field must be a string."],
     "headers.X-I":["The headers.X-I field format is invalid."]}}

ann PUT /api/webhook-integrations/71
    {"name":"x","url":"https://x.example/","headers":
     {"X-A":"b","x-a":"c","{{a*129}}":"d","X-B":"{{e*4097}}"}}
422 {"message":"The headers.{{a*129}} field format is invalid. (and 3 more errors)",
    "errors":{
     "headers.{{a*129}}":["The headers.{{a*129}} field format is invalid."],
     "headers.X-B":["The headers.X-B field must not be greater than 4096 characters."],
     "headers.X-A":["The headers.X-A field has a duplicate value."],
     "headers.x-a":["The headers.x-a field has a duplicate value."]}}

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example/","headers":{{headers33}}}
422 {"message":"The headers field must not have more than 32 items.",
    "errors":{"headers":["The headers field must not have more than 32 items."]}}

ann POST /api/webhook-integrations {"name":"x","url":"https://x.example/","headers":{{headers32}}}
201

row select count(*) from jsonb_object_keys((select headers
      from webhook_integrations where name = 'x')) => 32

row select headers from webhook_integrations where id = 71 => {"X-Team": "a"}



=== TEST 11: a body that is none, or too large
--- steps
ann POST /api/webhook-integrations {"name":
400

ann POST /api/webhook-integrations []
400

ann POST /api/webhook-integrations {"name":"{{a*16400}}"}
413 {"message":"Content Too Large"}

ann PUT /api/webhook-integrations/71 {"name"
400

ann POST /api/webhook-integrations/71/regenerate-secret {"keep
400

row select count(*) from webhook_integrations => 2



=== TEST 12: one is changed; what is not given stays
--- steps
ann PUT /api/webhook-integrations/71 {"name":"New","url":"http://new.example"}
200 {"message":"Webhook integration updated successfully.",
    "data":{"id":71,"name":"New","url":"http://new.example",
            "has_secret":true,"headers":{"X-Team":"a"},"timeout_seconds":20,
            "retry_count":5,"is_active":true,
            "mappings":[{"id":711,"...":1},{"id":712,"...":1}],
            "created_at":"2026-02-01T00:00:00Z","updated_at":"<time+0>"}}
  < ! Cache-Control

key PATCH /api/webhook-integrations/71
    {"name":"New","url":"http://new.example","headers":{"X-B":"c"},
     "timeout_seconds":7,"retry_count":0,"is_active":false}
200 {"message":"Webhook integration updated successfully.",
    "data":{"headers":{"X-B":"c"},"timeout_seconds":7,"retry_count":0,
            "is_active":false,"...":1}}

ada-session PUT /api/webhook-integrations/71
    {"name":"New","url":"http://new.example","headers":{},"is_active":1}
200 {"message":"Webhook integration updated successfully.",
    "data":{"headers":{},"timeout_seconds":7,"retry_count":0,
            "is_active":true,"...":1}}

ann GET /api/webhook-integrations/71
200 {"data":{"name":"New","headers":{},"is_active":true,"...":1}}

row select secret from webhook_integrations where id = 71 => \x01

row select name, updated_at = '2026-02-02Z' from webhook_integrations
     where id = 72 => Bolt's|t



=== TEST 13: PUT and PATCH need the same; 404 comes before 422
--- steps
ann PATCH /api/webhook-integrations/71 {"is_active":false}
422 {"message":"The name field is required. (and 1 more error)",
    "errors":{"name":["The name field is required."],
              "url":["The url field is required."]}}

ann PUT /api/webhook-integrations/71 {"name":"x"}
422 {"message":"The url field is required.",
    "errors":{"url":["The url field is required."]}}

ann PUT /api/webhook-integrations/72 {"name":"x"}
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

ann PUT /api/webhook-integrations/72 {"name":"x","url":"https://x.example/"}
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

ann PUT /api/webhook-integrations/abc {}
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] abc"}

bob PATCH /api/webhook-integrations/71 {"name":"x","url":"https://x.example/"}
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 71"}

row select string_agg(name, ',' order by id), bool_and(is_active)
      from webhook_integrations => CRM,Bolt's|t



=== TEST 14: one is deleted, with its mappings
--- steps
ann DELETE /api/webhook-integrations/72
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

key DELETE /api/webhook-integrations/71
200 {"message":"Webhook integration deleted successfully."}

ann DELETE /api/webhook-integrations/71
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 71"}

ann GET /api/webhook-integrations/71
404

row select string_agg(id::text, ',') from webhook_integrations => 72

row select string_agg(id::text, ',') from webhook_mappings => 721



=== TEST 15: another secret, told once; the one before signs no more
--- steps
sql update webhook_integrations
       set previous_secret = '\x99', previous_secret_until = now() + '1 hour'
     where id = 71

ann POST /api/webhook-integrations/71/regenerate-secret
200 {"message":"Webhook secret regenerated successfully.",
    "data":{"id":71,"name":"CRM","secret":"<secret>","updated_at":"<time+0>"}}
  < Cache-Control: no-store

row select octet_length(secret), previous_secret, previous_secret_until
      from webhook_integrations where id = 71 => 93||

key POST /api/webhook-integrations/71/regenerate-secret {"keep_previous":false}
200 {"message":"Webhook secret regenerated successfully.",
    "data":{"id":71,"name":"CRM","secret":"<secret>","updated_at":"<time+0>"}}

row select previous_secret, previous_secret_until
      from webhook_integrations where id = 71 => |

ann GET /api/webhook-integrations/71
200 {"data":{{{one}},"created_at":"2026-02-01T00:00:00Z",
             "updated_at":"<time+0>"}}



=== TEST 16: or signs for another day, where that is asked for
--- steps
ann POST /api/webhook-integrations/71/regenerate-secret {"keep_previous":true}
200 {"message":"Webhook secret regenerated successfully.",
    "data":{"id":71,"name":"CRM","secret":"<secret>","updated_at":"<time+0>"}}
  < Cache-Control: no-store

row select secret <> '\x01', previous_secret,
           previous_secret_until = updated_at + interval '24 hours'
      from webhook_integrations where id = 71 => t|\x01|t

sql update webhook_integrations set secret = '\x07' where id = 71

ann POST /api/webhook-integrations/71/regenerate-secret {"keep_previous":true}
200

row select previous_secret from webhook_integrations where id = 71 => \x07

ann POST /api/webhook-integrations/71/regenerate-secret {"keep_previous":"often"}
422 {"message":"The keep previous field must be true or false.",
    "errors":{"keep_previous":
              ["The keep previous field must be true or false."]}}

ann POST /api/webhook-integrations/72/regenerate-secret {"keep_previous":"often"}
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

ann POST /api/webhook-integrations/72/regenerate-secret
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] 72"}

row select secret, previous_secret from webhook_integrations where id = 72
     => \x02|



=== TEST 17: an organization has so many and no more
--- sql
insert into webhook_integrations (organization_id, name, url, secret)
select 1, 'n' || n, 'https://n.example/', '\x01' from generate_series(1, 99) n
--- steps
ann POST /api/webhook-integrations {"name":"more","url":"https://x.example/"}
403 {"message":"Webhook integration limit reached."}

bob POST /api/webhook-integrations {"name":"more","url":"https://x.example/"}
201

ann DELETE /api/webhook-integrations/71
200

ann POST /api/webhook-integrations {"name":"more","url":"https://x.example/"}
201

ann POST /api/webhook-integrations {"name":"more","url":"https://x.example/"}
403 {"message":"Webhook integration limit reached."}



=== TEST 18: other methods
--- steps
ann PUT /api/webhook-integrations
405
  < Allow: GET, POST

ann POST /api/webhook-integrations/71
405
  < Allow: GET, PUT, PATCH, DELETE

ann GET /api/webhook-integrations/71/regenerate-secret
405
  < Allow: POST
