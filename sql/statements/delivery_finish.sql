-- Records how attempts ended, each under the lease that it was made under: a
-- result whose lease was taken over changes nothing and does not come back.
--   created_at  in microseconds since 1970
--   outcome     0 delivered, 1 again after delay_ms, 2 failed
--   http_status 0 for none
--
-- A failed one begins its integration's outage (failing_since), of which the
-- organization's owners and admins get a mail; one that is delivered ends it.
-- Of several of one integration the last one says how it is.  Where nothing
-- changes, no integration is written.  Whoever gets many mails of one that
-- comes and goes, gets no more than $11 of them in an hour.
--
-- A commit that is lost leaves the lease to run out, so it need not wait for
-- the disk.  What was locked is then updated by ctid, so that no plan depends
-- on how many rows there were when it was made.
--
-- for simrelayd
-- $1 ids int8[]
-- $2 created_at int8[]
-- $3 webhook_integration_ids int8[]
-- $4 lease_ids uuid[]
-- $5 outcomes int4[]
-- $6 delays_ms int4[]
-- $7 http_status int4[]
-- $8 response_times_ms int4[]
-- $9 response_bodies text[]
-- $10 errors text[]
-- $11 mails int4
--
-- > id int8

with result as materialized (
    select r.*, d.tid, d.created_at
      from (select r.*, timestamptz 'epoch' + r.us * interval '1 microsecond'
                   as at
              from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                   with ordinality
                   r (id, us, integration_id, lease_id, outcome, delay_ms,
                      http_status, response_time_ms, response_body, error,
                      nth)) r
     cross join lateral (
           select d.ctid as tid, d.created_at
             from webhook_deliveries d
            where d.webhook_integration_id = r.integration_id
              and d.id = r.id
              and d.created_at = r.at
              and d.lease_id = r.lease_id
              and d.state = 'pending'
              for update) d
), finished as (
    update webhook_deliveries d
       set state = case r.outcome when 0 then 'delivered'
                                  when 1 then 'pending'
                                  else 'failed' end,
           next_attempt_at = case r.outcome
                                  when 1
                                  then now() + r.delay_ms
                                               * interval '1 millisecond'
                             end,
           finished_at = case when r.outcome <> 1 then now() end,
           lease_id = null,
           lease_until = null,
           http_status = nullif(r.http_status, 0),
           response_time_ms = r.response_time_ms,
           response_body = r.response_body,
           error = r.error
      from result r
     where d.ctid = any (array(select tid from result))
       and d.created_at >= (select min(created_at) from result)
       and d.created_at <= (select max(created_at) from result)
       and d.id = r.id
    returning d.id
), judged as (
    select r.integration_id as id,
           bool_or(r.outcome = 2) as failed,
           (array_agg(r.outcome order by r.nth desc))[1] = 2 as is_failing
      from result r
     where r.outcome <> 1
     group by r.integration_id
), changed as materialized (
    select i.id, i.organization_id, i.name, j.is_failing,
           j.failed and i.failing_since is null as is_news
      from (select * from judged order by id) j
     cross join lateral (
           select *
             from webhook_integrations i
            where i.id = j.id
              and (case when j.failed then i.failing_since is null end
                   or not j.is_failing and i.failing_since is not null)
              for no key update) i
), outage as (
    update webhook_integrations i
       set failing_since = case when c.is_failing then now() end
      from changed c
     where i.id = any (array(select id from changed))
       and i.id = c.id
       and c.is_failing = (i.failing_since is null)
), mailed as (
    insert into mails (kind, recipient, user_id, params, expires_at)
    select 'webhook_failing', u.email, u.id,
           jsonb_build_object('name', u.name, 'webhook', c.name,
                              'webhook_id', c.id, 'organization', o.name),
           now() + interval '1 day'
      from changed c
     cross join lateral (
           select *
             from organizations o
            where o.id = c.organization_id
           offset 0) o
     cross join lateral (
           select *
             from members m
            where m.organization_id = c.organization_id
              and m.role in ('owner', 'admin')
           offset 0) m
     cross join lateral (
           select *
             from users u
            where u.id = m.user_id
              and u.disabled_at is null
           offset 0) u
     where c.is_news
       and (select count(*)
              from mails x
             where x.user_id = u.id
               and x.kind = 'webhook_failing'
               and x.params ->> 'webhook_id' = c.id::text
               and x.created_at > now() - interval '1 hour') < $11
)
select f.id
  from (select set_config('synchronous_commit', 'off', true)) n
 cross join finished f
