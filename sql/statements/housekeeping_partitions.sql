-- Makes the days to come and drops those that are over.  A row with done
-- false: another instance is at it.
--
-- for simrelayd
--
-- > done bool

select case when pg_try_advisory_xact_lock(3601, 1)
            then partman.run_maintenance('public.events',
                                         p_jobmon := false)::text
                 is not null
             and partman.run_maintenance('public.webhook_deliveries',
                                         p_jobmon := false)::text
                 is not null
            else false end as done
