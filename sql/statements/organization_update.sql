-- Changes what is given of an organization; null leaves it.  is_changed false:
-- there is no such plan.  No row: there is no such organization.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 name text
-- $3 plan text
--
-- > id int8
-- > is_changed bool

with changed as (
    update organizations o
       set name = coalesce($2, o.name),
           plan_id = coalesce((select p.id from plans p where p.name = $3),
                              o.plan_id),
           updated_at = now()
     where o.id = $1
       and ($3 is null or exists (select from plans p where p.name = $3))
    returning o.id
)
select o.id, exists (select from changed) as is_changed
  from organizations o
 where o.id = $1
