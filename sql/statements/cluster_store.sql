-- Tells all instances of simrelayd what is too long for a notification, which
-- then ends with the number that it is fetched by.
--
-- for simrelayd
--
-- $1 payload text
-- $2 body text

with stored as (
    insert into cluster_messages (body)
    values ($2)
    returning id
)
select
  from stored s
 cross join lateral pg_notify('simrelay_cluster', $1 || s.id)
