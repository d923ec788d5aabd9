-- Removes the rows of sidecars that died more than a day ago.  Returns how
-- many.
--
-- for simrelayd
--
-- > removed int8

with removed as (
    delete from sidecars
     where seen_at < now() - interval '1 day'
    returning 1
)
select count(*) as removed
  from removed
