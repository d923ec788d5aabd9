-- Holds the caller's organization for the rest of the transaction, so that
-- two registrations at once cannot pass its device limit together.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > organization_id int8

select o.id as organization_id
  from principal($1, $2, $3) me
  join organizations o on o.id = me.organization_id
   for no key update of o
