-- The lock of a SIM: a row where the caller sees the SIM, with lock_id null
-- where nobody holds it.  Who holds it is told to the holder's organization
-- alone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
--
-- > hosted_sim_id int8
-- > lock_id int8
-- > user_id int8
-- > user_name text
-- > team_id int8
-- > expires_at timestamptz
-- > is_mine bool

with sim as (
    select p.*
      from principal_sims($1, $2, $3) p
      join hosted_sims s on s.id = p.hosted_sim_id and s.deleted_at is null
     where p.hosted_sim_id = $4
     limit 1
)
select s.hosted_sim_id, l.lock_id, u.id as user_id, u.name as user_name,
       case when u.id is not null then l.team_id end as team_id, l.expires_at,
       coalesce(l.user_id = s.user_id
                and l.api_key_id is not distinct from s.api_key_id, false)
           as is_mine
  from sim s
  left join sim_locks l
    on l.hosted_sim_id = s.hosted_sim_id and l.expires_at > now()
  left join users u
    on u.id = l.user_id
   and case when s.api_key_id is not null
            then l.organization_id = s.current_organization_id
            else exists (select from members m
                          where m.user_id = s.user_id
                            and m.organization_id = l.organization_id) end
