-- Is pg_partman there, and may this role work with it?
--
-- for simrelay
--
-- > installed bool
-- > usable bool
-- > role text
-- > database text

select exists (select from pg_extension where extname = 'pg_partman')
           as installed,
       coalesce((select has_schema_privilege(n.oid, 'create')
                        and has_schema_privilege(n.oid, 'usage')
                   from pg_namespace n
                  where n.nspname = 'partman'), false)
       and coalesce((select has_table_privilege(c.oid, 'insert')
                       from pg_class c
                       join pg_namespace n on n.oid = c.relnamespace
                      where n.nspname = 'partman'
                        and c.relname = 'part_config'), false) as usable,
       quote_ident(current_user) as role,
       current_database()::text as database
