-- Why no webhook has come: how many simrelayd run, and what became of the
-- delivery, if one was made.
--
-- for simrelay
--
-- $1 webhook_integration_id int8
--
-- > sidecars int8
-- > attempts int4
-- > error text

select n.sidecars, d.attempts, d.error
  from (select count(*) as sidecars
          from sidecars
         where seen_at > now() - interval '10 seconds') n
  left join lateral (
       select attempts, error
         from webhook_deliveries
        where webhook_integration_id = $1
        order by id desc
        limit 1) d on true
