-- Somebody wants an SMS to be handed over again, of which nobody knows whether
-- it was, or which has failed.  Its status begins anew.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 message_id int8
--
-- > id text

with again as (
    update sends s
       set state = 'queued',
           attempts = 0,
           next_attempt_at = now(),
           lease_id = null,
           lease_until = null,
           provider_message_id = null,
           error = null,
           updated_at = now()
      from messages m
     where s.organization_id = $1
       and s.message_id = $2
       and m.organization_id = $1
       and m.id = $2
       and s.provider <> 'byos'
       and (s.state = 'unconfirmed'
            or s.state = 'ended' and m.status = 'failed')
    returning s.organization_id, s.message_id, s.hosted_sim_id
), message as (
    update messages m
       set status = 'queued', error_code = null, updated_at = now()
      from again a
     where m.organization_id = a.organization_id
       and m.id = a.message_id
    returning m.organization_id, m.id, m.team_id, m.hosted_sim_id
), told as (
    insert into events (organization_id, team_id, holder_user_id, type,
                        object_id)
    select m.organization_id, m.team_id, l.user_id, 'message.delivery', m.id
      from message m
      left join sim_locks l
        on l.hosted_sim_id = m.hosted_sim_id and l.expires_at > now()
)
select a.organization_id || '.' || a.message_id as id
  from again a
