
/*
 * Connection strings: what is given, what is added, and host names that are
 * resolved apart.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sr_pg.h"


#define OPTIONS                                                               \
    "-c statement_timeout=5000 -c lock_timeout=500"                           \
    " -c idle_in_transaction_session_timeout=10000"                           \
    " -c plan_cache_mode=force_generic_plan"                                  \
    " -c random_page_cost=1.1 -c enable_seqscan=off -c jit=off"


typedef struct {
    const char  *conninfo;
    const char  *keyword;
    const char  *value;         /* NULL: not there */
} test_value_t;


static const test_value_t  values[] = {
    { "", "host", NULL },
    { "", "options", OPTIONS },
    { "", "gssencmode", "disable" },
    { "", "target_session_attrs", "read-write" },
    { "", "client_encoding", "UTF8" },
    { "", "fallback_application_name", "test" },
    { "dbname=a user=b", "dbname", "a" },
    { "postgresql://u:p@h:5433/d", "port", "5433" },
    { "postgresql://u:p%40@h:5433/d", "password", "p@" },
    { "options='-c statement_timeout=1s -c jit=off'", "options",
      OPTIONS " -c statement_timeout=1s -c jit=off" },
    { "gssencmode=prefer", "gssencmode", "prefer" },
    { "target_session_attrs=any", "target_session_attrs", "any" },
    { "client_encoding=latin1", "client_encoding", "UTF8" },
    { "application_name=x", "application_name", "x" },
    { "host=/run/postgresql", "hostaddr", NULL },
    { "host=10.0.0.1", "host", "10.0.0.1" },
    { "host=10.0.0.1,h", "hostaddr", ",h" },
};


/* two hosts need resolving: h1 gets two addresses, h2 one, or none is found */

static const struct {
    const char  *conninfo;
    int          nhosts;
    const char  *hosts;         /* that need it; `-` for the others */
    const char  *found;
    const char  *host;
    const char  *hostaddr;
    const char  *port;
} lists[] = {
    { "host=h1", 1, "h1 ", "1.1.1.1,::1", "h1,h1", "1.1.1.1,::1", NULL },
    { "host=h1 port=5", 1, "h1 ", "1.1.1.1,::1", "h1,h1", "1.1.1.1,::1",
      "5,5" },
    { "host=h1", 1, "h1 ", NULL, "h1", "h1", NULL },
    { "host=h1,/s,h2 port=1,2,3", 3, "h1 - h2 ", "1.1.1.1,::1",
      "h1,h1,/s,h2", "1.1.1.1,::1,,1.1.1.1", "1,1,2,3" },
    { "host=h1,/s,h2 port=1,2,3", 3, "h1 - h2 ", NULL,
      "h1,/s,h2", "h1,,h2", "1,2,3" },
    { "host=h1,h2 hostaddr=9.9.9.9, port=4", 2, "- h2 ", "1.1.1.1,::1",
      "h1,h2", "9.9.9.9,1.1.1.1", "4,4" },
    { "host=::1,@s,h1", 3, "- - h1 ", "1.1.1.1,::1", "::1,@s,h1,h1",
      ",,1.1.1.1,::1", NULL },
    { "hostaddr=9.9.9.9", 0, "", NULL, NULL, "9.9.9.9", NULL },
    { "host=10.0.0.1,/s port=7", 2, "- - ", NULL, "10.0.0.1,/s", NULL, "7" },
};


static const struct {
    const char  *conninfo;
    const char  *error;
} faults[] = {
    { "host", "missing \"=\" after \"host\" in connection info string" },
    { "hots=a", "invalid connection option \"hots\"" },
    { "postgresql://u:secret@[h/d",
      "end of string reached when looking for matching \"]\" in IPv6 host"
      " address in URI" },
    { "host=a,b hostaddr=1.1.1.1", "host has 2 entries and hostaddr 1" },
    { "host=a,b port=1,2,3", "host has 2 entries and port 3" },
    { "service=x", "service \"x\": service files are not read; give host,"
                   " port, dbname and user" },
};


static const char *
test_find(const sr_pg_conninfo_t *ci, const char *keyword)
{
    int  i;

    for (i = 0; ci->keywords[i] != NULL; i++) {
        if (strcmp(ci->keywords[i], keyword) == 0) {
            return ci->values[i];
        }
    }

    return NULL;
}


static void
test_equal(const char *value, const char *expected)
{
    if (expected == NULL) {
        assert_null(value);
        return;
    }

    assert_non_null(value);
    assert_string_equal(value, expected);
}


static void
test_values(void **state)
{
    int                  rc;
    char                 err[256];
    size_t               i;
    sr_pg_conninfo_t     ci;
    const test_value_t  *v;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        v = &values[i];

        rc = sr_pg_conninfo_parse(&ci, v->conninfo, "test", 5000, 500, err,
                                  sizeof(err));
        assert_int_equal(rc, 0);
        test_equal(test_find(&ci, v->keyword), v->value);

        sr_pg_conninfo_free(&ci);
    }
}


static void
test_environment(void **state)
{
    char              err[256];
    sr_pg_conninfo_t  ci;

    assert_int_equal(setenv("PGHOST", "h", 1), 0);
    assert_int_equal(setenv("PGOPTIONS", "-c jit=off", 1), 0);

    assert_int_equal(sr_pg_conninfo_parse(&ci, "", "test", 5000, 500, err,
                                          sizeof(err)), 0);

    assert_string_equal(test_find(&ci, "hostaddr"), "h");
    assert_string_equal(test_find(&ci, "options"), OPTIONS " -c jit=off");
    sr_pg_conninfo_free(&ci);

    assert_int_equal(sr_pg_conninfo_parse(&ci, "host=/s", "test", 5000, 500,
                                          err, sizeof(err)), 0);

    assert_string_equal(test_find(&ci, "host"), "/s");
    sr_pg_conninfo_free(&ci);

    unsetenv("PGHOST");
    unsetenv("PGOPTIONS");
}


