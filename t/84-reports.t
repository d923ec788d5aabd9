use lib 't/lib';
use SimRelay;
use SimRelay::Providers;

# What providers tell of SMS that were sent.

repeat_each(2);
plan tests => repeat_each() * 387;

accounts;

sub dlr ($$;%) {
    my ($status, $id, %o) = @_;

    seven "$o{prefix}$status", %o, data => { msg_id => $id, status => $status,
                                timestamp => '2020-12-02 11:55:44.000000' };
}

dlr $_, 'S1', prefix => ''
    for qw(ACCEPTED TRANSMITTED BUFFERED DELIVERED NOTDELIVERED EXPIRED
           REJECTED FAILED UNKNOWN);
dlr $_, 'S1', prefix => 'other_', account => 'other' for qw(DELIVERED);
dlr $_, 'S9', prefix => 'new_' for qw(ACCEPTED DELIVERED EXPIRED);
dlr DELIVERED => 'S9', prefix => 'new_other_', account => 'other';
dlr DELIVERED => 'T1', prefix => 'twilio_';
seven form => form => 1, data => { msg_id => 'S1', status => 'delivered' };
seven number => body => '{"webhook_event":"dlr","data":{"msg_id":77,'
                        . '"status":"DELIVERED"}}';
seven no_id => data => { status => 'DELIVERED' };
seven odd_id => data => { msg_id => "a\0b", status => 'DELIVERED' };
seven no_status => event => 'dlr', data => { msg_id => 'S1' };
seven wrong => data => { msg_id => 'S1', status => 'DELIVERED' },
               account => 'x';

sub status ($$;%) {
    my ($name, $status, %form) = @_;

    my $query = delete $form{query} // '';

    twilio_call $name, "status$query",
        AccountSid => 'AC2', MessageSid => 'T1', MessageStatus => $status,
        From => '+15551230102', To => '+4915112345678',
        ApiVersion => '2010-04-01', %form;
}

status "t_$_" => $_ for qw(queued accepted scheduled sending sent delivered
                           read receiving canceled what);
status t_undelivered => 'undelivered', ErrorCode => '30003';
status t_failed => 'failed';
status t_odd => 'failed', ErrorCode => "a b\n";
status t_new => 'sent', MessageSid => 'T9';
status t_seven => 'delivered', MessageSid => 'S1';
status t_own => 'delivered', AccountSid => 'AC1', MessageSid => 'T5';
status t_stranger => 'delivered', AccountSid => 'AC4';
status t_off => 'delivered', AccountSid => 'AC3';
status t_wrong => 'delivered', token => 'x';
status t_our_token => 'delivered', token => 'secret';
twilio_call t_old => 'status', AccountSid => 'AC2', SmsSid => 'T1',
            SmsStatus => 'delivered';
twilio_call t_nothing => 'status', AccountSid => 'AC2';

my @queries = (own => '1.902', other => '2.902', number => '1.903',
               inbound => '1.904', seven => '1.901', known => '1.905');

while (my ($name, $message) = splice @queries, 0, 2) {
    status "q_$name", 'delivered', MessageSid => 'T9',
           query => "?message=$message";
}

status q_sent => 'sent', MessageSid => 'T9', query => '?message=1.902';
status q_failed => 'failed', MessageSid => 'T9', ErrorCode => 30008,
       query => '?message=1.902';
status "q_odd$_->[0]", 'delivered', MessageSid => 'T9',
       query => "?message=$_->[1]"
    for [1, '1'], [2, '1.x'], [3, '-1.902'], [4, '0.902'], [5, ''],
        [6, '1.902.3'], [7, '9999999999999999999999.1'];

