
/*
 * simrelayd.conf: defaults, what is refused, and what a SIGHUP changes.
 */


#include <unistd.h>

#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_conf.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_log.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_memory.c"


#define NEEDED  "database = dbname=x\nkey_file = /k\npusher_key = k\n"       \
                "pusher_secret = s\n"


static const struct {
    const char  *text;
    const char  *err;
} refused[] = {
    { "key_file = /k\npusher_key = k\npusher_secret = s\n",
      ": \"database\" must be given" },
    { NEEDED "log_level = loud\n",
      ": \"log_level\" must be error, warn, info or debug" },
    { NEEDED "listen = nowhere\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = 127.0.0.1:\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = 127.0.0.1:65536\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "listen = unix:socket\n",
      ": \"listen\" must be address:port or unix:path" },
    { NEEDED "retry_delays = \"60 soon\"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "retry_delays = \" \"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { NEEDED "retry_delays = \"0\"\n",
      ": \"retry_delays\" must be seconds, 1 to 86400, and spaces" },
    { "database = x=y\nkey_file = /k\npusher_key = \"\"\npusher_secret = s\n",
      ": \"pusher_key\" and \"pusher_secret\" must not be empty" },
    { NEEDED "max_sockets = 0\n",
      ":5: \"max_sockets\" must be between 1 and 1000000" },
    { NEEDED "deliverys = 5\n",
      ":5: unknown name \"deliverys\"" },
};


static char  path[64];


static int
test_read(simrelayd_conf_t *conf, const char *text, char *err, size_t size)
{
    int   fd, rc;
    char  name[] = "/tmp/simrelayd-conf-XXXXXX";

    fd = mkstemp(name);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void) close(fd);

    memcpy(path, name, sizeof(name));

    rc = simrelayd_conf_read(conf, name, err, size);

    (void) unlink(name);

    return rc;
}


static void
test_defaults(void **state)
{
    char              err[256];
    simrelayd_conf_t  conf;

    (void) state;

    assert_int_equal(test_read(&conf, NEEDED, err, sizeof(err)), 0);

    assert_string_equal(conf.database, "dbname=x");
    assert_int_equal(conf.database_connections, 4);
    assert_int_equal(conf.statement_timeout, 10000);
    assert_string_equal(conf.listen, "127.0.0.1:6001");
    assert_string_equal(conf.allowed_origins, "");
    assert_int_equal(conf.max_sockets, 20000);
    assert_int_equal(conf.socket_buffer, 1048576);
    assert_int_equal(conf.ping_after, 60000);
    assert_int_equal(conf.pong_timeout, 60000);
    assert_int_equal(conf.deliveries, 256);
    assert_int_equal(conf.deliveries_per_endpoint, 10);
    assert_string_equal(conf.retry_delays,
                        "60 300 900 3600 14400 43200 86400");
    assert_int_equal(conf.allow_private_addresses, 0);
    assert_int_equal(conf.drain_timeout, 30000);
    assert_string_equal(conf.log_level, "info");

    simrelayd_conf_free(&conf);
}


static void
test_refused(void **state)
{
    char              err[256];
    size_t            i;
    simrelayd_conf_t  conf;

    (void) state;

    for (i = 0; i < sr_test_count(refused); i++) {
        assert_int_equal(test_read(&conf, refused[i].text, err, sizeof(err)),
                         -1);
        assert_memory_equal(err, path, strlen(path));
        assert_string_equal(err + strlen(path), refused[i].err);
    }
}


static void
test_environment(void **state)
{
    char              err[256];
    simrelayd_conf_t  conf;

    (void) state;

    assert_int_equal(setenv("SIMRELAYD_LISTEN", "unix:/run/x", 1), 0);
    assert_int_equal(test_read(&conf, NEEDED "listen = [::1]:6001\n", err,
                               sizeof(err)),
                     0);
    assert_int_equal(unsetenv("SIMRELAYD_LISTEN"), 0);

    assert_string_equal(conf.listen, "unix:/run/x");

    simrelayd_conf_free(&conf);
}


static void
test_reload(void **state)
{
    char              *database, *delays, err[256];
    simrelayd_conf_t   conf, fresh;

    (void) state;

    assert_int_equal(test_read(&conf, NEEDED, err, sizeof(err)), 0);

    assert_int_equal(test_read(&fresh,
                               "database = dbname=y\nkey_file = /k\n"
                               "pusher_key = k2\npusher_secret = s2\n"
                               "listen = 127.0.0.1:6002\npid_file = /p\n"
                               "database_connections = 9\n"
                               "statement_timeout = 3s\ndeliveries = 7\n"
                               "retry_delays = \"1 2\"\n"
                               "allow_private_addresses = on\n"
                               "log_level = debug\n",
                               err, sizeof(err)),
                     0);

    database = conf.database;
    delays = conf.retry_delays;

    (void) simrelayd_log_open("/dev/null", SIMRELAYD_INFO);
    simrelayd_conf_reload(&conf, &fresh);
    (void) simrelayd_log_open(NULL, SIMRELAYD_INFO);

    /* not while it runs */

    assert_ptr_equal(conf.database, database);
    assert_string_equal(conf.database, "dbname=x");
    assert_string_equal(conf.listen, "127.0.0.1:6001");
    assert_string_equal(conf.pid_file, "");
    assert_string_equal(conf.pusher_key, "k");
    assert_int_equal(conf.database_connections, 4);

    assert_int_equal(conf.statement_timeout, 3000);
    assert_int_equal(conf.deliveries, 7);
    assert_int_equal(conf.allow_private_addresses, 1);
    assert_string_equal(conf.retry_delays, "1 2");
    assert_string_equal(conf.log_level, "debug");

    /* somebody may still read it */

    assert_string_equal(delays, "60 300 900 3600 14400 43200 86400");

    simrelayd_conf_free(&conf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
