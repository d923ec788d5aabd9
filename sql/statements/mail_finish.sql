-- Records how an attempt ended, under the lease that it was made under: where
-- that was taken over, nothing changes and no row comes back.
--   outcome  0 sent, 1 again after delay_ms, 2 failed
-- What would only be tried again after it has expired has failed, too.  The
-- secret goes with the last attempt.
--
-- for simrelayd
-- $1 id int8
-- $2 lease_id uuid
-- $3 outcome int4
-- $4 delay_ms int4
-- $5 error text
--
-- > state text

with attempt as materialized (
    select id,
           case when $3 = 0 then 'sent'
                when $3 = 1
                 and now() + $4 * interval '1 millisecond' < expires_at
                then 'pending'
                else 'failed'
           end as state
      from mails
     where id = $1
       and lease_id = $2
       and state = 'pending'
       for update
)
update mails m
   set state = a.state,
       error = case when $3 = 1 and a.state = 'failed'
                    then $5 || '; it expires before the next attempt'
                    else $5 end,
       secret = case when a.state = 'pending' then m.secret end,
       next_attempt_at = now() + $4 * interval '1 millisecond',
       lease_id = null,
       ended_at = case when a.state <> 'pending' then now() end
  from attempt a
 where m.id = a.id
returning m.state
