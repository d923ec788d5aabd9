-- An instance has written all of its people anew: what is older is left over.
--
-- for simrelayd
--
-- $1 sidecar_id uuid
-- $2 version int4

delete from presence_members
 where sidecar_id = $1
   and version < $2
