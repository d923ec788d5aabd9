-- How many of the coming days have a partition, of each table that is
-- partitioned by days, and how many rows found none (1000 at most are
-- counted).
--
-- for simrelay
--
-- > name text
-- > days int8
-- > strays int8

select p.parent_table as name,
       (select count(*)
          from generate_series(0, 3) d (day)
         where to_regclass(p.parent_table || '_p'
                           || to_char((now() at time zone 'utc')::date + d.day,
                                      'YYYY_MM_DD')) is not null) as days,
       (select count(*)
          from ((select
                   from only events_default
                  where p.parent_table = 'public.events'
                  limit 1000)
                union all
                (select
                   from only webhook_deliveries_default
                  where p.parent_table = 'public.webhook_deliveries'
                  limit 1000)) s) as strays
  from partman.part_config p
 where p.parent_table in ('public.events', 'public.webhook_deliveries')
 order by 1
