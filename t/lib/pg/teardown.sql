-- Leaves nothing of setup.sql.

drop schema if exists sr_test, sr_test_old, sr_test_new, sr_test_odd cascade;
