
/*
 * Deadlines: what an answer of a look means for the next one.  The loop and the
 * database are not there: what is asked of them is noted.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_deadlines.c"


#define NONE  (-1)


/* an answer, and in how many ms the next look is */

static const struct {
    size_t    kind;             /* 0 locks, 1 phones */
    int64_t   looked;
    int64_t   told;
    int64_t   next_ms;          /* NONE: null */
    uint64_t  after;
    int       rung;
} answers[] = {
    { 0, 0,    0,    NONE,    1000, 0 },
    { 0, 0,    0,    250,     250,  0 },
    { 0, 0,    0,    999,     999,  0 },
    { 0, 0,    0,    1000,    1000, 0 },
    { 0, 0,    0,    5000000, 1000, 0 },
    { 0, 1,    1,    1,       1,    1 },
    { 0, 1,    0,    0,       1,    0 },
    { 0, 999,  999,  NONE,    1000, 1 },
    { 0, 1000, 1000, 700,     0,    1 },
    { 1, 0,    0,    NONE,    1000, 0 },
    { 1, 1,    0,    3,       500,  0 },
    { 1, 1,    0,    501,     501,  0 },
    { 1, 7,    7,    2000,    1000, 1 },
    { 1, 1000, 0,    2000,    0,    0 },
};


static uint64_t  test_after;
static int       test_rung;
static int       test_sent;
static int       test_ready;
static int       test_freed;

static sr_pg_segment_t  test_segment;


void *
simrelayd_calloc(size_t n, size_t size)
{
    return calloc(n, size);
}


void
simrelayd_log(int level, const char *fmt, ...)
{
    (void) level;
    (void) fmt;
}


const char *
simrelayd_quote(const char *s, size_t len)
{
    (void) len;

    return s;
}


void
simrelayd_status_ring(simrelayd_t *d)
{
    (void) d;

    test_rung++;
}


int
simrelayd_db_ready(const simrelayd_t *d)
{
    (void) d;

    return test_ready;
}


sr_pg_segment_t *
simrelayd_db_segment(simrelayd_t *d)
{
    (void) d;

    sr_pg_segment_reset(&test_segment);

    return &test_segment;
}


void
simrelayd_db_send(simrelayd_t *d, sr_pg_segment_t *s)
{
    (void) d;
    (void) s;

    test_sent++;
}


int
uv_timer_init(uv_loop_t *loop, uv_timer_t *handle)
{
    (void) loop;
    (void) handle;

    return 0;
}


int
uv_timer_start(uv_timer_t *handle, uv_timer_cb cb, uint64_t timeout,
    uint64_t repeat)
{
    (void) handle;
    (void) cb;
    (void) repeat;

    test_after = timeout;

    return 0;
}


void
uv_close(uv_handle_t *handle, uv_close_cb cb)
{
    test_freed++;
    cb(handle);
}


static void
test_value(PGresult *res, int column, int64_t v)
{
    int   i;
    char  p[8];

    if (v == NONE) {
        assert_int_equal(PQsetvalue(res, 0, column, NULL, -1), 1);
        return;
    }

    for (i = 7; i >= 0; i--) {
        p[i] = (char) v;
        v >>= 8;
    }

    assert_int_equal(PQsetvalue(res, 0, column, p, 8), 1);
}


static PGresult *
test_answer(size_t i)
{
    PGresult                         *res;
    PGresAttDesc                      columns[3];
    const simrelayd_deadline_kind_t  *kind;

    memset(columns, 0, sizeof(columns));

    columns[0].name = "a";
    columns[1].name = "b";
    columns[2].name = "c";

    res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    assert_non_null(res);
    assert_int_equal(PQsetResultAttrs(res, 3, columns), 1);

    kind = &simrelayd_deadline_kinds[answers[i].kind];

    test_value(res, kind->looked, answers[i].looked);
    test_value(res, kind->told, answers[i].told);
    test_value(res, kind->next_ms, answers[i].next_ms);

    return res;
}


static void
test_looks(void **state)
{
    size_t                  i;
    simrelayd_t             d;
    simrelayd_deadline_t   *l;

    (void) state;

    memset(&d, 0, sizeof(d));
    d.deadlines = simrelayd_deadlines_start(&d);

    for (i = 0; i < sr_test_count(answers); i++) {

        l = &d.deadlines->each[answers[i].kind];

        test_ready = 1;
        test_sent = 0;
        test_rung = 0;
        test_after = 7;

        simrelayd_deadline_look(&l->timer);

        assert_int_equal(test_sent, 1);
        assert_int_equal(test_segment.statements[0].sql, l->kind->sql);
        assert_int_equal(test_after, 7);

        test_segment.status = SR_PG_OK;
        test_segment.results[0] = test_answer(i);
        test_segment.handler(&test_segment);

        assert_int_equal(test_after, answers[i].after);
        assert_int_equal(test_rung, answers[i].rung);
        assert_null(l->segment);

        PQclear(test_segment.results[0]);
    }

    simrelayd_deadlines_stop(&d);
    assert_null(d.deadlines);
}


/* without a database it looks again after a while; nothing follows the end */

static void
test_ends(void **state)
{
    simrelayd_t            d;
    simrelayd_deadline_t  *l;

    (void) state;

    memset(&d, 0, sizeof(d));
    d.deadlines = simrelayd_deadlines_start(&d);
    l = &d.deadlines->each[1];

    test_ready = 0;
    test_sent = 0;

    simrelayd_deadline_look(&l->timer);
    assert_int_equal(test_sent, 0);
    assert_int_equal(test_after, 1000);

    test_ready = 1;

    simrelayd_deadline_look(&l->timer);
    test_segment.status = SR_PG_LOST;
    test_after = 7;
    test_segment.handler(&test_segment);
    assert_int_equal(test_after, 1000);

    /* a look is under way */

    simrelayd_deadline_look(&l->timer);
    test_freed = 0;
    simrelayd_deadlines_stop(&d);
    assert_int_equal(test_freed, 2);

    test_after = 7;
    test_segment.handler(&test_segment);
    assert_int_equal(test_after, 7);

    simrelayd_deadlines_stop(&d);
    assert_int_equal(test_freed, 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_looks),
        cmocka_unit_test(test_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
