-- A person has consented: the code that the client may use once.  No row: the
-- person is no longer signed in, or the client is revoked.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 client_id uuid
-- $5 redirect_uri text
-- $6 scope text
-- $7 abilities int4
-- $8 challenge bytea
-- $9 code bytea
-- $10 seconds int4
--
-- > expires_at timestamptz

insert into oauth_codes (digest, oauth_client_id, user_id, redirect_uri,
                         scope, abilities, challenge, expires_at)
select $9, c.id, p.user_id, $5, $6, $7, $8,
       now() + make_interval(secs => $10)
  from principal($1, $2, $3) p
  join oauth_clients c
    on c.id = $4
   and c.revoked_at is null
returning expires_at
