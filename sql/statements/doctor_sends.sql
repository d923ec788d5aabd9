-- SMS that providers are to send: those that are due, how long the first has
-- been so (s), those that nobody knows of; accounts that are switched off.
--
-- for simrelay
--
-- > due int8
-- > due_age float8
-- > unconfirmed int8
-- > disabled int8

select s.due, s.due_age,
       (select count(*) from sends where state = 'unconfirmed')
       as unconfirmed,
       (select count(*) from provider_accounts where disabled_at is not null)
       as disabled
  from (select count(*) as due,
               extract(epoch from now() - min(next_attempt_at))::float8
               as due_age
          from sends
         where state = 'queued'
           and provider <> 'byos'
           and next_attempt_at <= now()) s
