-- Some people of presence channels have come to an instance or left it:
-- "present" is 1 or 0.
--
-- for simrelayd
--
-- $1 sidecar_id uuid
-- $2 version int4
-- $3 channels text[]
-- $4 user_ids text[]
-- $5 user_infos text[]
-- $6 present int4[]

with given as (
    select *
      from unnest($3, $4, $5, $6) g(channel, user_id, user_info, present)
), gone as (
    delete from presence_members p
     using given g
     where p.sidecar_id = $1
       and p.channel = g.channel
       and p.user_id = g.user_id
       and g.present = 0
)
insert into presence_members
       (sidecar_id, channel, user_id, user_info, version)
select $1, g.channel, g.user_id, g.user_info, $2
  from given g
 where g.present = 1
    on conflict (sidecar_id, channel, user_id) do update
   set user_info = excluded.user_info, version = excluded.version
