
/*
 * A connection against the server of SIMRELAY_TEST_DATABASE, with the
 * statements of t/lib/pg/statements; compiled and run by t/20-pg.t.
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_client.h"


#define BIG  40000                  /* bytes */


static void
test_handler_setting(sr_pg_segment_t *s)
{
    char      *dst = s->data;
    sr_str_t   v;

    assert_int_equal(s->status, SR_PG_OK);

    v = sr_pg_text(s->results[0], 0, SR_SETTING_VALUE);
    snprintf(dst, 64, "%.*s", (int) v.len, v.data);
}


static void
test_settings(void **state)
{
    int      i;
    char     value[64];
    sr_pg_t  pg;

    static const struct {
        sr_str_t     name;
        const char  *value;
    } settings[] = {
        { sr_string("statement_timeout"), "20s" },
        { sr_string("lock_timeout"), "500ms" },
        { sr_string("plan_cache_mode"), "force_generic_plan" },
        { sr_string("idle_in_transaction_session_timeout"), "10s" },
        { sr_string("client_encoding"), "UTF8" },
        { sr_string("application_name"), "test" },
    };

    test_connect(&pg, NULL);

    for (i = 0; i < (int) (sizeof(settings) / sizeof(settings[0])); i++) {
        sr_pg_segment_reset(&segments[0]);
        sr_pg_statement(&segments[0], SR_SQL_SETTING);
        sr_pg_bind_text(&segments[0], settings[i].name);
        segments[0].handler = test_handler_setting;
        segments[0].data = value;

        assert_int_equal(sr_pg_send(&pg, &segments[0]), 0);
        assert_int_equal(sr_pg_flush(&pg), 0);

        while (pg.inflight > 0) {
            assert_int_equal(test_step(&pg), 0);
        }

        assert_string_equal(value, settings[i].value);
    }

    sr_pg_close(&pg);
}


static void
test_pipeline(void **state)
{
    int      i;
    sr_pg_t  pg;
    test_t   t = { .pg = &pg, .ordered = 1 };

    test_connect(&pg, NULL);

    for (i = 0; i < SEGMENTS; i++) {
        test_echo(&t, i, i % 2 ? "text" : NULL);
    }

    assert_int_equal(pg.inflight, SEGMENTS);
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, SEGMENTS);

    for (i = 0; i < SEGMENTS; i++) {
        assert_int_equal(t.status[i], SR_PG_OK);
    }

    assert_true(t.ordered);
    assert_int_equal(pg.inflight, 0);
    assert_null(pg.first);

    sr_pg_close(&pg);
}


/* More than the sockets hold on both ways: reads while it waits to write. */

static void
test_big(void **state)
{
    int       i, blocked, failed;
    pid_t     server;
    char     *body;
    sr_pg_t   pg;
    test_t    t = { .pg = &pg, .ordered = 1 };

    test_connect(&pg, NULL);

    body = malloc(BIG + 1);
    assert_non_null(body);
    memset(body, 'x', BIG);
    body[BIG] = '\0';

    /* a server that reads as fast as we write would never block us */

    server = PQbackendPID(pg.conn);
    (void) kill(server, SIGSTOP);

    blocked = 0;
    failed = 0;

    for (i = 0; i < SEGMENTS / 2; i++) {
        test_echo(&t, i, body);
        failed |= sr_pg_flush(&pg);

        if (pg.wants & SR_PG_WRITE) {
            blocked = 1;
        }
    }

    (void) kill(server, SIGCONT);

    assert_int_equal(failed, 0);
    assert_true(blocked);
    test_until(&pg, &t.calls, SEGMENTS / 2);

    assert_true(t.ordered);
    assert_int_equal(pg.wants, SR_PG_READ);

    free(body);
    sr_pg_close(&pg);
}


static void
test_error(void **state)
{
    sr_pg_t           pg;
    test_t            t = { .pg = &pg };
    sr_pg_segment_t  *s;

    test_connect(&pg, NULL);

    test_echo(&t, 0, "a");

    s = test_segment(&t, 1);
    sr_pg_statement(s, SR_SQL_PAIR_ADD);
    sr_pg_bind_int8(s, 1);
    sr_pg_bind_int8(s, 1);
    sr_pg_statement(s, SR_SQL_DIVIDE);
    sr_pg_bind_int4(s, 0);
    sr_pg_statement(s, SR_SQL_BACKEND);
    assert_int_equal(sr_pg_send(&pg, s), 0);

    test_echo(&t, 2, "b");
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, 2);
    assert_int_equal(t.nresults, 1);
    assert_string_equal(t.sqlstate, "22012");

    test_until(&pg, &t.calls, 3);

    assert_int_equal(t.status[0], SR_PG_OK);
    assert_int_equal(t.status[1], SR_PG_ERROR);
    assert_int_equal(t.status[2], SR_PG_OK);

    assert_int_equal(test_ask(&t, SR_SQL_PAIR_COUNT), 0);

    sr_pg_close(&pg);
}


