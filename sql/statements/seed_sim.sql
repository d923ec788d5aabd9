-- A SIM of the demo's: found by its number, or made.
--
-- for simrelay
--
-- $1 number text
-- $2 country text
-- $3 provider text
-- $4 type text
-- $5 shared_max_orgs int4
--
-- > id int8

insert into hosted_sims as h (number, country, provider, type,
                              shared_max_orgs)
values ($1, $2, $3, $4, $5)
    on conflict (number) where deleted_at is null and status = 'active'
       do update
   set updated_at = now()
returning h.id
