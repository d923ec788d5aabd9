-- So many phones more, each heard of every 300 s, as they are after a while:
-- their last signs spread over that time, and when they are looked at next put
-- off since.  One in a hundred gives no more of them: these fall silent in
-- :watched seconds, from :lead seconds from now on.  They have the highest ids;
-- the others' rise with the time of their last sign.

delete from devices where app_version = 'watched';

insert into devices (organization_id, user_id, android_id, device_model,
                     app_version, status)
select o, o, lpad(to_hex(1000000 + n), 16, '0'), 'Bench', 'watched', 'active'
  from (select n, 1 + n % 1000 as o
          from generate_series(1, :phones) n
         order by n) p;

vacuum analyze devices;

insert into device_presence (device_id, last_seen_at, battery_level, due_at)
select id, seen_at, 50,
       seen_at + case when silent or seen_at <= now() - interval '60 s'
                      then interval '360 s'
                      else interval '60 s' end
  from (select id, n > :phones * 0.99 as silent,
               now() - case when n > :phones * 0.99
                            then 360 - :lead - :watched
                                               * (n - :phones * 0.99)
                                               / (:phones * 0.01)
                            else 300 * (1 - n / (:phones * 0.99)) end
                       * interval '1 s' as seen_at
          from (select id, row_number() over (order by id) as n
                  from devices
                 where app_version = 'watched') p) p;

analyze device_presence;
