-- A webhook integration of the organization that the caller acts in, to send a
-- test to.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > id int8
-- > organization_id int8

select i.id, i.organization_id
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 where me.role in ('owner', 'admin')
   and i.id = $4
