
/*
 * Configuration files: tables, spellings, and sentences about mistakes.
 */


#include <unistd.h>

#include "sr_test.h"
#include "sr_conf.h"


#define PREFIX  "SR_TEST_CONF_"


typedef struct {
    char     *database;
    char     *listen;
    int64_t   workers;
    int64_t   timeout;
    int       debug;
} test_conf_t;


static const sr_conf_row_t  rows[] = {
    { "database", SR_CONF_TEXT, offsetof(test_conf_t, database), NULL, 0, 0 },
    { "listen", SR_CONF_TEXT, offsetof(test_conf_t, listen), "unix", 0, 0 },
    { "workers", SR_CONF_INT, offsetof(test_conf_t, workers), "2", 1, 64 },
    { "timeout", SR_CONF_MSEC, offsetof(test_conf_t, timeout), "5s", 1,
      3600000 },
    { "debug", SR_CONF_BOOL, offsetof(test_conf_t, debug), "off", 0, 0 },
    { NULL, 0, 0, NULL, 0, 0 }
};


static char  path[] = "/tmp/sr_test_conf_XXXXXX";
static char  err[256];


static void
test_write(const char *text, size_t len)
{
    FILE  *f;

    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}


static const struct {
    const char  *text;
    const char  *database;
    int64_t      workers;
    int64_t      timeout;
    int          debug;
} files[] = {
    { "database = x",                   "x",          2,  5000,    0 },
    { "\n# c\n  database=x # c\n",      "x",          2,  5000,    0 },
    { "database = host=/run dbname=s\r\n", "host=/run dbname=s", 2, 5000, 0 },
    { "database = \" x # \\\"y\\\\ \" # c\n", " x # \"y\\ ", 2, 5000, 0 },
    { "database = a#b\n",               "a#b",        2,  5000,    0 },
    { "database = a\\b\n",              "a\\b",       2,  5000,    0 },
    { "database =\n",                   "",           2,  5000,    0 },
    { "database = \"\"\nworkers = 64",  "",           64, 5000,    0 },
    { "database=x\ndebug = on\n",       "x",          2,  5000,    1 },
    { "database=x\ntimeout = 500ms\n",  "x",          2,  500,     0 },
    { "database=x\ntimeout = 2m\n",     "x",          2,  120000,  0 },
    { "database=x\ntimeout = 1h\n",     "x",          2,  3600000, 0 },
    { "database=x\ntimeout = 7\n",      "x",          2,  7000,    0 },
};


static void
test_files(void **state)
{
    size_t       i;
    test_conf_t  conf;

    (void) state;

    for (i = 0; i < sr_test_count(files); i++) {

        test_write(files[i].text, strlen(files[i].text));
        memset(&conf, 0xff, sizeof(conf));

        assert_int_equal(sr_conf_read(path, NULL, rows, &conf, err,
                                      sizeof(err)), 0);

        assert_string_equal(conf.database, files[i].database);
        assert_string_equal(conf.listen, "unix");
        assert_int_equal(conf.workers, files[i].workers);
        assert_int_equal(conf.timeout, files[i].timeout);
        assert_int_equal(conf.debug, files[i].debug);

        sr_conf_free(rows, &conf);
        assert_null(conf.database);
    }
}


static const struct {
    const char  *text;
    const char  *err;           /* after the path */
} bad[] = {
    { "",                       ": \"database\" must be given" },
    { "database x",             ":1: there is no \"=\" between name and "
                                "value" },
    { "database = x\nfoo = 1",  ":2: unknown name \"foo\"" },
    { "database = x\n\n database = y", ":3: \"database\" was given before" },
    { "database = \"x",         ":1: the closing quote is missing" },
    { "database = \"x\\\"",     ":1: the closing quote is missing" },
    { "database = \"x\" y",     ":1: something follows the closing quote" },
    { "workers = two",          ":1: \"workers\" must be a number" },
    { "workers = 2x",           ":1: \"workers\" must be a number" },
    { "workers =",              ":1: \"workers\" must be a number" },
    { "workers = 0",            ":1: \"workers\" must be between 1 and 64" },
    { "workers = 65",           ":1: \"workers\" must be between 1 and 64" },
    { "workers = 99999999999999999999", ":1: \"workers\" must be a number" },
    { "timeout = 5d",           ":1: \"timeout\" must be a time: 500ms, 5s, "
                                "2m, 1h" },
    { "timeout = 2h",           ":1: \"timeout\" must be between 1 and "
                                "3600000 ms" },
    { "timeout = 9223372036854775807h", ":1: \"timeout\" is too large" },
    { "debug = yes",            ":1: \"debug\" must be on or off" },
    { "= 5",                    ":1: unknown name \"\"" },
};


