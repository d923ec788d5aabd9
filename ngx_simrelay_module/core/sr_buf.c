
/*
 * A growing buffer with a ceiling.
 */


#include "sr_buf.h"


#define SR_BUF_MIN  64


void
sr_buf_init(sr_buf_t *b, sr_alloc_t alloc, size_t size, size_t max)
{
    if (size > max) {
        size = max;
    }

    b->len = 0;
    b->size = 0;
    b->max = max;
    b->alloc = alloc;
    b->failed = 0;
    b->data = NULL;

    if (size == 0) {
        return;
    }

    b->data = alloc.alloc(alloc.pool, size);
    if (b->data == NULL) {
        b->failed = 1;
        return;
    }

    b->size = size;
}


unsigned char *
sr_buf_reserve(sr_buf_t *b, size_t n)
{
    size_t          size;
    unsigned char  *data;

    if (b->failed) {
        return NULL;
    }

    if (b->data != NULL && n <= b->size - b->len) {
        return b->data + b->len;
    }

    if (n > b->max - b->len) {
        b->failed = 1;
        return NULL;
    }

    size = (b->size > b->max / 2) ? b->max : b->size * 2;

    if (size < b->len + n) {
        size = b->len + n;
    }

    if (size < SR_BUF_MIN) {
        size = SR_BUF_MIN < b->max ? SR_BUF_MIN : b->max;
    }

    /* a buffer of no bytes still has an address */

    data = b->alloc.alloc(b->alloc.pool, size != 0 ? size : 1);
    if (data == NULL) {
        b->failed = 1;
        return NULL;
    }

    if (b->len != 0) {
        memcpy(data, b->data, b->len);
    }

    b->data = data;
    b->size = size;

    return b->data + b->len;
}


void
sr_buf_add(sr_buf_t *b, const void *data, size_t n)
{
    unsigned char  *p;

    if (n == 0) {
        return;
    }

    p = sr_buf_reserve(b, n);
    if (p == NULL) {
        return;
    }

    memcpy(p, data, n);
    b->len += n;
}
