
/*
 * Memory of the daemon: out of memory ends it, in one place; arenas for what
 * lives as long as one event.
 */


#include <stdlib.h>

#include "simrelayd.h"


#define SIMRELAYD_BLOCK  16384
#define SIMRELAYD_ALIGN  _Alignof(max_align_t)


typedef struct simrelayd_block_s  simrelayd_block_t;

struct simrelayd_block_s {
    simrelayd_block_t  *next;
    size_t              used;
    size_t              size;
    max_align_t         data[];
};


static void *simrelayd_check(void *p);
static void *simrelayd_arena_alloc(void *pool, size_t size);


void *
simrelayd_alloc(size_t size)
{
    return simrelayd_check(malloc(size != 0 ? size : 1));
}


void *
simrelayd_calloc(size_t n, size_t size)
{
    return simrelayd_check(calloc(n != 0 ? n : 1, size));
}


void *
simrelayd_realloc(void *p, size_t size)
{
    return simrelayd_check(realloc(p, size != 0 ? size : 1));
}


char *
simrelayd_strdup(const char *s)
{
    return simrelayd_check(strdup(s));
}


void
simrelayd_arena_init(simrelayd_arena_t *a)
{
    a->alloc.alloc = simrelayd_arena_alloc;
    a->alloc.pool = a;
    a->first = NULL;
}


void
simrelayd_arena_reset(simrelayd_arena_t *a)
{
    simrelayd_block_t  *b;

    while (a->first != NULL) {
        b = a->first;
        a->first = b->next;
        free(b);
    }
}


static void *
simrelayd_check(void *p)
{
    if (p == NULL) {
        simrelayd_log(SIMRELAYD_ERROR, "event=out_of_memory");
        abort();
    }

    return p;
}


static void *
simrelayd_arena_alloc(void *pool, size_t size)
{
    simrelayd_arena_t *a = pool;

    void               *p;
    size_t              n;
    simrelayd_block_t  *b;

    b = a->first;

    if (size > (size_t) PTRDIFF_MAX) {
        return NULL;
    }

    size = (size + SIMRELAYD_ALIGN - 1) & ~(SIMRELAYD_ALIGN - 1);

    if (b == NULL || b->size - b->used < size) {
        n = size > SIMRELAYD_BLOCK ? size : SIMRELAYD_BLOCK;

        b = simrelayd_alloc(sizeof(simrelayd_block_t) + n);

        b->next = a->first;
        b->used = 0;
        b->size = n;
        a->first = b;
    }

    p = (unsigned char *) b->data + b->used;
    b->used += size;

    return p;
}
