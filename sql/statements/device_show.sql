-- The caller's phone, a row for each of its cards, by their slots, and at least
-- one.  Whether it is online is judged now, whoever notices.  No row: it is not
-- the caller's phone, or the caller has left its organization.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > id int8
-- > android_id text
-- > device_name text
-- > status text
-- > is_online bool
-- > battery_level int4
-- > last_seen_at timestamptz
-- > created_at timestamptz
-- > card_id int8
-- > card_phone_number text
-- > card_sim_slot int4
-- > card_status text
-- > card_signal_strength int4
-- > card_is_active bool
-- > card_hosted_sim_id int8
-- > card_created_at timestamptz
-- > card_updated_at timestamptz
-- > device_model text
-- > app_version text
-- > config_version int4
-- > received int8
-- > organization_id int8
-- > organization_name text
-- > updated_at timestamptz

select d.id, d.android_id, d.device_name, d.status,
       coalesce(p.is_online
                and p.last_seen_at + device_patience(p.is_in_doze_mode)
                    >= now(), false) as is_online,
       p.battery_level, p.last_seen_at, d.created_at,
       c.id as card_id, c.phone_number as card_phone_number,
       c.sim_slot as card_sim_slot, c.status as card_status,
       c.signal_strength as card_signal_strength,
       c.status = 'active' as card_is_active,
       c.hosted_sim_id as card_hosted_sim_id, c.created_at as card_created_at,
       c.updated_at as card_updated_at,
       d.device_model, d.app_version, d.config_version,
       (select coalesce(sum(m.messages), 0)::int8
          from device_messages m
         where m.device_id = d.id) as received,
       o.id as organization_id, o.name as organization_name, d.updated_at
  from principal($1, $2, $3) me
  join devices d on d.user_id = me.user_id
  join members b
    on b.user_id = d.user_id and b.organization_id = d.organization_id
  join organizations o on o.id = d.organization_id
  left join device_presence p on p.device_id = d.id
  left join sim_cards c on c.device_id = d.id
 where d.id = $4
   and d.deleted_at is null
 order by c.sim_slot, c.id
