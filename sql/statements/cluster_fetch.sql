-- What an instance told that was too long for a notification.
--
-- for simrelayd
--
-- $1 id int8
--
-- > body text

select m.body
  from cluster_messages m
 where m.id = $1
