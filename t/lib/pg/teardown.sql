drop schema if exists sr_test, sr_test_old, sr_test_new cascade;
