-- The other instances of simrelayd that show signs of life.
--
-- for simrelayd
--
-- $1 id uuid
--
-- > id uuid

select s.id
  from sidecars s
 where s.id <> $1
   and s.seen_at > now() - interval '6 seconds'
 order by s.id
