
/*
 * What the fuzzers share: memory whose blocks are freed after each run.
 */


#ifndef SR_FUZZ_H
#define SR_FUZZ_H


#include <stdint.h>
#include <stdlib.h>

#include "sr_types.h"


/* each block begins with a link to the one before */

typedef struct sr_fuzz_block_s  sr_fuzz_block_t;

struct sr_fuzz_block_s {
    sr_fuzz_block_t  *next;
    size_t            unused;       /* keeps what follows aligned */
};


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static inline void *
sr_fuzz_alloc(void *pool, size_t size)
{
    sr_fuzz_block_t  *block, **blocks;

    blocks = pool;

    block = malloc(sizeof(sr_fuzz_block_t) + size);
    if (block == NULL) {
        abort();
    }

    block->next = *blocks;
    *blocks = block;

    return block + 1;
}


static inline sr_alloc_t
sr_fuzz_pool(sr_fuzz_block_t **blocks)
{
    sr_alloc_t  alloc;

    *blocks = NULL;

    alloc.alloc = sr_fuzz_alloc;
    alloc.pool = blocks;

    return alloc;
}


static inline void
sr_fuzz_free(sr_fuzz_block_t *block)
{
    sr_fuzz_block_t  *next;

    for ( /* void */ ; block != NULL; block = next) {
        next = block->next;
        free(block);
    }
}


static inline void
sr_fuzz_check(int truth)
{
    if (!truth) {
        abort();
    }
}


#endif /* SR_FUZZ_H */
