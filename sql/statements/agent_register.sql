-- Registers an agent, with a key that nobody owns yet.  Always a row: of the
-- new agent; where one of that address and name waits to be claimed, that one
-- (is_new false), and nothing is counted; where the address has registered too
-- many, the seconds until it may again, and no id.
--
-- for module
--
-- $1 address text
-- $2 name text
-- $3 id uuid
-- $4 description text
-- $5 callback_url text
-- $6 metadata text
-- $7 code_digest bytea
-- $8 webhook_secret bytea
-- $9 key_digest bytea
-- $10 key_prefix text
-- $11 permissions int4
-- $12 most int4
-- $13 seconds int4
--
-- > id uuid
-- > expires_at timestamptz
-- > is_new bool
-- > wait int4

with pending as materialized (
    select a.id, a.expires_at
      from agents a
     where a.address = address_block($1)
       and lower(a.name) = lower($2)
       and a.claimed_at is null
), counted as materialized (
    select throttle('agents', address_block($1), $12, interval '1 hour')
           as wait
     where not exists (select from pending)
), credential as (
    insert into credentials (digest, kind, abilities, name, key_prefix,
                             expires_at)
    select $9, 4, $11, $2, $10, now() + make_interval(secs => $13)
      from counted
     where wait = 0
    returning id, expires_at
), agent as (
    insert into agents (id, credential_id, name, description, callback_url,
                        metadata, address, code_digest, webhook_secret,
                        expires_at)
    select $3, id, $2, $4, $5, $6::jsonb, address_block($1), $7, $8,
           expires_at
      from credential
    returning id, expires_at
)
select id, expires_at, true as is_new, null::int4 as wait
  from agent
 union all
select id, expires_at, false, null
  from pending
 union all
select null, null, false, wait
  from counted
 where wait > 0
