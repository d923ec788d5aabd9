use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 267;

# Acme's integrations 71, with two mappings, and 73, with one; Bolt's 72.
add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => q{
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret)
        overriding system value
        values (71, 1, 'CRM', 'https://crm.example/', '\x01'),
               (72, 2, 'Bolt', 'https://bolt.example/', '\x02'),
               (73, 1, 'Log', 'https://log.example/', '\x03');
        insert into teams (id, organization_id, name)
        overriding system value values (13, 1, 'Büro');
        insert into webhook_mappings
               (id, organization_id, webhook_integration_id, team_id,
                forwarding_mode, is_active, created_at, updated_at)
        overriding system value
        values (711, 1, 71, 12, 'always', true, '2026-02-01Z', '2026-02-02Z'),
               (712, 1, 71, 11, 'lock_required', false, '2026-02-01Z',
                '2026-02-02Z'),
               (721, 2, 72, 21, 'always', true, '2026-02-01Z', '2026-02-02Z'),
               (731, 1, 73, 12, 'always', true, '2026-02-01Z', '2026-02-02Z');
        } . ($block->sql // ''));
});

my $path = '/api/webhook-integrations';

vars(one => '"id":711,"team_id":12,"team_name":"Support",'
            . '"forwarding_mode":"always","is_active":true,'
            . '"created_at":"2026-02-01T00:00:00Z",'
            . '"updated_at":"2026-02-02T00:00:00Z"',
     all => "$path/71/mappings", alias => "$path/71/webhook-mappings",
     theirs => "$path/72/mappings", other => "$path/73/mappings",
     noone => '{"message":"No query results for model'
              . ' [App\\\\Models\\\\WebhookIntegration] 72"}',
     nomap => 'No query results for model [App\\\\Models\\\\WebhookMapping]');

run_tests();

__DATA__

=== TEST 1: the mappings of an integration, by both paths
--- steps
ann GET {{all}}
200 {"data":[{{{one}}},
             {"id":712,"team_id":11,"team_name":"Sales",
              "forwarding_mode":"lock_required","is_active":false,
              "created_at":"2026-02-01T00:00:00Z",
              "updated_at":"2026-02-02T00:00:00Z"}],
     "webhook_integration":{"id":71,"name":"CRM"}}

mia GET {{alias}}
200 {"data":[{"id":711,"...":1},{"id":712,"...":1}],
     "webhook_integration":{"id":71,"name":"CRM"}}

key GET {{other}}
200 {"data":[{"id":731,"...":1}],"webhook_integration":{"id":73,"name":"Log"}}

bob GET {{theirs}}
200 {"data":[{"id":721,"team_name":"Desk","...":1}],
     "webhook_integration":{"id":72,"name":"Bolt"}}

ann GET {{theirs}}
404 {{noone}}

eve GET {{theirs}}
404 {{noone}}

ann GET /api/webhook-integrations/x/mappings
404 {"message":"No query results for model [App\\Models\\WebhookIntegration] x"}



=== TEST 2: one of them
--- steps
max-session GET {{all}}/711
200 {"data":{{{one}}}}

key GET {{alias}}/711
200 {"data":{{{one}}}}

ann GET {{all}}/999
404 {"message":"{{nomap}} 999"}

ann GET {{alias}}/x
404 {"message":"{{nomap}} x"}



=== TEST 3: one of another integration is none
--- steps
ann GET {{all}}/731
404 {"message":"{{nomap}} 731"}

ann GET {{all}}/721
404 {"message":"{{nomap}} 721"}

ann GET {{theirs}}/721
404 {{noone}}

bob GET {{theirs}}/711
404 {"message":"{{nomap}} 711"}

ann PUT {{all}}/731 {"forwarding_mode":"lock_required"}
404 {"message":"{{nomap}} 731"}

ann PATCH {{alias}}/731 {}
404 {"message":"{{nomap}} 731"}

ann PUT {{theirs}}/721 {"forwarding_mode":"lock_required"}
404 {{noone}}

