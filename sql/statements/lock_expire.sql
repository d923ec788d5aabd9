-- Tells of holds that have expired that they are over.  Their rows of
-- sim_locks are locked first, as by whoever extends a hold or takes it over:
-- what is extended meanwhile goes on, what others are at is left to them.
-- Returns how many were looked at and told of, 1,000 at most, and in how many
-- milliseconds the next one expires; null where none is open.
--
-- for simrelayd
--
-- > looked int8
-- > told int8
-- > next_ms int8

with due as materialized (
    select k.id
      from locks k
      join sim_locks l on l.hosted_sim_id = k.hosted_sim_id
     where k.ended_at is null
       and k.expires_at <= now()
       and (l.lock_id <> k.id or l.expires_at <= now())
     order by k.expires_at
     limit 1000
       for update of l skip locked
), ended as (
    update locks k
       set ended_at = clock_timestamp()
     where k.id = any (array(select id from due))
       and k.ended_at is null
       and k.expires_at <= now()
    returning k.id
)
select (select count(*) from due) as looked,
       (select count(*) from ended) as told,
       (select greatest(1, ceil(extract(epoch from k.expires_at
                                                   - clock_timestamp())
                                * 1000))::int8
          from locks k
         where k.ended_at is null
           and k.expires_at > now()
         order by k.expires_at
         limit 1) as next_ms
