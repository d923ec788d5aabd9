-- Who calls.  No row: the credential is unknown, expired or revoked.
--
-- for module
--
-- $1 digest bytea
--
-- > credential_id int8
-- > kind int4
-- > abilities int4
-- > user_id int8
-- > organization_id int8
-- > role text

select credential_id, kind, abilities, user_id, organization_id, role
  from principal($1, 15, 0)
