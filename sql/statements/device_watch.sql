-- Phones whose time has come (device_presence.due_at), 1,000 at most:
--   heard of since   looked at again when it would be silent for too long
--   silent           offline, with an event for its owner, and looked at again
--                    when its owner would get a mail, if there is one to get it
--   offline since    its owner gets a mail, one in an outage
-- A phone that is revoked or deleted is forgotten.  Whoever else is at a row,
-- such as a sign of life, is left to it.
--
-- What was locked is updated by ctid, so that no plan depends on how many rows
-- there were when it was made; where a row has just become another, its turn
-- comes with the next look.  looked is how many were due, told how many events
-- and mails were made, next_ms in how many milliseconds the next one is due;
-- null where none is.  A look that tells nothing does not wait for the disk.
--
-- for simrelayd
--
-- > looked int8
-- > told int8
-- > next_ms int8

with due as materialized (
    select p.ctid as tid, p.is_online,
           p.last_seen_at + case when p.is_online then 1 else 2 end
                            * device_patience(p.is_in_doze_mode)
           > now() as is_heard
      from device_presence p
     where p.due_at <= now()
     order by p.due_at
     limit 1000
       for update skip locked
), heard as (
    update device_presence p
       set due_at = p.last_seen_at + case when p.is_online then 1 else 2 end
                                     * device_patience(p.is_in_doze_mode)
     where p.ctid = any (array(select tid from due where is_heard))
), offline as (
    update device_presence p
       set is_online = false,
           due_at = (select p.last_seen_at
                            + 2 * device_patience(p.is_in_doze_mode)
                       from devices d
                       join users u
                         on u.id = d.user_id
                        and u.disabled_at is null
                       join members m
                         on m.user_id = d.user_id
                        and m.organization_id = d.organization_id
                      where d.id = p.device_id
                        and d.deleted_at is null
                        and d.status = 'active')
     where p.ctid = any (array(select tid
                                 from due
                                where is_online and not is_heard))
    returning p.device_id
), told as (
    insert into events (created_at, organization_id, user_id, type, object_id)
    select clock_timestamp(), d.organization_id, d.user_id, 'device.offline',
           d.id
      from offline o
     cross join lateral (
           select *
             from devices d
            where d.id = o.device_id
              and d.deleted_at is null
              and d.status <> 'revoked'
           offset 0) d
    returning 1
), over as (
    update device_presence p
       set due_at = null,
           alerted_at = (select now()
                           from devices d
                           join users u
                             on u.id = d.user_id
                            and u.disabled_at is null
                           join members m
                             on m.user_id = d.user_id
                            and m.organization_id = d.organization_id
                          where d.id = p.device_id
                            and d.deleted_at is null
                            and d.status = 'active')
     where p.ctid = any (array(select tid
                                 from due
                                where not is_online and not is_heard))
    returning p.*
), mailed as materialized (
    select device_mail('device_offline', o.device_id, o.last_seen_at,
                       o.battery_level)
      from over o
     where o.alerted_at is not null
)
select (select count(*) from due) as looked, n.told,
       (select greatest(1, ceil(extract(epoch from p.due_at
                                                   - clock_timestamp())
                                * 1000))::int8
          from device_presence p
         where p.due_at > now()
         order by p.due_at
         limit 1) as next_ms
  from (select (select count(*) from told) + (select count(*) from mailed)
               as told) n
 where n.told <> 0
    or set_config('synchronous_commit', 'off', true) is not null
