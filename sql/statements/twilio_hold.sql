-- Holds a sender for the rest of the transaction, so that its SMS are judged in
-- turn, each by what the one before it has left.
--
-- for module
--
-- $1 sender text

select
  from pg_advisory_xact_lock(3603, hashtext($1))
