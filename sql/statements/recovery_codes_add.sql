-- Gives the caller recovery codes, of which digests are kept.  No row: there
-- is no second factor to recover.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 recovery_digests bytea[]
--
-- > user_id int8

insert into recovery_codes (user_id, digest)
select t.user_id, d.digest
  from principal($1, $2, $3) me
  join two_factors t
    on t.user_id = me.user_id
   and t.confirmed_at is not null
 cross join unnest($4) d(digest)
returning user_id
