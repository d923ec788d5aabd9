
/*
 * The growing buffer: growth, ceiling, lost memory.
 */


#include "sr_test.h"
#include "sr_buf.h"


static void
test_grows(void **state)
{
    int             i;
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 1000);
    assert_int_equal(pool.n, 0);

    for (i = 0; i < 100; i++) {
        sr_buf_add(&b, "0123456789", 10);
        assert_int_equal(b.len, 10 * (i + 1));
        assert_true(b.size <= b.max);
    }

    assert_int_equal(b.failed, 0);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(b.data[i], '0' + i % 10);
    }

    sr_test_free(&pool);
}


static void
test_ceiling(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 64, 10);
    assert_int_equal(b.size, 10);

    sr_buf_add(&b, "0123456789", 10);
    assert_int_equal(b.failed, 0);

    sr_buf_add(&b, NULL, 0);
    assert_int_equal(b.failed, 0);
    assert_non_null(sr_buf_reserve(&b, 0));

    sr_buf_add(&b, "x", 1);
    assert_int_equal(b.failed, 1);
    assert_int_equal(b.len, 10);
    assert_null(sr_buf_reserve(&b, 0));

    sr_test_free(&pool);
}


/* a later write that would fit must not hide the one that was lost */

static void
test_stays_failed(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 4, 10);
    sr_buf_add(&b, "0123456789ab", 12);
    sr_buf_add(&b, "x", 1);

    assert_int_equal(b.failed, 1);
    assert_int_equal(b.len, 0);

    sr_test_free(&pool);
}


static void
test_no_memory(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, 0), 16, 100);
    assert_int_equal(b.failed, 1);

    sr_buf_init(&b, sr_test_pool(&pool, 1), 16, 100);
    sr_buf_add(&b, "0123456789abcdef", 16);
    assert_int_equal(b.failed, 0);

    sr_buf_add(&b, "x", 1);
    assert_int_equal(b.failed, 1);
    assert_int_equal(b.len, 16);

    sr_test_free(&pool);
}


static void
test_huge_request(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 16, SIZE_MAX);
    sr_buf_add(&b, "x", 1);
    b.max = 100;

    assert_null(sr_buf_reserve(&b, SIZE_MAX));
    assert_int_equal(b.failed, 1);

    sr_test_free(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_stays_failed),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_huge_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
