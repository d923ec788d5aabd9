
/*
 * What every part is written with.
 */


#ifndef SR_TYPES_H
#define SR_TYPES_H


#include <stddef.h>
#include <stdint.h>
#include <string.h>


#define SR_MUSTCHECK  __attribute__((warn_unused_result))


/* a counted string, laid out as ngx_str_t; not necessarily ended by NUL */

typedef struct {
    size_t          len;
    unsigned char  *data;
} sr_str_t;


#define sr_string(s)   { sizeof(s) - 1, (unsigned char *) s }
#define sr_null_str    { 0, NULL }


/*
 * Memory that somebody else gives back: a pool of nginx's or an arena of the
 * daemon's.  Returns NULL when there is none.
 */

typedef void *(*sr_alloc_pt)(void *pool, size_t size);

typedef struct {
    sr_alloc_pt     alloc;
    void           *pool;
} sr_alloc_t;


#endif /* SR_TYPES_H */
