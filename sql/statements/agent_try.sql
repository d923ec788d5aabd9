-- Holds a code against an agent's, and counts it where it is wrong.  Whoever
-- tries at the same time waits for this one's end.  With the last try the key
-- ends too, so that the agent hears of it.  No row: there is none to be claimed,
-- or no try is left.  is_full and is_taken: why a right code is of no use yet.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id uuid
-- $5 code_digest bytea
-- $6 tries int4
-- $7 name text
-- $8 most int4
--
-- > is_right bool
-- > is_full bool
-- > is_taken bool

with me as materialized (
    select organization_id
      from principal($1, $2, $3)
     where role in ('owner', 'admin')
), tried as (
    update agents a
       set tries = a.tries + (a.code_digest <> $5)::int4
      from me
     where a.id = $4
       and a.claimed_at is null
       and a.expires_at > now()
       and a.tries < $6
    returning a.credential_id, a.tries, a.code_digest = $5 as is_right,
              me.organization_id
), ended as (
    update credentials c
       set revoked_at = now(), updated_at = now()
      from tried t
     where c.id = t.credential_id
       and t.tries >= $6
       and c.revoked_at is null
)
select is_right,
       (select count(*)
          from credentials k
         where k.organization_id = t.organization_id
           and k.kind = 4
           and k.revoked_at is null) >= $8 as is_full,
       exists (select
                 from credentials k
                where k.organization_id = t.organization_id
                  and k.name = $7
                  and k.kind = 4
                  and k.revoked_at is null) as is_taken
  from tried t
