-- Removes what the demo has made.  Its events stay: they go with their day.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
-- $2 android_id text
-- $3 message_sid text
--
-- > webhooks int8
-- > deliveries int8
-- > devices int8
-- > sims int8
-- > messages int8

with integration as (
    delete from webhook_integrations
     where id = $1
    returning id
), delivery as (
    delete from webhook_deliveries
     where webhook_integration_id = $1
    returning id
), device as (
    delete from devices
     where android_id = $2
    returning id, organization_id
), card as (
    delete from sim_cards c
     using device d
     where c.device_id = d.id
    returning c.hosted_sim_id, d.organization_id
), sim as (
    delete from hosted_sims h
     using card c
     where h.id = c.hosted_sim_id
    returning h.id
), message as (
    delete from messages m
     using card c
     where m.organization_id = c.organization_id
       and m.hosted_sim_id = c.hosted_sim_id
    returning m.id
), count as (
    delete from message_counts n
     using card c
     where n.organization_id = c.organization_id
       and n.hosted_sim_id = c.hosted_sim_id
), block as (
    delete from message_blocks n
     using card c
     where n.organization_id = c.organization_id
       and n.hosted_sim_id = c.hosted_sim_id
), submit as (
    delete from device_submits s
     using device d
     where s.device_id = d.id
), counted as (
    delete from device_messages m
     using device d
     where m.device_id = d.id
    returning m.device_id, m.month, m.messages
), month as (
    update organization_months m
       set messages = m.messages - c.messages
      from counted c
      join device d on d.id = c.device_id
     where m.organization_id = d.organization_id
       and m.month = c.month
       and m.slot = c.device_id & 15
), call as (
    delete from twilio_calls
     where message_sid = $3
)
select (select count(*) from integration) as webhooks,
       (select count(*) from delivery) as deliveries,
       (select count(*) from device) as devices,
       (select count(*) from sim) as sims,
       (select count(*) from message) as messages
