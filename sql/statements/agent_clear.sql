-- Removes what a new registration takes the place of: that of the same address
-- and name, where nobody can claim it any more.  Its key goes with it.
--
-- for module
--
-- $1 address text
-- $2 name text
-- $3 tries int4

with old as (
    select credential_id
      from agents
     where address = address_block($1)
       and lower(name) = lower($2)
       and claimed_at is null
       and (expires_at <= now() or tries >= $3)
       for update
)
delete from credentials c
 using old
 where c.id = old.credential_id
