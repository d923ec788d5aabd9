-- Takes the cards from a phone that is to be deleted, after device_lock; their
-- codes go with them, and each one's SIM for good, unless it is another phone's
-- by now.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > hosted_sim_id int8
-- > is_retired bool

with card as (
    delete from sim_cards c
     using principal($1, $2, $3) me
      join devices d on d.user_id = me.user_id
      join members b
        on b.user_id = d.user_id and b.organization_id = d.organization_id
     where d.id = $4
       and d.deleted_at is null
       and c.device_id = d.id
    returning c.device_id, c.hosted_sim_id
), sim as materialized (
    select distinct c.hosted_sim_id
      from card c
     where c.hosted_sim_id is not null
       and not exists (select
                         from sim_cards o
                        where o.hosted_sim_id = c.hosted_sim_id
                          and o.status = 'active'
                          and o.device_id <> c.device_id)
     order by c.hosted_sim_id
)
select hosted_sim_id, sim_retire(hosted_sim_id) as is_retired
  from sim
