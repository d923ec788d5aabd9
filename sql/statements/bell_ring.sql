-- Rings the doorbell: whoever listens looks for what is new.  In a transaction
-- of its own, since commits that notify take turns on one lock.
--
-- for module simrelayd simrelay

select
  from pg_notify('simrelay', '')
