-- Gives the rest of its transaction five minutes.
--
-- for simrelayd
--
-- > statement_timeout text

select set_config('statement_timeout', '300000', true) as statement_timeout
