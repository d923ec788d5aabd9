-- Who is in presence channels by sockets of other instances.
--
-- for simrelayd
--
-- $1 sidecar_id uuid
--
-- > channel text
-- > user_id text
-- > user_info text

select p.channel, p.user_id, p.user_info
  from sidecars s
  join presence_members p
    on p.sidecar_id = s.id
 where s.id <> $1
   and s.seen_at > now() - interval '6 seconds'
 order by s.id
