-- Who is in some presence channels by sockets of other instances.
--
-- for simrelayd
--
-- $1 sidecar_id uuid
-- $2 channels text[]
--
-- > channel text
-- > user_id text
-- > user_info text

select p.channel, p.user_id, p.user_info
  from presence_members p
  join sidecars s
    on s.id = p.sidecar_id
 where p.channel = any($2)
   and s.id <> $1
   and s.seen_at > now() - interval '6 seconds'
