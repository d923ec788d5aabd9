-- Removes an integration with its mappings.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
--
-- > id int8

delete from webhook_integrations
 where id = $1
returning id
