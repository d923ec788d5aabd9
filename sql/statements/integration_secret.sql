-- Gives a webhook integration another secret, sealed.  The one that it had
-- signs too for a day, where the caller asks for that, else no more.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id int8
-- $5 secret bytea
-- $6 keep_previous bool
--
-- > id int8
-- > name text
-- > updated_at timestamptz

update webhook_integrations i
   set secret = $5,
       previous_secret = case when $6 then i.secret end,
       previous_secret_until = case when $6
                                    then now() + interval '24 hours' end,
       updated_at = now()
  from principal($1, $2, $3) me
 where me.role in ('owner', 'admin')
   and i.organization_id = me.organization_id
   and i.id = $4
returning i.id, i.name, i.updated_at
