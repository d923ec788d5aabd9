-- Is this a webhook integration of the organization that the caller acts in?
-- A row if so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
--
-- > is_allowed bool

select true as is_allowed
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 where i.id = $4
