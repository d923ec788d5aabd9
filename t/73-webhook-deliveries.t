use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 235;

# Acme's integrations 71, with six deliveries, 73 with one, and 74, which is not
# active; Bolt's 72 with one.
add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(sql => q{
        insert into webhook_integrations (id, organization_id, name, url,
                                          secret, is_active)
        overriding system value
        values (71, 1, 'CRM', 'https://crm.example/', '\x01', true),
               (72, 2, 'Bolt', 'https://bolt.example/', '\x02', true),
               (73, 1, 'Log', 'https://log.example/', '\x03', true),
               (74, 1, 'Off', 'https://off.example/', '\x04', false);
        insert into webhook_deliveries
               (id, organization_id, webhook_integration_id, created_at,
                event_id, event_created_at, event, object_id, state, attempts,
                next_attempt_at, http_status, response_body, error,
                response_time_ms, finished_at)
        select id, case integration when 72 then 2 else 1 end, integration,
               at(ago), id + 1000, at(ago), 'message.inbound', 7, state,
               attempts, case state when 'pending' then at(600) end, status,
               body, error, 5, case state when 'pending' then null else now()
                               end
          from (values
               (501, 71, -50, 'delivered', 1, 200, 'ok', null),
               (502, 71, -40, 'failed', 4, 500, 'oh "no"', 'HTTP 500'),
               (503, 71, -40, 'pending', 2, null, null, 'connection refused'),
               (509, 71, -30, 'failed', 1, 410, '', 'HTTP 410'),
               (505, 71, -20, 'delivered', 3, 204, '', null),
               (506, 71, -10, 'pending', 0, null, null, null),
               (520, 72, -10, 'failed', 4, 500, '', 'HTTP 500'),
               (530, 73, -10, 'failed', 4, 500, '', 'HTTP 500'),
               (540, 74, -10, 'failed', 4, 500, '', 'HTTP 500'))
               t(id, integration, ago, state, attempts, status, body, error);
        } . ($block->sql // ''));
});

# to the second, so that what is compared is known
db->sql(q{
    create or replace function at(seconds int4) returns timestamptz
    language sql
    as $$ select date_trunc('second', now()) + make_interval(secs => $1) $$
});

my $path = '/api/webhook-integrations';

vars(all => "$path/71/deliveries", theirs => "$path/72/deliveries",
     other => "$path/73/deliveries", off => "$path/74/deliveries",
     url => "https://sms.example.com$path/71/deliveries",
     noone => '{"message":"No query results for model'
              . ' [App\\\\Models\\\\WebhookIntegration] 72"}',
     none => 'No query results for model [App\\\\Models\\\\WebhookDelivery]',
     nolinks => '"links":{"first":null,"last":null,"prev":null,"next":null}',
     inactive => '{"message":"The webhook integration is not active.",'
                 . '"errors":{"webhook_integration":'
                 . '["The webhook integration is not active."]}}');

run_tests();

__DATA__

=== TEST 1: the log of an integration, newest first, in full
--- steps
ann GET {{all}}
200 {"data":[
      {"id":506,"event":"message.inbound","event_id":"evt_1506",
       "status":"pending","attempts":0,"http_status":null,
       "response_body":null,"error":null,"created_at":"<time>",
       "next_attempt_at":"<time>"},
      {"id":505,"event":"message.inbound","event_id":"evt_1505",
       "status":"delivered","attempts":3,"http_status":204,
       "response_body":"","error":null,"created_at":"<time>",
       "next_attempt_at":null},
      {"id":509,"status":"failed","attempts":1,"http_status":410,
       "error":"HTTP 410","...":1},
      {"id":503,"status":"pending","error":"connection refused","...":1},
      {"id":502,"status":"failed","response_body":"oh \"no\"","...":1},
      {"id":501,"created_at":"<time>","...":1}],
     {{nolinks}},
     "meta":{"path":"{{url}}","per_page":50,"next_cursor":null,
             "prev_cursor":null}}



=== TEST 2: by whom
--- steps
mia GET {{all}}
200 {"data":[{"id":506,"...":1},{"...":1},{"...":1},{"...":1},{"...":1},
             {"...":1}],"...":1}

key GET {{other}}
200 {"data":[{"id":530,"...":1}],"...":1}

bob GET {{theirs}}
200 {"data":[{"id":520,"...":1}],"...":1}

max-session GET {{off}}
200 {"data":[{"id":540,"...":1}],"...":1}

ann GET {{theirs}}
404 {{noone}}

ann GET {{theirs}}?per_page=0
404 {{noone}}

