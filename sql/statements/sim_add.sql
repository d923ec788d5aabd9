-- Makes a SIM.
--
-- for simrelay
--
-- $1 number text
-- $2 country text
-- $3 provider text
-- $4 provider_account text
-- $5 type text
-- $6 shared_max_orgs int4
--
-- > id int8

insert into hosted_sims (number, country, provider, provider_account, type,
                         shared_max_orgs)
values ($1, $2, $3, $4, $5, $6)
returning id
