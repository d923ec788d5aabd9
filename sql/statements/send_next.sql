-- Milliseconds until the next SMS is due that is not yet, null for none.
--
-- for simrelayd
--
-- > wait_ms int8

with account as materialized (
    select p.provider, p.name
      from provider_accounts p
     where p.disabled_at is null
     order by p.provider, p.name
)
select ceil(extract(epoch from min(s.next_attempt_at) - now()) * 1000)::int8
       as wait_ms
  from (select a.provider, a.name as account from account a
        union
        select a.provider, '' from account a) q
 cross join lateral (
       select s.next_attempt_at
         from sends s
        where s.provider = q.provider
          and s.provider <> 'byos'
          and s.account = q.account
          and s.state = 'queued'
          and s.next_attempt_at > now()
        order by s.next_attempt_at
        limit 1) s