- GET {{all}}
401 {"message":"Unauthenticated."}

key-read GET {{all}}
403 {"message":"Invalid ability provided."}

ann-phone GET {{all}}
403 {"message":"Invalid scope(s) provided."}



=== TEST 3: those of one state
--- steps
ann GET {{all}}?status=failed
200 {"data":[{"id":509,"...":1},{"id":502,"...":1}],{{nolinks}},"meta":"<any>"}

ann GET {{all}}?status=pending
200 {"data":[{"id":506,"...":1},{"id":503,"...":1}],{{nolinks}},"...":1}

ann GET {{all}}?status=delivered
200 {"data":[{"id":505,"...":1},{"id":501,"...":1}],{{nolinks}},"...":1}

ann GET {{all}}?status=
200 {"data":[{"id":506,"...":1},{"...":1},{"...":1},{"...":1},{"...":1},
             {"...":1}],"...":1}

ann GET {{other}}?status=delivered
200 {"data":[],{{nolinks}},"...":1}



=== TEST 4: what is wrong with a query
--- steps
ann GET {{all}}?status=lost&per_page=0&cursor=abc
422 {"message":"The selected status is invalid. (and 2 more errors)",
    "errors":{"status":["The selected status is invalid."],
              "per_page":["The per page field must be between 1 and 100."],
              "cursor":["The cursor field format is invalid."]}}

ann GET {{all}}?per_page=101
422

ann GET {{all}}?cursor=______________________8
422

ann GET {{all}}?cursor=
200 {"data":[{"id":506,"...":1},{"...":1},{"...":1},{"...":1},{"...":1},
             {"...":1}],"...":1}



=== TEST 5: a delivery is queued once more; its last answer stays till the next
--- steps
ann POST {{all}}/502/redeliver
202 {"message":"Webhook delivery queued.",
     "data":{"id":502,"event":"message.inbound","event_id":"evt_1502",
             "status":"pending","attempts":0,"http_status":500,
             "response_body":"oh \"no\"","error":"HTTP 500",
             "created_at":"<time>","next_attempt_at":"<time+0>"}}

row select state, attempts, next_attempt_at <= now(), finished_at, lease_id
      from webhook_deliveries where id = 502 => pending|0|t||

row select count(*) from webhook_deliveries where next_attempt_at <= now() => 1



=== TEST 6: whatever became of it
--- steps
key POST {{all}}/505/redeliver
202 {"message":"Webhook delivery queued.",
     "data":{"id":505,"status":"pending","attempts":0,"http_status":204,"...":1}}

ada-session POST {{all}}/503/redeliver
202 {"message":"Webhook delivery queued.",
     "data":{"id":503,"status":"pending","attempts":0,
             "error":"connection refused","next_attempt_at":"<time+0>",
             "...":1}}

ann POST {{all}}/509/redeliver
202 {"message":"Webhook delivery queued.","data":{"id":509,"...":1}}

ann POST {{all}}/509/redeliver
202 {"message":"Webhook delivery queued.","data":{"id":509,"...":1}}



=== TEST 7: not while it is being sent
--- sql
update webhook_deliveries
   set attempts = 3, lease_id = '{{uuid7}}',
       lease_until = now() + make_interval(secs => case id when 503 then 60
                                                           else -1 end),
       next_attempt_at = now() + interval '1 minute'
 where id in (503, 506)
--- steps
ann POST {{all}}/503/redeliver
409 {"message":"This webhook delivery is being sent."}

row select attempts, lease_id, next_attempt_at > now() from webhook_deliveries
     where id = 503 => 3|{{uuid7}}|t

ann POST {{all}}/506/redeliver
202

row select attempts, lease_id, lease_until, next_attempt_at <= now()
      from webhook_deliveries where id = 506 => 0|||t



=== TEST 8: nor by an integration that is not active
--- steps
ann POST {{off}}/540/redeliver
422 {{inactive}}

ann POST {{off}}/redeliver {"since":"2020-01-01T00:00:00Z"}
422 {{inactive}}

row select state, attempts from webhook_deliveries where id = 540 => failed|4



=== TEST 9: there is none of another integration's, and nobody else's
--- steps
ann POST {{all}}/530/redeliver
404 {"message":"{{none}} 530"}

ann POST {{all}}/520/redeliver
404 {"message":"{{none}} 520"}

ann POST {{theirs}}/520/redeliver
404 {{noone}}

ann POST {{all}}/999/redeliver
404 {"message":"{{none}} 999"}

