-- Notes that credentials were used, at most once a minute for each.
--
-- for module
--
-- $1 ids int8[]

update credentials
   set last_used_at = now()
 where id in (select c.id
                from credentials c
               where c.id = any ($1)
                 and (c.last_used_at is null
                      or c.last_used_at < now() - interval '1 minute')
               order by c.id
                 for no key update skip locked)
