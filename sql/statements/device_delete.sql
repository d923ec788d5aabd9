-- Deletes the caller's phone, after device_retire.  What it has not sent ends
-- as failed, whether or not it has fetched it; its messages stay.  No row: it is
-- not the caller's phone.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 device_id int8
--
-- > device_id int8

with device as (
    update devices d
       set deleted_at = now(), updated_at = now()
      from principal($1, $2, $3) me
      join members b on b.user_id = me.user_id
     where d.user_id = me.user_id
       and b.organization_id = d.organization_id
       and d.id = $4
       and d.deleted_at is null
    returning d.id
), presence as (
    delete from device_presence p
     using device d
     where p.device_id = d.id
), send as (
    update sends s
       set state = 'ended', error = 'the SIM is retired', lease_id = null,
           lease_until = null, updated_at = now()
      from device d
     where s.device_id = d.id
       and s.provider = 'byos'
       and s.state in ('queued', 'leased')
    returning s.organization_id, s.message_id
), failed as materialized (
    select message_progress(organization_id, message_id, 'failed',
                            'sim_retired')
      from send
)
select d.id as device_id
  from device d
 cross join (select count(*) from failed) f
