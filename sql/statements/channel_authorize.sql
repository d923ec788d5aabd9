-- May the caller listen to its own channel, or to that of its device?  An API
-- key may to its owner's where it may read messages, whatever $3 says, and
-- that owner belongs to the key's organization alone.  A row if so.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 user_id int8
-- $5 device_id int8
--
-- > user_id int8

select me.user_id
  from principal($1, $2, 0) me
 where case when me.kind = 4
            then me.user_id = $4
                 and me.abilities & 4 <> 0
                 and not exists (select from members m
                                  where m.user_id = me.user_id
                                    and m.organization_id
                                        <> me.organization_id)
            else me.abilities & $3 = $3
                 and (me.user_id = $4
                      or (me.abilities & 32 <> 0
                          and exists (select
                                        from devices d
                                        join members b
                                          on b.user_id = d.user_id
                                         and b.organization_id
                                             = d.organization_id
                                       where d.id = $5
                                         and d.user_id = me.user_id
                                         and d.status <> 'revoked'
                                         and d.deleted_at is null)))
       end
