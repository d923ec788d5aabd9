-- Makes a credential of any kind; only its digest is kept.
--
-- for simrelay
--
-- $1 digest bytea
-- $2 kind int4
-- $3 abilities int4
-- $4 user_id int8
-- $5 organization_id int8
-- $6 oauth_client_id uuid
-- $7 name text
-- $8 key_prefix text
-- $9 scope text
-- $10 expires_at timestamptz
--
-- > id int8

insert into credentials (digest, kind, abilities, user_id, organization_id,
                         oauth_client_id, name, key_prefix, scope, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
returning id
