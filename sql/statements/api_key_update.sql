-- Renames an API key and says what it may do.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
-- $5 name text
-- $6 permissions int4
--
-- > id int8
-- > name text
-- > key_prefix text
-- > permissions int4
-- > last_used_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

update credentials c
   set name = $5, abilities = $6, updated_at = now()
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and c.organization_id = me.organization_id
   and c.kind = 4
   and c.revoked_at is null
   and c.id = $4
returning c.id, c.name, c.key_prefix, c.abilities as permissions,
          c.last_used_at, c.created_at, c.updated_at