static void
test_lists(void **state)
{
    int               n, rc;
    char              err[256], hosts[64], found[64], *addresses[3];
    size_t            i;
    sr_pg_conninfo_t  ci;

    for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        rc = sr_pg_conninfo_parse(&ci, lists[i].conninfo, "test", 1, 1, err,
                                  sizeof(err));
        assert_int_equal(rc, 0);
        assert_int_equal(ci.nhosts, lists[i].nhosts);

        hosts[0] = '\0';
        memset(addresses, 0, sizeof(addresses));

        for (n = 0; n < ci.nhosts; n++) {
            strcat(hosts, ci.hosts[n] != NULL ? ci.hosts[n] : "-");
            strcat(hosts, " ");

            if (ci.hosts[n] != NULL && lists[i].found != NULL) {
                snprintf(found, sizeof(found), "%s", lists[i].found);

                if (strcmp(ci.hosts[n], "h2") == 0) {
                    *strchr(found, ',') = '\0';
                }

                addresses[n] = strdup(found);
            }
        }

        assert_string_equal(hosts, lists[i].hosts);

        /* each reconnect puts in new ones */

        assert_int_equal(sr_pg_conninfo_addresses(&ci, addresses), 0);
        assert_int_equal(sr_pg_conninfo_addresses(&ci, NULL), 0);
        assert_int_equal(sr_pg_conninfo_addresses(&ci, addresses), 0);

        test_equal(test_find(&ci, "host"), lists[i].host);
        test_equal(test_find(&ci, "hostaddr"), lists[i].hostaddr);
        test_equal(test_find(&ci, "port"), lists[i].port);

        for (n = 0; n < 3; n++) {
            free(addresses[n]);
        }

        sr_pg_conninfo_free(&ci);
    }
}


/* a connection that began before the last turn turns nothing */

static void
test_turns(void **state)
{
    char              err[256], *addresses[3];
    sr_pg_conninfo_t  ci;

    assert_int_equal(sr_pg_conninfo_parse(&ci, "host=/a,10.0.0.1,/c port=1,2,3",
                                          "test", 1, 1, err, sizeof(err)),
                     0);

    sr_pg_conninfo_turn(&ci, 0);
    sr_pg_conninfo_turn(&ci, 0);
    test_equal(test_find(&ci, "host"), "10.0.0.1,/c,/a");
    test_equal(test_find(&ci, "port"), "2,3,1");

    sr_pg_conninfo_turn(&ci, 1);
    test_equal(test_find(&ci, "host"), "/c,/a,10.0.0.1");

    sr_pg_conninfo_turn(&ci, 2);
    test_equal(test_find(&ci, "host"), "/a,10.0.0.1,/c");
    test_equal(test_find(&ci, "port"), "1,2,3");

    sr_pg_conninfo_free(&ci);

    /* of a name with several addresses too, also when they are new */

    assert_int_equal(sr_pg_conninfo_parse(&ci, "host=h1,/s port=5,6", "test",
                                          1, 1, err, sizeof(err)),
                     0);

    addresses[0] = "1.1.1.1,::1";
    addresses[1] = NULL;
    assert_int_equal(sr_pg_conninfo_addresses(&ci, addresses), 0);

    sr_pg_conninfo_turn(&ci, 0);
    test_equal(test_find(&ci, "hostaddr"), "::1,,1.1.1.1");
    test_equal(test_find(&ci, "port"), "5,6,5");

    addresses[0] = "2.2.2.2,3.3.3.3";
    assert_int_equal(sr_pg_conninfo_addresses(&ci, addresses), 0);
    test_equal(test_find(&ci, "host"), "h1,/s,h1");
    test_equal(test_find(&ci, "hostaddr"), "3.3.3.3,,2.2.2.2");

    sr_pg_conninfo_free(&ci);

    assert_int_equal(sr_pg_conninfo_parse(&ci, "host=/s port=5", "test", 1, 1,
                                          err, sizeof(err)),
                     0);
    sr_pg_conninfo_turn(&ci, 0);
    test_equal(test_find(&ci, "host"), "/s");
    sr_pg_conninfo_free(&ci);
}


static void
test_resolve(void **state)
{
    char              err[256], *addresses[3];
    sr_pg_conninfo_t  ci;

    assert_int_equal(sr_pg_conninfo_parse(&ci,
                                          "host=localhost,/s,no.invalid",
                                          "test", 1, 1, err, sizeof(err)),
                     0);

    sr_pg_conninfo_resolve(&ci, addresses);

    assert_non_null(addresses[0]);
    assert_true(strstr(addresses[0], "127.0.0.1") != NULL
                || strstr(addresses[0], "::1") != NULL);
    assert_null(addresses[1]);
    assert_null(addresses[2]);

    free(addresses[0]);
    sr_pg_conninfo_free(&ci);
}


static void
test_faults(void **state)
{
    int               rc;
    char              err[256];
    size_t            i;
    sr_pg_conninfo_t  ci;

    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        rc = sr_pg_conninfo_parse(&ci, faults[i].conninfo, "test", 1, 1, err,
                                  sizeof(err));
        assert_int_equal(rc, -1);
        assert_string_equal(err, faults[i].error);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_resolve),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
