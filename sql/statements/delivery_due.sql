-- Integrations with pending deliveries, in the order of their ids from the
-- one after $1, and whether any is due: a retry whose time has come, what
-- there were no slots for, what an ended instance had leased.  Jumps from
-- integration to integration, however many deliveries each has.
--
-- for simrelayd
-- $1 after int8
-- $2 limit int4
--
-- > webhook_integration_id int8
-- > due bool

with recursive pending as (
    (select d.webhook_integration_id as id
       from webhook_deliveries d
      where d.state = 'pending' and d.webhook_integration_id > $1
      order by d.webhook_integration_id
      limit 1)
    union all
    select (select d.webhook_integration_id
              from webhook_deliveries d
             where d.state = 'pending' and d.webhook_integration_id > p.id
             order by d.webhook_integration_id
             limit 1)
      from pending p
     where p.id is not null
)
select p.id as webhook_integration_id,
       coalesce((select d.next_attempt_at <= now()
                   from webhook_deliveries d
                  where d.webhook_integration_id = p.id
                    and d.state = 'pending'
                  order by d.next_attempt_at
                  limit 1), false) as due
  from (select id from pending where id is not null limit $2) p