add_block_preprocessor(sub {
    my $block = shift;

    $block->set_value(steps => calls $block->steps);

    # 901 by seven.io, 902 to 905 by Twilio: 902 may be out or not, 903 has
    # not been tried, 904 came in, 905 is known; 906 is of our own account
    $block->set_value(sql => <<'END' . ($block->sql // ''));
{{accounts}}
insert into messages (organization_id, id, sms_id, hosted_sim_id, direction,
                      sender, recipient, body, status, received_at)
overriding system value
select 1, id, id, case id when 901 then 101 else 102 end,
       case id when 904 then 'inbound' else 'outbound' end, '+15551230101',
       '+4915112345678', 'Hello',
       case id when 904 then 'received' else 'queued' end, now()
  from generate_series(901, 906) id;
insert into sends (organization_id, message_id, hosted_sim_id, provider,
                   account, segments, state, provider_message_id)
values (1, 901, 101, 'seven', 'main', 1, 'accepted', 'S1'),
       (1, 902, 102, 'twilio', 'AC2', 1, 'leased', null),
       (1, 903, 102, 'twilio', 'AC2', 1, 'queued', null),
       (1, 905, 102, 'twilio', 'AC2', 1, 'accepted', 'T1'),
       (1, 906, 102, 'twilio', 'AC1', 1, 'accepted', 'T5');
update sends set lease_id = gen_random_uuid(),
                 lease_until = now() + interval '1 minute'
 where message_id = 902;
END
});

vars(
    seven => "select m.status, m.error_code, s.state, (select count(*)
                     from events where type = 'message.delivery')
                from messages m join sends s on s.message_id = m.id
               where m.id = 901",
    twilio => "select m.status, m.error_code, s.state, (select count(*)
                     from events where type = 'message.delivery')
                 from messages m join sends s on s.message_id = m.id
                where m.id = 905",
    unsure => "select m.status, m.error_code, s.state, s.provider_message_id,
                      s.lease_id, (select count(*) from events
                                    where type = 'message.delivery')
                 from messages m join sends s on s.message_id = m.id
                where m.id = 902",
    same => "select (select count(*) from messages where status in
                                          ('sent', 'delivered', 'failed'))
                    + (select count(*) from events where type like 'message.%')
                    + (select count(*) from sends where state = 'ended'
                                            or provider_message_id = 'T9')",
);

run_tests();

__DATA__

=== TEST 1: seven.io's reports move an SMS forward, each with an event
--- steps
call ACCEPTED
received

row {{seven}} => sent||accepted|1
row select organization_id, type, object_id from events
    => 1|message.delivery|901

call DELIVERED
received

row {{seven}} => delivered||ended|2



=== TEST 2: never backwards, and none counts twice
--- steps
call TRANSMITTED
received

call TRANSMITTED
received

call BUFFERED
received

row {{seven}} => sent||accepted|1

call DELIVERED
received

call DELIVERED
received

call ACCEPTED
received

call FAILED
received

row {{seven}} => delivered||ended|2



=== TEST 3: what has failed says why
--- steps
call EXPIRED
received

row {{seven}} => failed|expired|ended|1
row select error from sends where message_id = 901 => expired

call DELIVERED
received

row {{seven}} => failed|expired|ended|1



=== TEST 4: other words for it
--- steps
call NOTDELIVERED
received

row {{seven}} => failed|notdelivered|ended|1

sql update messages set status = 'queued', error_code = null;
    update sends set state = 'accepted'

call REJECTED
received

row {{seven}} => failed|rejected|ended|2

sql update messages set status = 'sent', error_code = null;
    update sends set state = 'accepted'

call form
received

row {{seven}} => delivered||ended|3



=== TEST 5: a word that says nothing changes nothing, nor does half a report
--- steps
call UNKNOWN
received

call no_id
received

call odd_id
received

call no_status
received

row {{seven}} => queued||accepted|0
row select count(*) from provider_reports => 0

call wrong
403

row {{seven}} => queued||accepted|0



=== TEST 6: another account's report, another provider's: nothing
--- steps
call other_DELIVERED
received

call twilio_DELIVERED
received

call t_seven
empty

row {{same}} => 0
row {{seven}} => queued||accepted|0
row {{twilio}} => queued||accepted|0



=== TEST 7: a report about what is not known yet waits, the furthest of them
--- steps
call new_ACCEPTED
received

row select provider, account, provider_message_id, status, error_code
      from provider_reports => seven|main|S9|sent|

call new_EXPIRED
received

call new_DELIVERED
received

call new_ACCEPTED
received

call new_other_DELIVERED
received

call number
received

row select account, provider_message_id, status, error_code
      from provider_reports order by 1, 2
    => main|77|delivered| main|S9|failed|expired other|S9|delivered|
row {{same}} => 0



=== TEST 8: Twilio's reports
--- steps
call t_queued
empty

call t_accepted
empty

