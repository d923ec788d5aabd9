-- Puts recovery codes in the place of those that a person has.  No row where
-- two-factor authentication is off.
--
-- for simrelay
--
-- $1 user_id int8
-- $2 digests bytea[]
--
-- > user_id int8

with person as (
    select user_id
      from two_factors
     where user_id = $1
       and confirmed_at is not null
       for update
), old as (
    delete from recovery_codes c
     using person p
     where c.user_id = p.user_id
), codes as (
    insert into recovery_codes (user_id, digest)
    select p.user_id, d.digest
      from person p, unnest($2) d (digest)
)
select user_id
  from person
