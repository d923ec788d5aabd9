-- Webhook deliveries that wait, those of them that are due, the age in
-- seconds of the one due longest, and those that have failed for good; the
-- same of mails, but for those that failed more than a day ago.  Of SMS by
-- providers those that wait, and those that nobody knows to have been sent.
--
-- for module
--
-- > pending int8
-- > due int8
-- > due_age float8
-- > failed int8
-- > mails_pending int8
-- > mails_due_age float8
-- > mails_failed int8
-- > sends_queued int8
-- > sends_due_age float8
-- > sends_unconfirmed int8

select count(*) as pending,
       count(*) filter (where d.next_attempt_at <= now()) as due,
       extract(epoch from now() - min(d.next_attempt_at))::float8 as due_age,
       (select count(*) from webhook_deliveries f where f.state = 'failed')
           as failed,
       (select count(*) from mails where state = 'pending') as mails_pending,
       (select extract(epoch from now() - min(next_attempt_at))::float8
          from mails
         where state = 'pending') as mails_due_age,
       (select count(*)
          from mails
         where state = 'failed'
           and ended_at > now() - interval '1 day') as mails_failed,
       (select count(*)
          from sends
         where state = 'queued' and provider <> 'byos') as sends_queued,
       (select extract(epoch from now() - min(next_attempt_at))::float8
          from sends
         where state = 'queued' and provider <> 'byos') as sends_due_age,
       (select count(*) from sends where state = 'unconfirmed')
           as sends_unconfirmed
  from webhook_deliveries d
 where d.state = 'pending'
