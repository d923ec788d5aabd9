-- Leases due mails, at most "slots" of them and of the kinds given alone, and
-- returns all that sending them takes.  What has expired is never returned;
-- next_attempt_at is the end of the lease, after which another may send it.
--   params  `name:value` lines; control characters are blanks
--
-- for simrelayd
-- $1 slots int4
-- $2 kinds text[]
-- $3 lease_ms int4
--
-- > id int8
-- > kind text
-- > recipient text
-- > secret bytea
-- > params text
-- > attempts int4
-- > lease_id uuid
-- > created_at timestamptz
-- > expires_in_ms int8

with due as materialized (
    select id
      from mails
     where state = 'pending'
       and next_attempt_at <= now()
       and expires_at > now()
       and kind = any ($2)
     order by next_attempt_at
     limit $1
       for update skip locked
), leased as (
    update mails m
       set attempts = m.attempts + 1,
           lease_id = gen_random_uuid(),
           next_attempt_at = now() + $3 * interval '1 millisecond'
      from due
     where m.id = due.id
    returning m.*
)
select m.id, m.kind, m.recipient, m.secret,
       (select string_agg(p.key || ':'
                          || regexp_replace(p.value, '[[:cntrl:]]', ' ', 'g'),
                          e'\n')
          from jsonb_each_text(m.params) p) as params,
       m.attempts, m.lease_id, m.created_at,
       (extract(epoch from m.expires_at - now()) * 1000)::int8
       as expires_in_ms
  from leased m
