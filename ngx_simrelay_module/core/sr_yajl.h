
/*
 * Memory for one run of yajl, which does not look whether it gets any.
 */


#ifndef SR_YAJL_H
#define SR_YAJL_H


#include <yajl/yajl_parse.h>

#include "sr_types.h"


/*
 * What yajl needs apart from long strings: handle, lexer and state stack, and
 * two buffers that begin with 2048 bytes each.
 */
#define SR_YAJL_BYTES  8192

#define SR_YAJL_ALIGN  16


typedef struct {
    unsigned char  *pos;
    unsigned char  *end;
    unsigned char  *last;           /* the block that can still grow */
    sr_alloc_t      alloc;
    unsigned char   bytes[SR_YAJL_BYTES]
                    __attribute__((aligned(SR_YAJL_ALIGN)));
} sr_yajl_memory_t;


/*
 * Sets aside all that yajl can need for a text of len bytes that it gets in
 * one piece, and fills in its functions.  0, or -1 where there is no memory.
 */

SR_MUSTCHECK int sr_yajl_memory(sr_yajl_memory_t *m, yajl_alloc_funcs *funcs,
    sr_alloc_t alloc, size_t len);


#endif /* SR_YAJL_H */
