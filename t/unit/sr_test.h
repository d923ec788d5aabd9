
/*
 * What the unit tests share: cmocka, and memory that can run out.
 */


#ifndef SR_TEST_H
#define SR_TEST_H


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sr_types.h"


#define SR_TEST_BLOCKS  4096

#define sr_test_count(table)  (sizeof(table) / sizeof(table[0]))


/* every block is malloc()ed apart, so that a sanitizer sees its ends */

typedef struct {
    int     n;
    int     left;               /* blocks that may still be had; -1: any */
    void   *blocks[SR_TEST_BLOCKS];
} sr_test_pool_t;


static inline void *
sr_test_alloc(void *data, size_t size)
{
    sr_test_pool_t  *pool;

    pool = data;

    if (pool->left == 0 || pool->n == SR_TEST_BLOCKS) {
        return NULL;
    }

    if (pool->left > 0) {
        pool->left--;
    }

    pool->blocks[pool->n] = malloc(size);

    return pool->blocks[pool->n++];
}


static inline sr_alloc_t
sr_test_pool(sr_test_pool_t *pool, int left)
{
    sr_alloc_t  alloc;

    pool->n = 0;
    pool->left = left;

    alloc.alloc = sr_test_alloc;
    alloc.pool = pool;

    return alloc;
}


static inline void
sr_test_free(sr_test_pool_t *pool)
{
    while (pool->n != 0) {
        free(pool->blocks[--pool->n]);
    }
}


static inline sr_str_t
sr_test_str(const char *s)
{
    sr_str_t  str;

    str.data = (unsigned char *) s;
    str.len = strlen(s);

    return str;
}


/* a copy without a NUL, so that reading too far is seen */

static inline sr_str_t
sr_test_copy(sr_alloc_t alloc, const char *s, size_t len)
{
    sr_str_t  str;

    str.len = len;
    str.data = alloc.alloc(alloc.pool, len != 0 ? len : 1);

    memcpy(str.data, s, len);

    return str;
}


static inline void
sr_test_equal(const void *data, size_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(data, expected, len);
}


#endif /* SR_TEST_H */
