
/*
 * The last event of each cache channel, for a while, within bounds.
 */


#ifndef SIMRELAYD_CACHE_H
#define SIMRELAYD_CACHE_H


#include "simrelayd_channel.h"


#define SIMRELAYD_CACHES       4096
#define SIMRELAYD_CACHE_BYTES  33554432     /* of them all */
#define SIMRELAYD_CACHE_TIME   1800000      /* ms */


typedef struct simrelayd_cache_s  simrelayd_cache_t;

struct simrelayd_cache_s {
    simrelayd_cache_t     *next;            /* of the bucket */
    simrelayd_cache_t     *newer;
    simrelayd_cache_t     *older;
    int64_t                stored_at;       /* ms of sr_time_ticks() */
    uint64_t               hash;
    sr_str_t               name;
    sr_str_t               head;            /* simrelayd_pusher_head() */
    unsigned char          data[];
};


typedef struct {
    simrelayd_cache_t     *buckets[SIMRELAYD_CACHES];
    simrelayd_cache_t     *newest;
    simrelayd_cache_t     *oldest;
    size_t                 n;
    size_t                 bytes;
    uint64_t               key[2];
} simrelayd_caches_t;


void simrelayd_caches_init(simrelayd_caches_t *t);
void simrelayd_caches_free(simrelayd_caches_t *t);

/* Keeps it, as of so many ms ago, instead of what was there. */

void simrelayd_cache_put(simrelayd_caches_t *t, sr_str_t channel,
    sr_str_t head, int64_t age);

/* NULL where there is none. */

const simrelayd_cache_t *simrelayd_cache_get(simrelayd_caches_t *t,
    sr_str_t channel);

/* Its data, a JSON string.  1, or 0 where it has none. */

int simrelayd_cache_data(const simrelayd_cache_t *c, sr_str_t *data);

/* How many ms it will be kept. */

int64_t simrelayd_cache_left(const simrelayd_cache_t *c);


#endif /* SIMRELAYD_CACHE_H */
