-- Stores an SMS that a provider has received for one of its SIMs: a row for
-- each organization that may see it, with its event.  The SIM is the live one
-- of this number, provider and account; one that names no account is of the
-- only account that there is.
--
-- outcome: stored, duplicate (this SMS was told of before), unknown (no such
-- SIM: nothing is stored).
--
-- for module
--
-- $1 provider text
-- $2 account text
-- $3 provider_message_id text
-- $4 number text
-- $5 sender text
-- $6 body text
-- $7 received_at timestamptz
--
-- > outcome text

with sim as materialized (
    select h.id, h.number,
           case when $7 between now() - interval '7 days' and now() then $7
                else now() end as received_at
      from hosted_sims h
     where h.number = $4
       and h.status = 'active'
       and h.deleted_at is null
       and h.provider = $1
       and (h.provider_account = $2
            or h.provider_account is null
               and not exists (select from provider_accounts a
                                where a.provider = $1
                                  and a.name <> $2
                                  and a.disabled_at is null))
), told as (
    insert into provider_messages (provider, account, provider_message_id)
    select $1, $2, $3
      from sim
        on conflict do nothing
    returning provider
), stored as materialized (
    select sms_receive(s.id, null, $5, s.number, $6, s.received_at)
      from told t
     cross join sim s
)
select case when exists (select from stored) then 'stored'
            when exists (select from sim) then 'duplicate'
            else 'unknown' end as outcome