static void
test_parameters(void **state)
{
    sr_pg_t           pg;
    test_t            t = { .pg = &pg };
    sr_pg_segment_t  *s;

    test_connect(&pg, NULL);

    s = test_segment(&t, 0);
    sr_pg_statement(s, SR_SQL_DIVIDE);
    assert_int_equal(sr_pg_send(&pg, s), 0);

    test_echo(&t, 1, "\xff");
    test_int4(&t, 2, SR_SQL_DIVIDE, 5);
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, 3);

    assert_int_equal(t.status[0], SR_PG_ERROR);
    assert_int_equal(t.status[1], SR_PG_ERROR);
    assert_string_equal(t.sqlstate, "22021");
    assert_int_equal(t.status[2], SR_PG_OK);
    assert_int_equal(t.value, 20);

    sr_pg_close(&pg);
}


static void
test_deferred(void **state)
{
    sr_pg_t           pg;
    test_t            t = { .pg = &pg };
    sr_pg_segment_t  *s;

    test_connect(&pg, NULL);

    s = test_segment(&t, 0);
    sr_pg_statement(s, SR_SQL_PAIR_ADD);
    sr_pg_bind_int8(s, 1);
    sr_pg_bind_int8(s, 2);
    assert_int_equal(sr_pg_send(&pg, s), 0);

    test_echo(&t, 1, "a");
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, 1);
    assert_int_equal(t.status[0], SR_PG_ERROR);
    assert_int_equal(t.nresults, 1);
    assert_string_equal(t.sqlstate, "23503");

    test_until(&pg, &t.calls, 2);
    assert_int_equal(t.status[1], SR_PG_OK);

    assert_int_equal(test_ask(&t, SR_SQL_PAIR_COUNT), 0);

    sr_pg_close(&pg);
}


static void
test_reentry(void **state)
{
    sr_pg_t  pg;
    test_t   t = { .pg = &pg, .again = 20 };

    test_connect(&pg, NULL);

    test_echo(&t, 0, "a");
    test_echo(&t, 1, "b");
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, 22);
    assert_int_equal(pg.inflight, 0);

    sr_pg_close(&pg);
}


static void
test_lost(void **state)
{
    int      pid;
    sr_pg_t  pg;
    test_t   t = { .pg = &pg };

    test_connect(&pg, NULL);
    pid = (int) test_ask(&t, SR_SQL_BACKEND);

    test_echo(&t, 0, "a");
    test_sleep(&t, 1);
    test_echo(&t, 2, "b");
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_kill(pid);
    test_until_closed(&pg);

    assert_int_equal(t.calls, 2);
    assert_int_equal(t.status[1], SR_PG_OK);
    assert_string_equal(pg.error, "terminating connection due to"
                                  " administrator command");

    sr_pg_close(&pg);

    assert_int_equal(t.calls, 4);
    assert_int_equal(t.status[2], SR_PG_LOST);
    assert_int_equal(t.status[3], SR_PG_LOST);
    assert_int_equal(pg.state, SR_PG_CLOSED);
    assert_int_equal(pg.inflight, 0);
    assert_int_equal(sr_pg_send(&pg, &segments[0]), -1);

    sr_pg_close(&pg);
}


static void
test_idle(void **state)
{
    int      pid;
    sr_pg_t  pg;
    test_t   t = { .pg = &pg };

    test_connect(&pg, NULL);
    pid = (int) test_ask(&t, SR_SQL_BACKEND);

    test_kill(pid);
    test_until_closed(&pg);

    assert_string_equal(pg.error, "terminating connection due to"
                                  " administrator command");
    sr_pg_close(&pg);

    /* the same one connects again */

    test_connect(&pg, NULL);
    (void) test_ask(&t, SR_SQL_BACKEND);
    sr_pg_close(&pg);
}


static void
test_closed_reentry_handler(sr_pg_segment_t *s)
{
    test_t  *t = s->data;

    t->calls++;

    assert_int_equal(s->status, SR_PG_LOST);
    assert_int_equal(sr_pg_send(t->pg, s), -1);
}


static void
test_closed_reentry(void **state)
{
    sr_pg_t  pg;
    test_t   t = { .pg = &pg };

    test_connect(&pg, NULL);

    test_echo(&t, 0, "a");
    test_echo(&t, 1, "b");
    segments[0].handler = test_closed_reentry_handler;
    segments[1].handler = test_closed_reentry_handler;

    assert_int_equal(sr_pg_ring(&pg), 0);

    sr_pg_close(&pg);

    assert_int_equal(t.calls, 2);
    assert_int_equal(pg.bell, 0);
}


