-- The organization that the caller acts in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text

select o.id, o.name
  from principal($1, $2, $3) me
  join organizations o on o.id = me.organization_id
