-- Tells the webhooks of the organizations from "first" to "last" of n SMS.

insert into events (organization_id, type, object_id)
select m.organization_id, 'message.inbound', m.id
  from generate_series(:first, :last) o
 cross join lateral (
       select organization_id, id, row_number() over (order by id) as nth
         from messages
        where organization_id = o
        order by id
        limit :n / (:last - :first + 1)) m
 order by m.nth, m.organization_id;

notify simrelay;
