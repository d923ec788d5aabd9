-- Ends a mapping.
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

delete from webhook_mappings m
 using principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and m.organization_id = me.organization_id
   and m.webhook_integration_id = $4
   and m.id = $5
returning m.id