static void
test_bad(void **state)
{
    size_t       i;
    test_conf_t  conf;

    (void) state;

    for (i = 0; i < sr_test_count(bad); i++) {

        test_write(bad[i].text, strlen(bad[i].text));

        assert_int_equal(sr_conf_read(path, NULL, rows, &conf, err,
                                      sizeof(err)), -1);
        assert_memory_equal(err, path, strlen(path));
        assert_string_equal(err + strlen(path), bad[i].err);
        assert_null(conf.database);
        assert_null(conf.listen);
    }
}


static void
test_unreadable(void **state)
{
    char        *large;
    test_conf_t  conf;

    (void) state;

    test_write("database = x\0y\n", 15);
    assert_int_equal(sr_conf_read(path, NULL, rows, &conf, err, sizeof(err)),
                     -1);
    assert_non_null(strstr(err, "is not a text"));

    large = calloc(1, 70000);
    memset(large, '#', 70000);
    test_write(large, 70000);
    free(large);

    assert_int_equal(sr_conf_read(path, NULL, rows, &conf, err, sizeof(err)),
                     -1);
    assert_non_null(strstr(err, "is longer than 65536 bytes"));

    assert_int_equal(sr_conf_read("/nonexistent", NULL, rows, &conf, err,
                                  sizeof(err)), -1);
    assert_string_equal(err, "/nonexistent: cannot be opened: No such file or"
                        " directory");

    /* whatever room there is for the sentence */

    assert_int_equal(sr_conf_read("/nonexistent", NULL, rows, &conf, err, 5),
                     -1);
    assert_string_equal(err, "/non");
    assert_int_equal(sr_conf_read("/nonexistent", NULL, rows, &conf, err, 0),
                     -1);
}


static void
test_environment(void **state)
{
    test_conf_t  conf;

    (void) state;

    test_write("database = file\nworkers = 3\n", 28);

    setenv(PREFIX "DATABASE", "environment", 1);
    setenv(PREFIX "DEBUG", "on", 1);

    assert_int_equal(sr_conf_read(path, PREFIX, rows, &conf, err,
                                  sizeof(err)), 0);
    assert_string_equal(conf.database, "environment");
    assert_int_equal(conf.workers, 3);
    assert_int_equal(conf.debug, 1);
    sr_conf_free(rows, &conf);

    /* without a file */

    assert_int_equal(sr_conf_read(NULL, PREFIX, rows, &conf, err,
                                  sizeof(err)), 0);
    assert_string_equal(conf.database, "environment");
    assert_int_equal(conf.workers, 2);
    sr_conf_free(rows, &conf);

    setenv(PREFIX "WORKERS", "many", 1);
    assert_int_equal(sr_conf_read(path, PREFIX, rows, &conf, err,
                                  sizeof(err)), -1);
    assert_string_equal(err, PREFIX "WORKERS: \"workers\" must be a number");

    unsetenv(PREFIX "DATABASE");
    unsetenv(PREFIX "DEBUG");
    unsetenv(PREFIX "WORKERS");

    assert_int_equal(sr_conf_read(NULL, PREFIX, rows, &conf, err,
                                  sizeof(err)), -1);
    assert_string_equal(err, "configuration: \"database\" must be given");
}


static int
test_setup(void **state)
{
    int  fd;

    (void) state;

    fd = mkstemp(path);

    return (fd == -1) ? -1 : close(fd);
}


static int
test_teardown(void **state)
{
    (void) state;

    return unlink(path);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_environment),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