ann POST {{all}}/x/redeliver
404 {"message":"{{none}} x"}

ann POST {{theirs}}/redeliver {"since":"2020-01-01T00:00:00Z"}
404 {{noone}}

ann POST {{theirs}}/redeliver {}
404 {{noone}}

row select count(*) from webhook_deliveries where next_attempt_at <= now() => 0



=== TEST 10: who may not
--- steps
- POST {{all}}/502/redeliver
401 {"message":"Unauthenticated."}

mia POST {{all}}/502/redeliver
403 {"message":"This action is unauthorized."}

key-dua POST {{all}}/redeliver {"since":"2020-01-01T00:00:00Z"}
403 {"message":"This action is unauthorized."}

max POST {{all}}/redeliver {}
403 {"message":"This action is unauthorized."}

key-messages POST {{all}}/redeliver {"since":"2020-01-01T00:00:00Z"}
403 {"message":"Invalid ability provided."}

ann-phone POST {{all}}/502/redeliver
403 {"message":"Invalid scope(s) provided."}

- POST {{all}}/502/redeliver
  > Cookie: __Host-simrelay_session={{token:ann-session}}
403 {"message":"CSRF token mismatch."}

row select count(*) from webhook_deliveries where next_attempt_at <= now() => 0



=== TEST 11: all that failed since a time
--- steps
ann POST {{all}}/redeliver {"since":"{{now-3600}}"}
202 {"message":"Webhook deliveries queued.","count":2}

row select string_agg(id::text, ' ' order by id), max(attempts),
           bool_and(next_attempt_at <= now()), max(finished_at),
           string_agg(error, ' ' order by id)
      from webhook_deliveries
     where state = 'pending' and id in (502, 509)
     => 502 509|0|t||HTTP 500 HTTP 410

ann POST {{all}}/redeliver {"since":"{{now-3600}}"}
202 {"message":"Webhook deliveries queued.","count":0}

row select string_agg(id || state, ' ' order by id) from webhook_deliveries
     where id not in (502, 509)
     => 501delivered 503pending 505delivered 506pending 520failed 530failed 540failed



=== TEST 12: since then, not before
--- steps
ann POST {{all}}/redeliver {"since":"{{now+3600}}"}
202 {"message":"Webhook deliveries queued.","count":0}

sql update webhook_deliveries set created_at = now() - interval '30 minutes'
     where id = 509

sql update webhook_deliveries set created_at = now() - interval '90 minutes'
     where id = 502

ann POST {{all}}/redeliver {"since":"{{now-3600}}"}
202 {"message":"Webhook deliveries queued.","count":1}

row select string_agg(id::text, ' ') from webhook_deliveries
     where webhook_integration_id = 71 and state = 'failed' => 502

key POST {{all}}/redeliver {"since":"2020-01-01T01:00:00.5+01:00"}
202 {"message":"Webhook deliveries queued.","count":1}



=== TEST 13: a time that is none
--- steps
ann POST {{all}}/redeliver
422 {"message":"The since field is required.",
    "errors":{"since":["The since field is required."]}}

ann POST {{all}}/redeliver {"since":"yesterday"}
422 {"message":"The since field must be a valid date.",
    "errors":{"since":["The since field must be a valid date."]}}

ann POST {{all}}/redeliver {"since":7}
422

ann POST {{all}}/redeliver {"since"
400

row select count(*) from webhook_deliveries where next_attempt_at <= now() => 0



=== TEST 14: a thousand at once, the oldest first
--- sql
delete from webhook_deliveries;
insert into webhook_deliveries
       (id, organization_id, webhook_integration_id, created_at, event_id,
        event_created_at, event, object_id, state, attempts, next_attempt_at)
select n, 1, 71, now() - make_interval(secs => n), n, now(),
       'message.inbound', 7, 'failed', 4, null
  from generate_series(1, 1001) n
--- steps
ann POST {{all}}/redeliver {"since":"{{now-7200}}"}
202 {"message":"Webhook deliveries queued.","count":1000}

row select string_agg(id::text, ' ') from webhook_deliveries
     where state = 'failed' => 1

ann POST {{all}}/redeliver {"since":"{{now-7200}}"}
202 {"message":"Webhook deliveries queued.","count":1}



=== TEST 15: other methods
--- steps
ann POST {{all}}
405
  < Allow: GET

ann GET {{all}}/502/redeliver
405
  < Allow: POST

ann GET {{all}}/redeliver
405
  < Allow: POST

ann GET {{all}}/502
404 {"message":"The route api/webhook-integrations/71/deliveries/502 could not be found."}
