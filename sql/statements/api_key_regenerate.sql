-- Gives an API key another secret; a trigger tells the sockets of the one that
-- it had.  A key whose owner has left, or is disabled, becomes the caller's: it
-- would work for nobody otherwise.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
-- $5 key_digest bytea
-- $6 key_prefix text
--
-- > id int8
-- > name text
-- > key_prefix text
-- > permissions int4
-- > last_used_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

update credentials c
   set digest = $5, key_prefix = $6, updated_at = now(),
       user_id = case when exists (select
                                     from members m
                                     join users u on u.id = m.user_id
                                    where m.user_id = c.user_id
                                      and m.organization_id = c.organization_id
                                      and u.disabled_at is null)
                      then c.user_id else me.user_id end
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and c.organization_id = me.organization_id
   and c.kind = 4
   and c.revoked_at is null
   and c.id = $4
returning c.id, c.name, c.key_prefix, c.abilities as permissions,
          c.last_used_at, c.created_at, c.updated_at
