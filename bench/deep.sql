-- A SIM with 600,000 messages more, one every half a minute: the first of the
-- first organization.

begin;

insert into messages (organization_id, sms_id, hosted_sim_id, device_id,
                      direction, sender, recipient, body, status, received_at,
                      created_at, updated_at)
select 1, nextval('sms_ids'), 1, 1, 'inbound',
       '+4915' || lpad(m.n::text, 9, '0'), '+15550000001',
       'Your verification code is '
       || lpad((m.n * 7919 % 1000000)::text, 6, '0')
       || '. It is valid for ten minutes; do not share it.',
       'received', m.at, m.at, m.at
  from (select n, now() - (600000 - n) * interval '30 seconds' as at
          from generate_series(1::int8, 600000) n
         order by n) m;

delete from message_counts where organization_id = 1 and hosted_sim_id = 1;
delete from message_blocks where organization_id = 1 and hosted_sim_id = 1;

insert into message_counts (organization_id, hosted_sim_id, team_id, total,
                            received)
select organization_id, hosted_sim_id, 0, count(*), count(*)
  from messages
 where organization_id = 1 and hosted_sim_id = 1
 group by 1, 2;

insert into message_blocks (organization_id, hosted_sim_id, starts_at, team_id,
                            total, first_id, last_id)
select 1, 1, case when block = 0 then '-infinity' else min(received_at) end, 0,
       count(*), min(id), max(id)
  from (select *, (rank() over (order by received_at) - 1) / 1000 as block
          from messages
         where organization_id = 1 and hosted_sim_id = 1) m
 group by block;

commit;

vacuum analyze messages, message_blocks, message_counts;
