-- The version of the schema: the newest migration that was applied.
--
-- for module simrelayd simrelay
--
-- > version int4

select coalesce(max(version), 0) as version
  from schema_migrations
