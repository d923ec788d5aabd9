-- Who held what when, the newest first: holds of a SIM, of an organization,
-- and those that were not over before a time; null for all.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
-- $2 organization_id int8
-- $3 since timestamptz
--
-- > lock_id int8
-- > sim int8
-- > number text
-- > organization int8
-- > team int8
-- > user_id int8
-- > email text
-- > key text
-- > started_at timestamptz
-- > expires_at timestamptz
-- > state text
-- > ended_at timestamptz

select k.id as lock_id, k.hosted_sim_id as sim, h.number,
       k.organization_id as organization, k.team_id as team, k.user_id,
       u.email, c.name as key, k.started_at, k.expires_at,
       case when k.released_at is not null then 'released'
            when k.expires_at <= now() then 'expired'
            else 'held' end as state,
       case when least(k.released_at, k.expires_at) <= now()
            then least(k.released_at, k.expires_at) end as ended_at
  from locks k
  join hosted_sims h on h.id = k.hosted_sim_id
  left join users u on u.id = k.user_id
  left join credentials c on c.id = k.api_key_id
 where ($1 is null or k.hosted_sim_id = $1)
   and ($2 is null or k.organization_id = $2)
   and ($3 is null or least(k.released_at, k.expires_at) >= $3)
 order by k.started_at desc, k.id desc
