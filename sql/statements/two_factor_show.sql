-- The caller's second factor.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
--
-- > enabled bool
-- > recovery_codes_left int8

select exists (select from two_factors t
                where t.user_id = me.user_id
                  and t.confirmed_at is not null) as enabled,
       (select count(*)
          from recovery_codes r
         where r.user_id = me.user_id) as recovery_codes_left
  from principal($1, $2, $3) me
