-- Waits for who learns this id at a provider right now, if anybody does: the
-- first statement of a segment, before send_report.
--
-- for module simrelayd
--
-- $1 provider text
-- $2 account text
-- $3 provider_message_id text
--
-- > locked bool

select provider_message_lock($1, $2, $3) as locked
