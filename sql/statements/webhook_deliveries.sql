-- The newest deliveries of a webhook integration, all or those of one state.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
-- $2 state text
-- $3 limit int4
--
-- > id int8
-- > created_at timestamptz
-- > event text
-- > event_id text
-- > status text
-- > attempts int4
-- > http_status int4
-- > next_attempt_at timestamptz
-- > error text

select d.id, d.created_at, d.event, 'evt_' || d.event_id as event_id,
       d.state as status, d.attempts, d.http_status, d.next_attempt_at,
       d.error
  from webhook_deliveries d
 where d.webhook_integration_id = $1
   and d.state = coalesce($2, d.state)
 order by d.created_at desc, d.id desc
 limit $3