ann PUT {{theirs}}/721 {"forwarding_mode":"never"}
404 {{noone}}

ann PUT {{all}}/x {}
404 {"message":"{{nomap}} x"}

ann DELETE {{all}}/731
404 {"message":"{{nomap}} 731"}

ann DELETE {{alias}}/721
404 {"message":"{{nomap}} 721"}

ann DELETE {{theirs}}/721
404 {{noone}}

row select string_agg(id || forwarding_mode, ' ' order by id)
      from webhook_mappings
     => 711always 712lock_required 721always 731always



=== TEST 4: one is made
--- steps
ann POST {{all}} {"team_id":13,"forwarding_mode":"always"}
201 {"message":"Webhook mapping created successfully.",
     "data":{"id":"<int:id>","team_id":13,"team_name":"Büro",
             "forwarding_mode":"always","is_active":true,
             "created_at":"<time+0>","updated_at":"<time+0>"}}

ann GET {{all}}
200 {"data":[{"...":1},{"...":1},{"id":"<int:id>","...":1}],"...":1}

key POST {{other}}
    {"team_id":"11","forwarding_mode":"lock_required","is_active":false}
201 {"message":"Webhook mapping created successfully.",
     "data":{"team_id":11,"team_name":"Sales",
             "forwarding_mode":"lock_required","is_active":false,"...":1}}

ada-session POST /api/webhook-integrations/73/webhook-mappings
    {"team_id":13,"forwarding_mode":"lock_required"}
201

row select organization_id, webhook_integration_id, team_id, forwarding_mode,
           is_active
      from webhook_mappings where id > 800 order by id
     => 1|71|13|always|t 1|73|11|lock_required|f 1|73|13|lock_required|t



=== TEST 5: what is wrong, at once
--- steps
ann POST {{all}}
422 {"message":"The team id field is required. (and 1 more error)",
    "errors":{"team_id":["The team id field is required."],
              "forwarding_mode":["The forwarding mode field is required."]}}

ann POST {{alias}}
    {"team_id":"x","forwarding_mode":"sometimes","is_active":2}
422 {"message":"The team id field must be an integer. (and 2 more errors)",
    "errors":{"team_id":["The team id field must be an integer."],
              "forwarding_mode":["The selected forwarding mode is invalid."],
              "is_active":["The is active field must be true or false."]}}

ann POST {{all}} {"team_id":13,"forwarding_mode":null}
422

