
/*
 * Memory for one run of yajl: all of it is there before the run begins.
 */


#include "sr_yajl.h"


/* up to this length of a text the buffers stay as they began */
#define SR_YAJL_SMALL  2000

#define sr_yajl_align(n)                                                      \
    (((n) + SR_YAJL_ALIGN - 1) & ~(size_t) (SR_YAJL_ALIGN - 1))


static void *sr_yajl_malloc(void *data, size_t size);
static void *sr_yajl_realloc(void *data, void *p, size_t size);
static void sr_yajl_free(void *data, void *p);


int
sr_yajl_memory(sr_yajl_memory_t *m, yajl_alloc_funcs *funcs, sr_alloc_t alloc,
    size_t len)
{
    size_t          size;
    unsigned char  *large;

    m->alloc = alloc;
    m->last = NULL;
    m->pos = m->bytes;
    m->end = m->bytes + SR_YAJL_BYTES;

    funcs->malloc = sr_yajl_malloc;
    funcs->realloc = sr_yajl_realloc;
    funcs->free = sr_yajl_free;
    funcs->ctx = m;

    if (len <= SR_YAJL_SMALL) {
        return 0;
    }

    /* each of the two buffers doubles in place until it holds the text */

    size = SR_YAJL_BYTES + 4 * len;

    large = alloc.alloc(alloc.pool, size);
    if (large == NULL) {
        return -1;
    }

    m->pos = large + (-(uintptr_t) large & (SR_YAJL_ALIGN - 1));
    m->end = large + size;

    return 0;
}


static void *
sr_yajl_malloc(void *data, size_t size)
{
    size_t            *header;
    unsigned char     *block;
    sr_yajl_memory_t  *memory;

    memory = data;

    size = sr_yajl_align(size);

    if (size + SR_YAJL_ALIGN <= (size_t) (memory->end - memory->pos)) {
        block = memory->pos;
        memory->pos += size + SR_YAJL_ALIGN;

    } else {
        block = memory->alloc.alloc(memory->alloc.pool, size + SR_YAJL_ALIGN);
        if (block == NULL) {
            return NULL;
        }
    }

    header = (size_t *) block;
    *header = size;

    memory->last = block + SR_YAJL_ALIGN;

    return memory->last;
}


static void *
sr_yajl_realloc(void *data, void *p, size_t size)
{
    void              *block;
    size_t            *header, more;
    sr_yajl_memory_t  *memory;

    memory = data;

    if (p == NULL) {
        return sr_yajl_malloc(memory, size);
    }

    header = (size_t *) ((unsigned char *) p - SR_YAJL_ALIGN);

    if (size <= *header) {
        return p;
    }

    more = sr_yajl_align(size - *header);

    if (p == memory->last && (unsigned char *) p + *header == memory->pos
        && more <= (size_t) (memory->end - memory->pos))
    {
        memory->pos += more;
        *header += more;
        return p;
    }

    block = sr_yajl_malloc(memory, size);
    if (block != NULL) {
        memcpy(block, p, *header);
    }

    return block;
}


static void
sr_yajl_free(void *data, void *p)
{
    /* what is not the struct's is the allocator's */
}
