
/*
 * Memory for yajl: all that it asks for is there before it begins.
 */


#include "sr_test.h"
#include "sr_yajl.h"


static const char *const  patterns[] = {
    "\\n", "x", "\\u00e4", "\",\"\\n\",\"", "\\ud83d\\ude00", "],[\"\\n",
};


/* arrays of strings of each pattern, whole and cut in a string */

static void
test_enough(void **state)
{
    int               cut;
    char             *text;
    size_t            i, n, len;
    sr_alloc_t        alloc;
    yajl_handle       yajl;
    sr_test_pool_t    pool;
    sr_yajl_memory_t  memory;
    yajl_alloc_funcs  funcs;

    (void) state;

    for (i = 0; i < sr_test_count(patterns) * 2 * 12; i++) {

        cut = i % 2;
        n = 100 << (i / 2 % 12);
        alloc = sr_test_pool(&pool, -1);
        text = alloc.alloc(alloc.pool, n + 64);

        len = sprintf(text, "[[\"");

        while (len < n) {
            len += sprintf(text + len, "%s", patterns[i / 24]);
        }

        len += cut ? 0 : sprintf(text + len, "\"]]");

        /* from here on only what sr_yajl_memory() itself takes */

        assert_int_equal(sr_yajl_memory(&memory, &funcs, alloc, len), 0);
        pool.left = 0;

        yajl = yajl_alloc(NULL, &funcs, NULL);
        assert_non_null(yajl);

        if (yajl_parse(yajl, (unsigned char *) text, len)
            == yajl_status_ok)
        {
            assert_int_equal(yajl_complete_parse(yajl),
                             cut ? yajl_status_error : yajl_status_ok);
        }

        yajl_free(yajl);
        sr_test_free(&pool);
    }
}


static void
test_no_memory(void **state)
{
    sr_alloc_t        alloc;
    sr_test_pool_t    pool;
    sr_yajl_memory_t  memory;
    yajl_alloc_funcs  funcs;

    (void) state;

    alloc = sr_test_pool(&pool, 0);

    assert_int_equal(sr_yajl_memory(&memory, &funcs, alloc, 100), 0);
    assert_int_equal(sr_yajl_memory(&memory, &funcs, alloc, 100000), -1);
}


/* what an estimate that is too low would lead to */

static void
test_more(void **state)
{
    int               i;
    char             *p, *other;
    sr_test_pool_t    pool;
    sr_yajl_memory_t  memory;
    yajl_alloc_funcs  funcs;

    (void) state;

    assert_int_equal(sr_yajl_memory(&memory, &funcs, sr_test_pool(&pool, -1),
                                    0), 0);

    p = funcs.realloc(funcs.ctx, NULL, 10);
    memcpy(p, "0123456789", 10);

    for (i = 16; i < 100000; i *= 2) {
        p = funcs.realloc(funcs.ctx, p, i);
        assert_int_equal((uintptr_t) p % SR_YAJL_ALIGN, 0);
        memset(p + i - 1, 'x', 1);
    }

    other = funcs.malloc(funcs.ctx, 100);
    memset(other, 'y', 100);
    other = funcs.realloc(funcs.ctx, other, 10);
    p = funcs.realloc(funcs.ctx, p, 200000);

    assert_memory_equal(p, "0123456789", 10);
    assert_int_equal(other[99], 'y');

    pool.left = 0;
    assert_null(funcs.malloc(funcs.ctx, 100000));
    assert_null(funcs.realloc(funcs.ctx, p, 400000));

    funcs.free(funcs.ctx, p);
    sr_test_free(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
