-- Removes a webhook integration with its mappings.  Deliveries that are
-- pending end when they are due.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > id int8

delete from webhook_integrations i
 using principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and i.organization_id = me.organization_id
   and i.id = $4
returning i.id