static void
test_schema(void **state)
{
    size_t   i;
    char     known[32], error[256];
    sr_pg_t  pg;

    static const struct {
        const char  *options;
        const char  *begin;
        const char  *end;
    } cases[] = {
        { "-c search_path=sr_test_old",
          "database schema is version 0, this build knows ",
          ": run \"simrelay migrate\"" },
        { "-c search_path=sr_test",
          "database schema is version 0, this build knows ",
          ": run \"simrelay migrate\"" },
        { "-c search_path=sr_test_new",
          "database schema is version 9999 and newer than this build,"
          " which knows ", "" },
        { "-c search_path=sr_test_odd",
          "the schema's version cannot be read: column \"version\" does not"
          " exist", NULL },
    };

    snprintf(known, sizeof(known), "version %d", SR_SCHEMA_VERSION);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        test_open(&pg, SR_SQL_FOR_MODULE, NULL, cases[i].options);
        test_until_closed(&pg);

        snprintf(error, sizeof(error), "%s%s%s", cases[i].begin,
                 cases[i].end != NULL ? known : "",
                 cases[i].end != NULL ? cases[i].end : "");
        assert_string_equal(pg.error, error);

        sr_pg_close(&pg);
    }
}


static void
test_prepare(void **state)
{
    sr_pg_t  pg;

    test_open(&pg, SR_SQL_FOR_SIMRELAY, NULL, NULL);
    test_until_closed(&pg);

    assert_string_equal(pg.error, "statement \"broken\" cannot be prepared:"
                                  " relation \"sr_test.nowhere\" does not"
                                  " exist");
    sr_pg_close(&pg);

    test_open(&pg, SR_SQL_FOR_MODULE, "no channel", NULL);
    test_until_closed(&pg);

    assert_string_equal(pg.error, "cannot listen to \"no channel\": syntax"
                                  " error at or near \"channel\"");
    sr_pg_close(&pg);
}


static void
test_refused(void **state)
{
    sr_pg_t  pg;

    static const char *const  keywords[] = { "host", "hostaddr", "port",
                                             NULL };
    static const char *const  values[] = { "nowhere.invalid,localhost",
                                           "nowhere.invalid,127.0.0.1", "1",
                                           NULL };

    sr_pg_init(&pg, SR_SQL_FOR_MODULE, NULL);

    if (sr_pg_connect(&pg, keywords, values) == 0) {
        test_until_closed(&pg);
    }

    assert_non_null(strstr(pg.error, "\"nowhere.invalid\""));
    assert_non_null(strstr(pg.error, "Connection refused"));
    assert_null(strchr(pg.error, '\n'));

    sr_pg_close(&pg);
}


static void
test_notified(sr_pg_t *pg)
{
    int  *n = pg->data;

    (*n)++;
}


static void
test_bell(void **state)
{
    int      heard;
    sr_pg_t  ear, pg;
    test_t   t = { .pg = &pg };

    heard = 0;

    test_connect(&ear, "simrelay");
    ear.notified = test_notified;
    ear.data = &heard;

    test_connect(&pg, NULL);

    test_echo(&t, 0, "a");
    assert_int_equal(sr_pg_ring(&pg), 0);
    assert_int_equal(sr_pg_ring(&pg), 0);
    test_echo(&t, 1, "b");

    assert_int_equal(pg.bell, 1);
    assert_int_equal(pg.inflight, 3);
    assert_int_equal(sr_pg_flush(&pg), 0);

    test_until(&pg, &t.calls, 2);
    test_until(&ear, &heard, 1);

    while (pg.inflight > 0) {
        assert_int_equal(test_step(&pg), 0);
    }

    assert_int_equal(t.status[0], SR_PG_OK);
    assert_int_equal(t.status[1], SR_PG_OK);
    assert_int_equal(pg.bell, 0);
    assert_int_equal(pg.again, 0);

    /* the second ring came in a transaction of its own, after the first */

    heard = 0;
    assert_int_equal(sr_pg_ring(&pg), 0);
    test_until(&ear, &heard, 1);

    sr_pg_close(&pg);
    sr_pg_close(&ear);
}


static void
test_told(sr_pg_t *pg, const char *payload)
{
    char  *told = pg->data;

    strncat(told, payload, 1);
}


static void
test_rung(sr_pg_t *pg)
{
    char  *told = pg->data;

    strcat(told, "!");
}


static void
test_letters(void **state)
{
    char      told[8] = "";
    sr_pg_t   pg;
    sr_str_t  text = sr_string("a letter");

    test_open(&pg, SR_SQL_FOR_MODULE, "simrelay", NULL);

    pg.letters = "letters";
    pg.notified = test_rung;
    pg.told = test_told;
    pg.data = told;

    while (pg.state != SR_PG_READY) {
        assert_int_equal(test_step(&pg), 0);
    }

    sr_pg_segment_reset(&segments[0]);
    sr_pg_statement(&segments[0], SR_SQL_LETTER);
    sr_pg_bind_text(&segments[0], text);
    assert_int_equal(sr_pg_send(&pg, &segments[0]), 0);
    assert_int_equal(sr_pg_flush(&pg), 0);

    while (told[0] == '\0') {
        assert_int_equal(test_step(&pg), 0);
    }

    assert_string_equal(told, "a");

    assert_int_equal(sr_pg_ring(&pg), 0);

    while (told[1] == '\0') {
        assert_int_equal(test_step(&pg), 0);
    }

    assert_string_equal(told, "a!");

    sr_pg_close(&pg);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_big),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_deferred),
        cmocka_unit_test(test_reentry),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_closed_reentry),
        cmocka_unit_test(test_schema),
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bell),
        cmocka_unit_test(test_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
