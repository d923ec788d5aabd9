-- Is there such an agent for the caller: one that can still be claimed, or that
-- the caller's organization has claimed?  A row if so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id uuid
--
-- > is_allowed bool

select true as is_allowed
  from principal($1, $2, $3) me
  join agents a on a.id = $4
  join credentials c on c.id = a.credential_id
 where case when a.claimed_at is null then a.expires_at > now()
            else c.organization_id = me.organization_id end
