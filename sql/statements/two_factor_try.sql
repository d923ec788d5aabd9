-- Counts a try at the first code of the caller's second factor before the code
-- is looked at, and tells what it is checked against.  No row: there is
-- nothing to confirm.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 most_hourly int4
--
-- > is_enabled bool
-- > wait int4
-- > secret bytea

select t.confirmed_at is not null as is_enabled,
       case when t.confirmed_at is null
            then throttle('two_factor_confirm', t.user_id::text, $4,
                          interval '1 hour')
            else 0 end as wait,
       t.secret
  from principal($1, $2, $3) me
  join two_factors t on t.user_id = me.user_id
