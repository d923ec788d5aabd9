-- Mails that wait or were given up in a day, and agents that are still there
-- well after the time to claim them.  Ages in seconds.
--
-- for simrelay
--
-- > due int8
-- > due_age float8
-- > failed int8
-- > error text
-- > agents int8

select d.n as due, d.age as due_age, f.n as failed, f.error,
       (select count(*)
          from agents
         where claimed_at is null
           and expires_at < now() - interval '2 hours') as agents
  from (select count(*) as n,
               extract(epoch from now() - min(next_attempt_at))::float8 as age
          from mails
         where state = 'pending'
           and next_attempt_at <= now()) d,
       (select count(*) as n,
               left(regexp_replace((array_agg(error order by ended_at desc))[1],
                                   '[[:cntrl:]]', ' ', 'g'), 200) as error
          from mails
         where state = 'failed'
           and ended_at > now() - interval '1 day') f
