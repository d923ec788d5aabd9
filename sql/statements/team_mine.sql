-- The teams that the caller may see: of an organization all of them as its
-- owner or admin, or by its API key, else those that the caller is in.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > id int8
-- > name text
-- > organization_id int8
-- > created_at timestamptz
-- > updated_at timestamptz

select t.id, t.name, t.organization_id, t.created_at, t.updated_at
  from (select * from principal($1, $2, $3) limit 1) me
  join members m
    on m.user_id = me.user_id
   and (me.kind <> 4 or m.organization_id = me.organization_id)
  join teams t on t.organization_id = m.organization_id
 where me.kind = 4
    or m.role <> 'member'
    or exists (select from team_members b
                where b.team_id = t.id and b.user_id = me.user_id)
 order by t.id
