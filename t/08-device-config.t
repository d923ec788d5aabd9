use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 151;

run_tests();

__DATA__

=== TEST 1: a phone is told of itself and of its organization's plan
--- sql
insert into plans (id, name, max_devices, monthly_messages, priority_support)
overriding system value values (3, 'Größer', 20, 5000, true);
update organizations set plan_id = 3 where id = 1;
update devices set config_version = 17 where id = 201;
insert into organization_months
select 1, date_trunc('month', now() at time zone 'utc'), n, n
  from generate_series(0, 15) n;
insert into organization_months
select 1, date_trunc('month', now() at time zone 'utc') + n * interval '1 month',
       7, 1000
  from (values (-1), (1)) t(n);
insert into organization_months
select 2, date_trunc('month', now() at time zone 'utc'), 7, 1000
--- request
GET /api/byos/devices/201/config
--- as: ann-phone
--- json
{
    "device": {
        "id": 201,
        "phone_number": "+15551230105",
        "status": "active"
    },
    "intervals": {
        "heartbeat_seconds": 300,
        "config_refresh_seconds": 3600,
        "retry_backoff_seconds": [10, 30, 60, 300]
    },
    "limits": {
        "max_devices": 20,
        "current_devices": 6,
        "monthly_messages": 5000,
        "current_month_messages": 120,
        "remaining_messages": 4880
    },
    "features": {
        "compression": false,
        "priority_support": true,
        "debug_mode": false
    },
    "metadata": {
        "config_version": 17,
        "server_time": "<time+0>",
        "plan_name": "Größer"
    }
}



=== TEST 2: its number is that of the lowest slot with an active card
--- steps
ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15551230107","status":"active"},
    "...":1}

sql update sim_cards set sim_slot = 3 where id = 302

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15551230108","status":"active"},
    "...":1}

sql update sim_cards set sim_slot = null where id = 303

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15551230107","status":"active"},
    "...":1}

sql update sim_cards set status = 'inactive' where id = 302

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":"+15551230108","status":"active"},
    "...":1}

sql update sim_cards set status = 'inactive' where id = 303

ann-phone GET /api/byos/devices/202/config
200 {"device":{"id":202,"phone_number":null,"status":"pending_verification"},
    "...":1}



=== TEST 3: pending and disabled phones are told too, revoked ones are not
--- steps
ann-phone GET /api/byos/devices/206/config
200 {"device":{"id":206,"phone_number":null,"status":"pending_verification"},
    "...":1}

ann-phone GET /api/byos/devices/204/config
200 {"device":{"id":204,"phone_number":null,"status":"disabled"},"...":1}

ann-phone GET /api/byos/devices/205/config
403 {"message":"This action is unauthorized."}



=== TEST 4: a phone that is not the caller's is none
--- steps
bob-phone GET /api/byos/devices/201/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone GET /api/byos/devices/205/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 205"}

ada-phone GET /api/byos/devices/201/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

ann-phone GET /api/byos/devices/999/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 999"}

ann-phone GET /api/byos/devices/x/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] x"}

sql update devices set deleted_at = now() where id = 201;
    delete from members where user_id = 5

ann-phone GET /api/byos/devices/201/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 201"}

bob-phone GET /api/byos/devices/211/config
404 {"message":"No query results for model [App\\Models\\ByosDevice] 211"}



=== TEST 5: it is for OAuth tokens of that scope
--- steps
- GET /api/byos/devices/201/config
401 {"message":"Unauthenticated."}

expired-phone GET /api/byos/devices/201/config
401 {"message":"Unauthenticated."}

zed-phone GET /api/byos/devices/201/config
401 {"message":"Unauthenticated."}

ann GET /api/byos/devices/201/config
403 {"message":"This action is unauthorized."}

ann-session GET /api/byos/devices/201/config
401 {"message":"Unauthenticated."}

key GET /api/byos/devices/201/config
403 {"message":"This action is unauthorized."}

ann-scoped GET /api/byos/devices/201/config
403 {"message":"Invalid scope(s) provided."}

ann-phone POST /api/byos/devices/201/config {}
405
  < Allow: GET



=== TEST 6: what is used up is never less than nothing
--- steps
sql insert into organization_months
    select 3, date_trunc('month', now() at time zone 'utc'), n, 2147483647
      from generate_series(0, 2) n

tim-phone GET /api/byos/devices/221/config
200 {"limits":{"max_devices":1,"current_devices":1,"monthly_messages":2,
    "current_month_messages":6442450941,"remaining_messages":0},"...":1}

sql delete from organization_months

tim-phone GET /api/byos/devices/221/config
200 {"limits":{"max_devices":1,"current_devices":1,"monthly_messages":2,
    "current_month_messages":0,"remaining_messages":2},"...":1}

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
202

tim-phone POST /api/byos/devices/221/sms
    {"from":"A","body":"1","message_id":"{{uuid1}}"}
200

tim-phone GET /api/byos/devices/221/config
200 {"limits":{"max_devices":1,"current_devices":1,"monthly_messages":2,
    "current_month_messages":1,"remaining_messages":1},"...":1}



=== TEST 7: the counts are those of the phone's organization, not the caller's
--- sql
update users set current_organization_id = 2 where id = 6;
insert into organization_months
select 1, date_trunc('month', now() at time zone 'utc'), 3, 9;
select test.device(231, 6, 1, 'pending_verification');
select test.device(232, 6, 2, 'pending_verification')
--- steps
dua-phone GET /api/byos/devices/231/config
200 {"limits":{"max_devices":1000,"current_devices":7,
    "monthly_messages":1000000,"current_month_messages":9,
    "remaining_messages":999991},
    "features":{"compression":true,"priority_support":false,
    "debug_mode":false},"...":1}

dua-phone GET /api/byos/devices/232/config
200 {"limits":{"max_devices":1000,"current_devices":2,
    "monthly_messages":1000000,"current_month_messages":0,
    "remaining_messages":1000000},"...":1}



=== TEST 8: the phones of an organization are counted as they come and go
--- steps
sql select test.device(n, 1, 1, 'active') from generate_series(240, 249) n

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_devices":16,"...":1},"...":1}

sql update devices set deleted_at = now() where id between 240 and 244

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_devices":11,"...":1},"...":1}

sql delete from devices where id between 240 and 245

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_devices":10,"...":1},"...":1}

sql update devices set organization_id = 2 where id between 246 and 249

ann-phone GET /api/byos/devices/201/config
200 {"limits":{"current_devices":6,"...":1},"...":1}

bob-phone GET /api/byos/devices/211/config
200 {"limits":{"current_devices":5,"...":1},"...":1}

row select count(*) from device_counts c
     where devices <> (select count(*) from devices d
                        where d.organization_id = c.organization_id
                          and d.deleted_at is null) => 0



=== TEST 9: the heartbeat tells the same interval
--- steps
ann-phone POST /api/byos/devices/201/heartbeat {}
200 {"success":true,"next_heartbeat_in":"<int:seconds>",
    "server_time":"<time+0>"}

ann-phone GET /api/byos/devices/201/config
200 {"intervals":{"heartbeat_seconds":"<int:seconds>","...":1},"...":1}
