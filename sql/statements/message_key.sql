-- Before a message is sent with an Idempotency-Key: is no other request of
-- that key for that SIM under way?  The answer stays for message_send, which
-- follows in the same transaction and, being another statement, sees what the
-- request before it has left.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 hosted_sim_id int8
-- $5 key_digest bytea
--
-- > is_alone bool

select set_config('simrelay.alone',
                  pg_try_advisory_xact_lock(
                      hashtextextended(encode($5, 'hex'), $4))::text,
                  true)::bool as is_alone
  from principal($1, $2, $3) me
