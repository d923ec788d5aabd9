-- Every sealed secret of webhooks.
--
-- for simrelay
--
-- > id int8
-- > secret bytea

select id, secret
  from webhook_integrations
 order by id
