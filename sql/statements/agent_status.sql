-- What has become of the registration that a key belongs to.  The key may be
-- one that nobody owns yet, of which principal() knows nothing.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > status text
-- > name text
-- > agent_id uuid
-- > expires_at timestamptz
-- > claimed_at timestamptz
-- > organization_id int8
-- > organization_name text
-- > permissions int4

select case when a.claimed_at is null then 'pending' else 'claimed' end
       as status,
       c.name, a.id as agent_id,
       case when a.claimed_at is null then a.expires_at end as expires_at,
       a.claimed_at, o.id as organization_id, o.name as organization_name,
       case when a.claimed_at is null then 0 else c.abilities end
       as permissions
  from credentials c
  join agents a on a.credential_id = c.id
  left join organizations o on o.id = c.organization_id
 where c.digest = $1
   and c.kind & $2 <> 0
   and c.abilities & $3 = $3
   and c.revoked_at is null
   and (c.expires_at is null or c.expires_at > now())
