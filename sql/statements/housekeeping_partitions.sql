-- Makes the days to come of a partitioned table and drops those that are over.
-- A row with done false: another instance is at it.
--
-- Rows that found no day of their own stand in the default partition, and
-- while they do, their day cannot be made: they are moved into it.  Those of
-- today wait until nobody adds to them any more, and the days after today are
-- made without it.
--
-- for simrelayd
--
-- $1 parent_table text
--
-- > done bool

with today as (
    select date_trunc('day', now()) as day
), stray as (
    select date_trunc('day', created_at) as day
      from only events_default
     where $1 = 'public.events'
     group by 1
    union all
    select date_trunc('day', created_at)
      from only webhook_deliveries_default
     where $1 = 'public.webhook_deliveries'
     group by 1
), strays as (
    select count(*) filter (where s.day < t.day)::int4 as past,
           count(*) filter (where s.day = t.day)::int4 as now,
           count(*) filter (where s.day > t.day)::int4 as future
      from today t
      left join stray s on true
)
select case when pg_try_advisory_xact_lock(3601, 1)
            then case when s.past > 0
                      then partman.partition_data_time($1, s.past,
                                                       p_analyze := false)
                           is not null
                      else true end
             and case when s.future > 0
                      then partman.partition_data_time($1, s.future,
                                                       p_order := 'DESC',
                                                       p_analyze := false)
                           is not null
                      else true end
             and partman.create_partition_time(
                     $1,
                     array(select t.day + n * interval '1 day'
                             from generate_series(least(s.now, 1), 7) n),
                     false)
                 is not null
             and partman.run_maintenance($1, p_jobmon := false)::text
                 is not null
            else false end as done
  from today t, strays s
