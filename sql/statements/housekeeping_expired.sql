-- Revokes a batch of credentials whose time is over, so that the sockets of
-- their owners are closed as those of any others that end.  Returns how many.
--
-- for simrelayd
--
-- > revoked int8

with old as (
    select id
      from credentials
     where revoked_at is null
       and expires_at <= now()
     order by expires_at
     limit 1000
       for update skip locked
), revoked as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from old
     where c.id = old.id
    returning 1
)
select count(*) as revoked
  from revoked
