-- A simrelayd ends as it should.
--
-- for simrelayd
--
-- $1 id uuid

delete from sidecars
 where id = $1
