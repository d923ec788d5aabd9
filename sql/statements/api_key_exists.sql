-- Is this an API key of the organization that the caller acts in?  A row if so.
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
  join credentials c
    on c.organization_id = me.organization_id
   and c.kind = 4
   and c.revoked_at is null
 where c.id = $4
