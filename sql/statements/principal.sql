-- Who calls.  No row: the credential is unknown, expired or revoked, or its
-- owner is disabled or has left.  The key of an agent that nobody has claimed
-- yet has a row without a person, for which principal() has none.
--
-- for module
--
-- $1 digest bytea
--
-- > credential_id int8
-- > kind int4
-- > abilities int4
-- > user_id int8
-- > organization_id int8
-- > role text
-- > is_stale bool

select c.id as credential_id, c.kind, c.abilities, c.user_id,
       m.organization_id, m.role,
       c.last_used_at is null
       or c.last_used_at < now() - interval '1 minute' as is_stale
  from credentials c
  left join users u
    on u.id = c.user_id
   and u.disabled_at is null
  left join members m
    on m.user_id = u.id
   and m.organization_id = case when c.kind = 4 then c.organization_id
                                else u.current_organization_id end
 where c.digest = $1
   and c.revoked_at is null
   and (c.expires_at is null or c.expires_at > now())
   and (c.user_id is null
        or u.id is not null and (c.kind <> 4 or m.organization_id is not null))
