-- The last events of cache channels; no channel twice.
--
-- for simrelayd
--
-- $1 channels text[]
-- $2 frames text[]

insert into channel_caches (channel, frame)
select g.channel, g.frame
  from unnest($1, $2) g(channel, frame)
    on conflict (channel) do update
   set frame = excluded.frame, stored_at = now()
