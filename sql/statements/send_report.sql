-- What a provider tells of an SMS that was sent: found by its id there, or, as
-- long as nobody has learnt that, by its own id, which was given to the
-- provider beforehand.  A report of an id that is not known waits in
-- provider_reports for who learns it, unless it says by itself which SMS is
-- meant.
--
-- outcome: moved (the message's status), unchanged (it was that far, or
-- further), kept (for later), unknown (no SMS of this account).
--
-- for module
--
-- $1 provider text
-- $2 account text
-- $3 provider_message_id text
-- $4 status text
-- $5 error_code text
-- $6 organization_id int8
-- $7 message_id int8
--
-- > outcome text

with known as materialized (
    select organization_id, message_id
      from sends
     where provider = $1
       and account = $2
       and provider_message_id = $3
), target as materialized (
    select organization_id, message_id
      from known
    union all
    select organization_id, message_id
      from sends
     where organization_id = $6
       and message_id = $7
       and provider = $1
       and account = $2
       and provider_message_id is null
       and not exists (select from known)
), settled as materialized (
    select send_settle(organization_id, message_id, $3, $4, $5) as moved
      from target
), kept as (
    insert into provider_reports as r
           (provider, account, provider_message_id, status, error_code)
    select $1, $2, $3, $4, $5
     where $6 is null
       and not exists (select from target)
        on conflict (provider, account, provider_message_id) do update
       set status = excluded.status, error_code = excluded.error_code
     where r.status = 'sent'
)
select case when s.moved then 'moved'
            when not s.moved then 'unchanged'
            when $6 is null then 'kept'
            else 'unknown' end as outcome
  from (select bool_or(moved) as moved from settled) s
