-- Makes an API key of the organization that the caller acts in; only its
-- digest is kept.  No row: the organization has as many as it may.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 key_digest bytea
-- $5 key_prefix text
-- $6 name text
-- $7 permissions int4
-- $8 most int4
--
-- > id int8
-- > name text
-- > key_prefix text
-- > permissions int4
-- > last_used_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

insert into credentials as c
       (digest, kind, abilities, user_id, organization_id, name, key_prefix)
select $4, 4, $7, me.user_id, me.organization_id, $6, $5
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and (select count(*)
          from credentials k
         where k.organization_id = me.organization_id
           and k.kind = 4
           and k.revoked_at is null) < $8
returning c.id, c.name, c.key_prefix, c.abilities as permissions,
          c.last_used_at, c.created_at, c.updated_at
