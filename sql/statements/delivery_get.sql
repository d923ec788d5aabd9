-- A delivery, in the integration's log or not: no row where there is no such
-- integration in the organization that the caller acts in, a null id where it
-- has no such delivery.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 id int8
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
-- > is_active bool
-- > is_leased bool

select d.id, d.event, 'evt_' || d.event_id as event_id, d.state, d.attempts,
       d.http_status, d.response_body, d.error, d.created_at,
       d.next_attempt_at, i.is_active, d.lease_until > now() as is_leased
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
  left join lateral (
       select *
         from webhook_deliveries d
        where d.webhook_integration_id = i.id
          and d.id = $5
       offset 0) d on true
 where i.id = $4
