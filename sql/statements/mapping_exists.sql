-- Is this a webhook integration of the organization that the caller acts in?
-- A row if so; is_allowed is null where it has no such mapping.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 webhook_integration_id int8
-- $5 id int8
--
-- > is_allowed bool

select case when exists (select
                           from webhook_mappings m
                          where m.webhook_integration_id = i.id
                            and m.id = $5)
            then true end as is_allowed
  from principal($1, $2, $3) me
  join webhook_integrations i on i.organization_id = me.organization_id
 where i.id = $4
