-- Ends the hold of a SIM, whoever has it.  No row: nobody does.
--
-- for simrelay
--
-- $1 hosted_sim_id int8
--
-- > lock_id int8

select e.lock_id
  from (select lock_end($1, null) as lock_id offset 0) e
 where e.lock_id is not null
