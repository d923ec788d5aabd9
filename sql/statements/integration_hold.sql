-- Holds a webhook integration of the organization that the caller, one of its
-- owners and admins, acts in, so that it stays, with as many mappings as the
-- statement behind it counts.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > id int8

select i.id
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 where me.role in ('owner', 'admin')
   and i.id = $4
   for no key update of i
