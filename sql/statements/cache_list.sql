-- The last events of cache channels, oldest first, as far as an instance keeps
-- them.
--
-- for simrelayd
--
-- > channel text
-- > frame text
-- > age_ms int8

select c.channel, c.frame,
       (extract(epoch from now() - c.stored_at) * 1000)::int8 as age_ms
  from (select s.*,
               sum(octet_length(s.frame)) over (order by s.stored_at desc)
               as bytes
          from channel_caches s
         where s.stored_at > now() - interval '30 minutes'
         order by s.stored_at desc
         limit 4096) c
 where c.bytes <= 33554432
 order by c.stored_at
