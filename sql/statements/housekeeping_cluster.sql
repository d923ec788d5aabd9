-- Forgets what instances of simrelayd told each other, members of presence
-- channels whose instance has been gone for long, and old events of cache
-- channels.  An instance that was away writes its members anew.
--
-- for simrelayd
--
-- > removed int8

with messages as (
    delete from cluster_messages
     where created_at < now() - interval '1 minute'
    returning 1
), members as (
    delete from presence_members p
     where not exists (select from sidecars s
                        where s.id = p.sidecar_id
                          and s.seen_at > now() - interval '10 minutes')
    returning 1
), caches as (
    delete from channel_caches
     where stored_at < now() - interval '30 minutes'
    returning 1
)
select (select count(*) from messages) + (select count(*) from members)
       + (select count(*) from caches) as removed
