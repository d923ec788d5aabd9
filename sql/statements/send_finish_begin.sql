-- Waits for those who are being told of one of these SMS right now, and keeps
-- others waiting: the first statement of the segment that makes their ids
-- known.
--
-- for simrelayd
-- $1 providers text[]
-- $2 accounts text[]
-- $3 provider_message_ids text[]
--
-- > locked int8

select count(*) filter (where l.locked) as locked
  from (select provider_message_lock(x.provider, x.account, x.id) as locked
          from (select *
                  from unnest($1, $2, $3) x (provider, account, id)
                 where x.id is not null
                 order by x.provider, x.account, x.id
                offset 0) x
        offset 0) l
