-- Removes an account that no SMS waits for and that hands over none.
--
-- for simrelay
--
-- $1 id int8
--
-- > id int8

delete from provider_accounts a
 where a.id = $1
   and not exists (select
                     from sends s
                    where s.provider = a.provider
                      and s.provider <> 'byos'
                      and s.account = a.name
                      and s.state = 'queued')
   and not exists (select
                     from sends s
                    where s.state = 'leased'
                      and s.lease_until is not null
                      and s.provider = a.provider
                      and s.account = a.name)
returning id
