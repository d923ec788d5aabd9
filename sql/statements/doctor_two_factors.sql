-- Every sealed secret of two-factor authentication, by its person.
--
-- for simrelay
--
-- > id int8
-- > secret bytea

select user_id as id, secret
  from two_factors
 order by user_id
