-- As delivery_list.sql, but those after one of that time and id, the nearest
-- first.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 state text
-- $6 at timestamptz
-- $7 after_id int8
-- $8 limit int4
--
-- > id int8
-- > event text
-- > event_id text
-- > state text
-- > attempts int4
-- > http_status int4
-- > response_body text
-- > error text
-- > created_at timestamptz
-- > next_attempt_at timestamptz

select d.id, d.event, 'evt_' || d.event_id as event_id, d.state, d.attempts,
       d.http_status, d.response_body, d.error, d.created_at,
       d.next_attempt_at
  from principal($1, $2, $3) me
  join webhook_integrations i
    on i.organization_id = me.organization_id and i.id = $4
 cross join lateral (
     (select *
        from webhook_deliveries d
       where $5 is null
         and d.webhook_integration_id = i.id
         and d.created_at >= $6
         and (d.created_at, d.id) > ($6, $7)
       order by d.created_at, d.id
       limit $8)
      union all
     (select *
        from webhook_deliveries d
       where $5 = 'delivered'
         and d.webhook_integration_id = i.id
         and d.state = 'delivered'
         and d.created_at >= $6
         and (d.created_at, d.id) > ($6, $7)
       order by d.created_at, d.id
       limit $8)
      union all
     (select *
        from webhook_deliveries d
       where $5 = 'failed'
         and d.webhook_integration_id = i.id
         and d.state = 'failed'
         and d.created_at >= $6
         and (d.created_at, d.id) > ($6, $7)
       order by d.created_at, d.id
       limit $8)
      union all
     (select *
        from (select *
                from webhook_deliveries d
               where $5 = 'pending'
                 and d.webhook_integration_id = i.id
                 and d.state = 'pending'
                 and d.created_at >= $6
                 and (d.created_at, d.id) > ($6, $7)
              offset 0) d
       order by d.created_at, d.id
       limit $8)) d
 order by d.created_at, d.id
 limit $8
