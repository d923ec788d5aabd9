-- The caller's password was right: that try does not count.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4

select
  from principal($1, $2, $3) me
 cross join lateral throttle_refund('password', me.user_id::text)
