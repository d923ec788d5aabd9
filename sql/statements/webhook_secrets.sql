-- Every sealed secret of webhooks, and those that were replaced and still sign.
--
-- for simrelay
--
-- > id int8
-- > secret bytea

select i.id, s.secret
  from webhook_integrations i
 cross join lateral (
       values (i.secret),
              (case when i.previous_secret_until > now()
                    then i.previous_secret end)) s (secret)
 where s.secret is not null
 order by i.id
