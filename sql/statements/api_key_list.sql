-- The API keys of the organization that the caller acts in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text
-- > key_prefix text
-- > permissions int4
-- > last_used_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

select c.id, c.name, c.key_prefix, c.abilities as permissions, c.last_used_at,
       c.created_at, c.updated_at
  from principal($1, $2, $3) me
  join credentials c
    on c.organization_id = me.organization_id
   and c.kind = 4
   and c.revoked_at is null
 order by c.id
