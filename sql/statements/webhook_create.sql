-- Makes a webhook integration; the secret is sealed.
--
-- for simrelay
--
-- $1 organization_id int8
-- $2 name text
-- $3 url text
-- $4 secret bytea
-- $5 timeout_seconds int4
-- $6 retry_count int4
--
-- > id int8

insert into webhook_integrations (organization_id, name, url, secret,
                                  timeout_seconds, retry_count)
values ($1, $2, $3, $4, $5, $6)
returning id
