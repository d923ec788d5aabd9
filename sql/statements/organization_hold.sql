-- Holds the organization that the caller, one of its owners and admins, acts
-- in, so that what the statement behind it counts stays so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8

select o.id
  from principal($1, $2, $3) me
  join organizations o on o.id = me.organization_id
 where me.role in ('owner', 'admin')
   for no key update of o
