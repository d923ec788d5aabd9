-- Tells all instances of simrelayd.  In a transaction of its own, since commits
-- that notify take turns on one lock.
--
-- for simrelayd
--
-- $1 payload text

select
  from pg_notify('simrelay_cluster', $1)