call t_scheduled
empty

call t_sending
empty

call t_receiving
empty

call t_what
empty

call t_nothing
empty

row {{twilio}} => queued||accepted|0

call t_sent
empty

row {{twilio}} => sent||accepted|1

call t_delivered
empty

call t_read
empty

call t_sent
empty

call t_undelivered
empty

row {{twilio}} => delivered||ended|2
row select count(*) from provider_reports => 0



=== TEST 9: Twilio's failures
--- steps
call t_undelivered
empty

row {{twilio}} => failed|30003|ended|1

call t_delivered
empty

row {{twilio}} => failed|30003|ended|1

sql update messages set status = 'queued'; update sends set state = 'accepted'

call t_failed
empty

row {{twilio}} => failed|failed|ended|2

sql update messages set status = 'queued'; update sends set state = 'accepted'

call t_odd
empty

row {{twilio}} => failed|failed|ended|3

sql update messages set status = 'queued'; update sends set state = 'accepted'

call t_canceled
empty

row {{twilio}} => failed|failed|ended|4



=== TEST 10: read without having been delivered; fields by their old names
--- steps
call t_read
empty

row {{twilio}} => delivered||ended|1

sql update messages set status = 'sent'; update sends set state = 'accepted'

call t_old
empty

row {{twilio}} => delivered||ended|2



=== TEST 11: the account of simrelay_twilio has reports too
--- steps
call t_own
empty

row select m.status, s.state from messages m join sends s on s.message_id = m.id
     where m.id = 906 => delivered|ended



=== TEST 12: a report settles what nobody knew of, by its own id
--- sql
update sends set state = 'unconfirmed', lease_id = null where message_id = 902;
update messages set status = 'sent', error_code = 'unconfirmed' where id = 902
--- steps
call q_sent
empty

row {{unsure}} => sent||accepted|T9||1

call q_sent
empty

row {{unsure}} => sent||accepted|T9||1

call q_own
empty

row {{unsure}} => delivered||ended|T9||2



=== TEST 13: ditto, that it has failed
--- sql
update sends set state = 'unconfirmed' where message_id = 902;
update messages set status = 'sent', error_code = 'unconfirmed' where id = 902
--- steps
call q_failed
empty

row {{unsure}} => failed|30008|ended|T9||1



=== TEST 14: a report may be quicker than the answer to the request
--- steps
call q_sent
empty

row {{unsure}} => sent||accepted|T9||1

call q_own
empty

row {{unsure}} => delivered||ended|T9||2
row select count(*) from provider_reports => 0



=== TEST 15: what was reported is not sent again
--- steps
call q_number
empty

row select state, provider_message_id from sends where message_id = 903
    => ended|T9



=== TEST 16: an id of ours is of its account, organization and SMS alone
--- steps
call q_other
empty

call q_inbound
empty

call q_seven
empty

call q_known
empty

row {{same}} => 0
row select count(*) from provider_reports => 0
row {{twilio}} => queued||accepted|0

sql update sends set account = 'AC1' where message_id = 902

call q_own
empty

row {{same}} => 0



=== TEST 17: what is no id of ours counts for nothing
--- steps
call q_odd1
empty

call q_odd2
empty

call q_odd3
empty

call q_odd4
empty

call q_odd5
empty

call q_odd6
empty

call q_odd7
empty

row {{same}} => 0
row select provider, account, provider_message_id, status
      from provider_reports => twilio|AC2|T9|delivered



=== TEST 18: who has not signed is not heard
--- steps
call t_delivered but X-Twilio-Signature
400 {"message":"Twilio signature is missing."}

call t_delivered but X-Twilio-Signature: x
403 {"message":"Twilio Request Validation Failed."}

call t_wrong
403

call t_our_token
403

call t_stranger
403

call t_off
403

- GET /api/webhooks/twilio/status
405

row {{same}} => 0
row select count(*) from provider_reports => 0



=== TEST 19: the id of ours is part of what is signed
--- steps
call q_own but X-Twilio-Signature: 00000000000000000000000000=
403

row {{same}} => 0



=== TEST 20: who holds the lock is told of it
--- sql
select test.hold(101, 1, 1, null, null, -20, 60)
--- steps
call DELIVERED
received

row select holder_user_id from events where type like 'message.%' => 1