ann POST {{all}} {"team_id"
400

ann POST {{theirs}} {"team_id":"x"}
404 {{noone}}

ann POST {{theirs}} {"team_id":13,"forwarding_mode":"always"}
404 {{noone}}

row select count(*) from webhook_mappings => 4



=== TEST 6: a team of another organization, or of none
--- steps
ann POST {{all}} {"team_id":21,"forwarding_mode":"always"}
422 {"message":"The selected team id is invalid.",
    "errors":{"team_id":["The selected team id is invalid."]}}

ann POST {{all}} {"team_id":999,"forwarding_mode":"always"}
422 {"message":"The selected team id is invalid.",
    "errors":{"team_id":["The selected team id is invalid."]}}

ann POST {{all}} {"team_id":-1,"forwarding_mode":"always"}
422 {"message":"The selected team id is invalid.",
    "errors":{"team_id":["The selected team id is invalid."]}}

bob POST {{theirs}} {"team_id":11,"forwarding_mode":"always"}
422 {"message":"The selected team id is invalid.",
    "errors":{"team_id":["The selected team id is invalid."]}}

row select count(*) from webhook_mappings => 4



=== TEST 7: a team twice
--- steps
ann POST {{all}} {"team_id":12,"forwarding_mode":"lock_required"}
422 {"message":"The team id has already been taken.",
    "errors":{"team_id":["The team id has already been taken."]}}

ann POST {{other}} {"team_id":11,"forwarding_mode":"lock_required"}
201

ann DELETE {{all}}/711
200

ann POST {{alias}} {"team_id":12,"forwarding_mode":"lock_required"}
201

row select count(*) from webhook_mappings => 5



=== TEST 8: one is changed
--- steps
ann PUT {{all}}/711 {"forwarding_mode":"lock_required","team_id":13}
200 {"message":"Webhook mapping updated successfully.",
    "data":{"id":711,"team_id":12,"team_name":"Support",
            "forwarding_mode":"lock_required","is_active":true,
            "created_at":"2026-02-01T00:00:00Z","updated_at":"<time+0>"}}

key PATCH {{alias}}/711 {"forwarding_mode":"always","is_active":false}
200 {"message":"Webhook mapping updated successfully.",
    "data":{"forwarding_mode":"always","is_active":false,"...":1}}

ada-session PUT {{alias}}/711 {"forwarding_mode":"always"}
200 {"message":"Webhook mapping updated successfully.",
    "data":{"forwarding_mode":"always","is_active":false,"...":1}}

ann PATCH {{all}}/711 {"is_active":true}
422 {"message":"The forwarding mode field is required.",
    "errors":{"forwarding_mode":["The forwarding mode field is required."]}}

ann PUT {{all}}/711 {"forwarding_mode":"ALWAYS","is_active":"x"}
422 {"message":"The selected forwarding mode is invalid. (and 1 more error)",
    "errors":{"forwarding_mode":["The selected forwarding mode is invalid."],
              "is_active":["The is active field must be true or false."]}}

row select forwarding_mode, is_active from webhook_mappings where id = 711
     => always|f

row select bool_and(updated_at = '2026-02-02Z') from webhook_mappings
     where id <> 711 => t



=== TEST 9: one is ended
--- steps
ann DELETE {{all}}/711
200 {"message":"Webhook mapping deleted successfully."}

ann DELETE {{all}}/711
404 {"message":"{{nomap}} 711"}

key DELETE {{alias}}/712
200 {"message":"Webhook mapping deleted successfully."}

ann GET {{all}}
200 {"data":[],"webhook_integration":{"id":71,"name":"CRM"}}



=== TEST 10: who may not
--- steps
- GET {{all}}
401 {"message":"Unauthenticated."}

- POST {{alias}} {"team_id":13,"forwarding_mode":"always"}
401 {"message":"Unauthenticated."}

expired DELETE {{all}}/711
401 {"message":"Unauthenticated."}

key-read GET {{all}}
403 {"message":"Invalid ability provided."}

key-lock POST {{all}} {"team_id":13,"forwarding_mode":"always"}
403 {"message":"Invalid ability provided."}

ann-phone GET {{all}}/711
403 {"message":"Invalid scope(s) provided."}

mia POST {{all}} {"team_id":13,"forwarding_mode":"always"}
403 {"message":"This action is unauthorized."}

max PUT {{alias}}/711 {"forwarding_mode":"lock_required"}
403 {"message":"This action is unauthorized."}

mia PUT {{all}}/711 {}
403 {"message":"This action is unauthorized."}

key-dua DELETE {{all}}/711
403 {"message":"This action is unauthorized."}

mia-session DELETE {{all}}/711
403 {"message":"This action is unauthorized."}

row select count(*), bool_and(updated_at = '2026-02-02Z')
      from webhook_mappings => 4|t



=== TEST 11: an integration has so many and no more
--- sql
insert into teams (organization_id, name)
select 1, 'team ' || n from generate_series(1, 98) n;
insert into webhook_mappings (organization_id, webhook_integration_id, team_id,
                              forwarding_mode)
select 1, 71, id, 'always' from teams where name like 'team %'
--- steps
ann POST {{all}} {"team_id":13,"forwarding_mode":"always"}
403 {"message":"Webhook mapping limit reached."}

ann POST {{other}} {"team_id":13,"forwarding_mode":"always"}
201

ann DELETE {{all}}/711
200

ann POST {{all}} {"team_id":13,"forwarding_mode":"always"}
201



=== TEST 12: other methods
--- steps
ann PUT {{all}}
405
  < Allow: GET, POST

ann POST {{alias}}/711
405
  < Allow: GET, PUT, PATCH, DELETE
