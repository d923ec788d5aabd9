
/*
 * A growing buffer with a ceiling.
 */


#ifndef SR_BUF_H
#define SR_BUF_H


#include "sr_types.h"


typedef struct {
    unsigned char  *data;
    size_t          len;
    size_t          size;
    size_t          max;            /* never grows beyond */
    sr_alloc_t      alloc;
    unsigned        failed:1;       /* a write was lost: ceiling or memory */
} sr_buf_t;


/*
 * Makes an empty buffer of "size" bytes that may grow to "max".  The memory is
 * the allocator's; what is outgrown is left to it.
 */

void sr_buf_init(sr_buf_t *b, sr_alloc_t alloc, size_t size, size_t max);

/*
 * Makes room for n more bytes.  Returns where to write them, or NULL (and sets
 * failed) where the ceiling or the memory is reached.  The caller adds to len
 * what it wrote.
 */

unsigned char *sr_buf_reserve(sr_buf_t *b, size_t n);

/* Appends n bytes; sets failed where they do not fit. */

void sr_buf_add(sr_buf_t *b, const void *data, size_t n);


#endif /* SR_BUF_H */
