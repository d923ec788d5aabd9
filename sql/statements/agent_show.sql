-- An agent as the page shows it where it is claimed: one that can still be, or
-- that the caller's organization has claimed.  wait: the tries at its code are
-- used up, and it is there for so many seconds.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id uuid
-- $5 tries int4
--
-- > id uuid
-- > name text
-- > description text
-- > callback_url text
-- > status text
-- > expires_at timestamptz
-- > wait int4

select a.id, a.name, a.description, a.callback_url,
       case when a.claimed_at is null then 'pending' else 'claimed' end
       as status,
       case when a.claimed_at is null then a.expires_at end as expires_at,
       case when a.claimed_at is null and a.tries >= $5
            then greatest(1, ceil(extract(epoch from
                                          a.expires_at - now())))::int4
       end as wait
  from principal($1, $2, $3) me
  join agents a on a.id = $4
  join credentials c on c.id = a.credential_id
 where case when a.claimed_at is null then a.expires_at > now()
            else c.organization_id = me.organization_id end
