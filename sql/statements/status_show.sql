-- Webhook deliveries that wait, those of them that are due, the age in
-- seconds of the one due longest, and those that have failed for good.
--
-- for module
--
-- > pending int8
-- > due int8
-- > due_age float8
-- > failed int8

select count(*) as pending,
       count(*) filter (where d.next_attempt_at <= now()) as due,
       extract(epoch from now() - min(d.next_attempt_at))::float8 as due_age,
       (select count(*) from webhook_deliveries f where f.state = 'failed')
           as failed
  from webhook_deliveries d
 where d.state = 'pending'
