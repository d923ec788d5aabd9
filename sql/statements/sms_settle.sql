-- Somebody knows what became of an SMS of which simrelayd does not.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 message_id int8
-- $3 sent bool
--
-- > id text

with settled as materialized (
    update sends s
       set state = case when $3 then 'accepted' else 'ended' end,
           lease_id = null,
           error = null,
           updated_at = now()
     where s.organization_id = $1
       and s.message_id = $2
       and s.state = 'unconfirmed'
    returning s.organization_id, s.message_id
)
select s.organization_id || '.' || s.message_id as id
  from (select s.*,
               message_progress(s.organization_id, s.message_id,
                                case when $3 then 'sent' else 'failed' end,
                                case when not $3 then 'not_sent' end) as told
          from settled s
        offset 0) s
