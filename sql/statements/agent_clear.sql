-- Removes what a new registration takes the place of: that of the same address
-- and name, where nobody can claim it any more.  Its key goes with it.
--
-- for module
--
-- $1 address text
-- $2 name text
-- $3 tries int4

delete from credentials c
 using agents a
 where c.id = a.credential_id
   and a.address = address_block($1)
   and lower(a.name) = lower($2)
   and a.claimed_at is null
   and (a.expires_at <= now() or a.tries >= $3)
