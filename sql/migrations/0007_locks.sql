-- What begins and ends with locks and SIMs, and what others hear of it.

-- Whatever begins or ends a hold tells every organization that has the SIM.
-- The time is that of the moment, since the transaction may have begun before
-- the one whose hold it takes over from.
create function lock_told()
returns trigger
language plpgsql
as $$
begin
    insert into events (created_at, organization_id, team_id, type, object_id)
    select clock_timestamp(), a.organization_id, a.team_id,
           case tg_op when 'INSERT' then 'number.locked'
                      else 'number.unlocked' end, new.id
      from sim_attachments a
     where a.hosted_sim_id = new.hosted_sim_id
     order by a.organization_id;

    return null;
end
$$;

create trigger lock_begun
 after insert on locks
   for each row
  when (new.ended_at is null)
execute function lock_told();

create trigger lock_ended
 after update of ended_at on locks
   for each row
  when (old.ended_at is null and new.ended_at is not null)
execute function lock_told();


-- Ends the hold of a SIM before it expires: the one given, or whichever there
-- is.  Its id, or null where there is none.  As everywhere, the row of
-- sim_locks is locked before that of locks.
create function lock_end(hosted_sim_id int8, lock_id int8)
returns int8
language plpgsql
as $$
declare
    gone int8;
    at timestamptz;
begin
    update sim_locks l
       set expires_at = clock_timestamp()
     where l.hosted_sim_id = $1
       and l.lock_id = coalesce($2, l.lock_id)
       and l.expires_at > clock_timestamp()
    returning l.lock_id, l.expires_at into gone, at;

    update locks k
       set released_at = at, ended_at = at
     where k.id = gone
       and k.ended_at is null;

    return gone;
end
$$;


-- A SIM has no more organizations than it may have, whoever attaches it: its
-- row is locked, so that those who do take turns.
create function sim_attaching()
returns trigger
language plpgsql
as $$
declare
    most int4;
begin
    select h.shared_max_orgs into most
      from hosted_sims h
     where h.id = new.hosted_sim_id
       for no key update;

    if most <= (select count(*)
                  from sim_attachments a
                 where a.hosted_sim_id = new.hosted_sim_id
                   and a.organization_id <> new.organization_id)
    then
        raise exception 'the SIM has as many organizations as it may have'
              using errcode = 'check_violation',
                    constraint = 'sim_attachments_most';
    end if;

    return new;
end
$$;

create trigger sim_attaching
 before insert on sim_attachments
   for each row
execute function sim_attaching();

create function sim_shrinking()
returns trigger
language plpgsql
as $$
begin
    if new.shared_max_orgs < (select count(*)
                                from sim_attachments a
                               where a.hosted_sim_id = new.id)
    then
        raise exception 'the SIM has more organizations than that'
              using errcode = 'check_violation',
                    constraint = 'hosted_sims_most';
    end if;

    return new;
end
$$;

create trigger sim_shrinking
 before update of shared_max_orgs on hosted_sims
   for each row
execute function sim_shrinking();


-- Whatever gives a SIM to an organization, or takes it away, tells: not who
-- changes its team or alias.  With the holder's organization goes its lock,
-- which all that have the SIM hear of, so this comes before the row is gone.
create function sim_attached()
returns trigger
language plpgsql
as $$
begin
    insert into events (organization_id, team_id, type, object_id)
    values (new.organization_id, new.team_id, 'number.claimed',
            new.hosted_sim_id);

    return null;
end
$$;

create trigger sim_attached
 after insert on sim_attachments
   for each row
execute function sim_attached();

create function sim_detached()
returns trigger
language plpgsql
as $$
begin
    perform lock_end(l.hosted_sim_id, l.lock_id)
       from sim_locks l
      where l.hosted_sim_id = old.hosted_sim_id
        and l.organization_id = old.organization_id;

    insert into events (created_at, organization_id, team_id, type, object_id)
    values (clock_timestamp(), old.organization_id, old.team_id,
            'number.released', old.hosted_sim_id);

    return old;
end
$$;

create trigger sim_detached
 before delete on sim_attachments
   for each row
execute function sim_detached();


-- Ends a SIM for good: its lock, its attachments, and what it was still to
-- send.  Its messages stay, and its number may be a SIM's again.  False where
-- there is none.  As by whoever begins a hold, the attachments are locked before
-- the row of sim_locks.
create function sim_retire(hosted_sim_id int8)
returns bool
language plpgsql
as $$
begin
    update hosted_sims h
       set status = 'inactive', deleted_at = now(), updated_at = now()
     where h.id = $1
       and h.deleted_at is null;

    if not found then
        return false;
    end if;

    perform
       from sim_attachments a
      where a.hosted_sim_id = $1
      order by a.organization_id
        for update;

    perform lock_end($1, null);

    delete from sim_attachments a
     where a.hosted_sim_id = $1;

    update sends s
       set state = 'ended', error = 'the SIM is retired', updated_at = now()
     where s.hosted_sim_id = $1
       and s.state = 'queued';

    perform message_progress(s.organization_id, s.message_id, 'failed',
                             'sim_retired')
       from sends s
      where s.hosted_sim_id = $1
        and s.state = 'ended'
        and s.error = 'the SIM is retired';

    return true;
end
$$;
