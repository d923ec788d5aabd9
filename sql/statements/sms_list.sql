-- SMS on their way out that are in a state, those that changed last first; the
-- SMS itself is nobody's business here.
--
-- for simrelay
--
-- $1 state text
-- $2 limit int4
--
-- > id text
-- > state text
-- > hosted_sim_id int8
-- > provider text
-- > account text
-- > attempts int4
-- > provider_message_id text
-- > error text
-- > updated_at timestamptz

select s.organization_id || '.' || s.message_id as id, s.state,
       s.hosted_sim_id, s.provider, s.account, s.attempts,
       s.provider_message_id, s.error, s.updated_at
  from sends s
 where s.state = $1
 order by s.updated_at desc
 limit $2
