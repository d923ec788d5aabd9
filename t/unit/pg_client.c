
/*
 * What the tests of a connection share: a client that waits by poll().
 */


#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg_client.h"


sr_pg_segment_t  segments[SEGMENTS];


void
test_open(sr_pg_t *pg, int users, const char *channel, const char *options)
{
    int                i;
    char               err[256], text[1024], **addresses;
    sr_pg_conninfo_t   ci;

    i = sr_pg_conninfo_parse(&ci, getenv("SIMRELAY_TEST_DATABASE"), "test",
                             20000, 500, err, sizeof(err));
    assert_int_equal(i, 0);

    addresses = calloc(ci.nhosts + 1, sizeof(char *));
    assert_non_null(addresses);

    sr_pg_conninfo_resolve(&ci, addresses);
    assert_int_equal(sr_pg_conninfo_addresses(&ci, addresses), 0);

    for (i = 0; i < ci.nhosts; i++) {
        free(addresses[i]);
    }

    free(addresses);

    for (i = 0; options != NULL && ci.keywords[i] != NULL; i++) {
        if (strcmp(ci.keywords[i], "options") == 0) {
            snprintf(text, sizeof(text), "%s %s", ci.values[i], options);
            free(ci.values[i]);
            ci.values[i] = strdup(text);
        }
    }

    sr_pg_init(pg, users, channel);
    i = sr_pg_connect(pg, (const char *const *) ci.keywords,
                      (const char *const *) ci.values);
    sr_pg_conninfo_free(&ci);

    if (i != 0) {
        fail_msg("%s", pg->error);
    }
}


int
test_step(sr_pg_t *pg)
{
    struct pollfd  p;

    p.fd = sr_pg_socket(pg);
    p.events = 0;

    if (pg->wants & SR_PG_READ) {
        p.events |= POLLIN;
    }

    if (pg->wants & SR_PG_WRITE) {
        p.events |= POLLOUT;
    }

    assert_int_equal(poll(&p, 1, WAIT), 1);

    return sr_pg_event(pg);
}


void
test_connect(sr_pg_t *pg, const char *channel)
{
    test_open(pg, SR_SQL_FOR_MODULE, channel, NULL);

    while (pg->state != SR_PG_READY) {
        if (test_step(pg) != 0) {
            fail_msg("%s", pg->error);
        }
    }

    assert_int_equal(pg->wants, SR_PG_READ);
}


void
test_until_closed(sr_pg_t *pg)
{
    while (test_step(pg) == 0) { /* void */ }
}


void
test_until(sr_pg_t *pg, const int *calls, int n)
{
    while (*calls < n) {
        if (test_step(pg) != 0) {
            fail_msg("%s", pg->error);
        }
    }
}


static void
test_handler(sr_pg_segment_t *s)
{
    int      n;
    test_t  *t = s->data;

    n = t->calls++;

    assert_true(s->done_at >= s->sent_at);

    t->status[n] = s->status;
    t->nresults = s->nresults;

    if (s->status == SR_PG_ERROR) {
        assert_non_null(s->error);
        snprintf(t->sqlstate, sizeof(t->sqlstate), "%s",
                 PQresultErrorField(s->error, PG_DIAG_SQLSTATE));
        return;
    }

    if (s->status != SR_PG_OK) {
        return;
    }

    assert_null(s->error);
    assert_int_equal(s->nresults, s->nstatements);

    if (PQntuples(s->results[0]) == 1 && PQnfields(s->results[0]) > 0) {
        t->value = sr_pg_int8(s->results[0], 0, 0);

        if (t->value != n) {
            t->ordered = 0;
        }
    }

    if (t->again > 0) {
        t->again--;
        assert_int_equal(sr_pg_send(t->pg, s), 0);
        assert_int_equal(sr_pg_flush(t->pg), 0);
    }
}


sr_pg_segment_t *
test_segment(test_t *t, int n)
{
    sr_pg_segment_reset(&segments[n]);

    segments[n].handler = test_handler;
    segments[n].data = t;

    return &segments[n];
}


void
test_echo(test_t *t, int n, const char *body)
{
    sr_str_t          text;
    sr_pg_segment_t  *s;

    text.data = (unsigned char *) body;
    text.len = body != NULL ? strlen(body) : 0;

    s = test_segment(t, n);
    sr_pg_statement(s, SR_SQL_ECHO);
    sr_pg_bind_int8(s, n);
    sr_pg_bind_text(s, text);

    assert_int_equal(sr_pg_send(t->pg, s), 0);
}


void
test_int4(test_t *t, int n, sr_sql_e sql, int value)
{
    sr_pg_segment_t  *s;

    s = test_segment(t, n);
    sr_pg_statement(s, sql);
    sr_pg_bind_int4(s, value);

    assert_int_equal(sr_pg_send(t->pg, s), 0);
}


void
test_sleep(test_t *t, int n)
{
    sr_pg_segment_t      *s;

    static const unsigned char  seconds[8] = { 0x40, 0x24 };    /* 10.0 */

    s = test_segment(t, n);
    sr_pg_statement(s, SR_SQL_SLEEP);
    sr_pg_bind_bytes(s, seconds, sizeof(seconds));

    assert_int_equal(sr_pg_send(t->pg, s), 0);
}


int64_t
test_ask(test_t *t, sr_sql_e sql)
{
    int               n;
    sr_pg_segment_t  *s;

    n = t->calls;

    s = test_segment(t, SEGMENTS - 1);
    sr_pg_statement(s, sql);

    assert_int_equal(sr_pg_send(t->pg, s), 0);
    assert_int_equal(sr_pg_flush(t->pg), 0);
    test_until(t->pg, &t->calls, n + 1);
    assert_int_equal(t->status[n], SR_PG_OK);

    return t->value;
}


void
test_kill(int pid)
{
    sr_pg_t  pg;
    test_t   t = { .pg = &pg };

    test_connect(&pg, NULL);

    test_int4(&t, SEGMENTS - 2, SR_SQL_KILL, pid);
    assert_int_equal(sr_pg_flush(&pg), 0);
    test_until(&pg, &t.calls, 1);

    sr_pg_close(&pg);
}
