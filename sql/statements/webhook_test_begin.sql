-- All that sending a test to an organization's webhook integration takes, as
-- of a delivery whose only attempt this is; whether it is active or not.
--
-- for simrelayd
-- $1 id int8
-- $2 organization_id int8
--
-- > id int8
-- > created_at timestamptz
-- > webhook_integration_id int8
-- > lease_id uuid
-- > attempts int4
-- > event text
-- > event_id text
-- > event_created_at timestamptz
-- > url text
-- > secret bytea
-- > previous_secret bytea
-- > headers text
-- > timeout_seconds int4
-- > retry_count int4
-- > message_id text
-- > hosted_sim_id int8
-- > sender text
-- > recipient text
-- > body text
-- > status text
-- > received_at timestamptz
-- > updated_at timestamptz
-- > error_code text
-- > number text
-- > lock_id int8
-- > user_id int8
-- > team_id int8
-- > expires_at timestamptz
-- > organization_id int8

select 0::int8 as id, now() as created_at, i.id as webhook_integration_id,
       gen_random_uuid() as lease_id, 1 as attempts, 'webhook.test' as event,
       'evt_' || nextval('event_ids') as event_id, now() as event_created_at,
       i.url, i.secret,
       case when i.previous_secret_until > now() then i.previous_secret end
       as previous_secret,
       case when i.headers <> '{}'
            then (select string_agg(h.key || ':' || h.value, e'\n')
                    from jsonb_each_text(i.headers) h)
       end as headers,
       least(i.timeout_seconds, 30) as timeout_seconds, 0 as retry_count,
       null::text as message_id, null::int8 as hosted_sim_id,
       null::text as sender, null::text as recipient,
       'This is a test of a webhook of SimRelay.' as body,
       null::text as status, null::timestamptz as received_at,
       null::timestamptz as updated_at, null::text as error_code,
       null::text as number, null::int8 as lock_id, null::int8 as user_id,
       null::int8 as team_id, null::timestamptz as expires_at,
       i.organization_id
  from webhook_integrations i
 where i.id = $1
   and i.organization_id = $2
