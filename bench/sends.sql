-- n SMS, spread over the SIMs of an account, that wait for their provider.

with added as (
    select a.organization_id, a.hosted_sim_id,
           message_add(a.organization_id, a.hosted_sim_id, null, null, null,
                       nextval('sms_ids'), 'outbound', '+14155550199',
                       '+14155550100', 'Your code is 123456', 'queued', now())
           as id
      from generate_series(1, :n) n
     cross join lateral (
           select organization_id, hosted_sim_id
             from sim_attachments
            where organization_id = 1 + n % 1000
            limit 1) a
)
insert into sends (organization_id, message_id, hosted_sim_id, provider,
                   account, segments)
select organization_id, id, hosted_sim_id, 'seven', 'bench', 1
  from added;

notify simrelay;
