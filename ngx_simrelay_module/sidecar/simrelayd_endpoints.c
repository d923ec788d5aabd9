
/*
 * The table of endpoints: what runs of each integration, and which of them
 * have deliveries waiting.
 */


#include <stdlib.h>

#include "simrelayd_webhooks.h"


/* of an endpoint that hung: a part of the slots of others */
#define SIMRELAYD_SLOW_PART  4


static simrelayd_endpoints_t *simrelayd_endpoint_bucket(
    simrelayd_webhooks_t *w, int64_t id);


void
simrelayd_endpoints_init(simrelayd_webhooks_t *w)
{
    int  i;

    for (i = 0; i < SIMRELAYD_ENDPOINT_BUCKETS; i++) {
        TAILQ_INIT(&w->buckets[i]);
    }

    TAILQ_INIT(&w->backlog);
}


simrelayd_endpoint_t *
simrelayd_endpoint_get(simrelayd_webhooks_t *w, int64_t id)
{
    simrelayd_endpoint_t   *e;
    simrelayd_endpoints_t  *bucket;

    bucket = simrelayd_endpoint_bucket(w, id);

    TAILQ_FOREACH(e, bucket, bucket) {
        if (e->id == id) {
            return e;
        }
    }

    e = simrelayd_calloc(1, sizeof(simrelayd_endpoint_t));

    e->id = id;

    TAILQ_INSERT_HEAD(bucket, e, bucket);
    w->nendpoints++;

    return e;
}


int
simrelayd_endpoint_slots(const simrelayd_webhooks_t *w,
    const simrelayd_endpoint_t *e)
{
    int  max;

    max = (int) w->d->conf.deliveries_per_endpoint;

    if (e->slow_until > uv_now(&w->d->loop)) {
        max = (max + SIMRELAYD_SLOW_PART - 1) / SIMRELAYD_SLOW_PART;
    }

    return e->running < max ? max - e->running : 0;
}


void
simrelayd_endpoint_backlog(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e,
    int backlog)
{
    if (e->backlog) {
        TAILQ_REMOVE(&w->backlog, e, link);
    }

    e->backlog = (backlog != 0);

    if (e->backlog) {
        TAILQ_INSERT_TAIL(&w->backlog, e, link);
    }
}


void
simrelayd_endpoint_drop(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e)
{
    if (e->running != 0 || e->asked != 0 || e->backlog
        || e->slow_until > uv_now(&w->d->loop))
    {
        return;
    }

    TAILQ_REMOVE(simrelayd_endpoint_bucket(w, e->id), e, bucket);
    w->nendpoints--;

    free(e);
}


void
simrelayd_endpoints_sweep(simrelayd_webhooks_t *w, int all)
{
    int                    i;
    simrelayd_endpoint_t  *e, *next;

    for (i = 0; i < SIMRELAYD_ENDPOINT_BUCKETS; i++) {

        for (e = TAILQ_FIRST(&w->buckets[i]); e != NULL; e = next) {
            next = TAILQ_NEXT(e, bucket);

            if (all) {
                simrelayd_endpoint_backlog(w, e, 0);
                e->running = 0;
                e->asked = 0;
                e->slow_until = 0;
            }

            simrelayd_endpoint_drop(w, e);
        }
    }
}


static simrelayd_endpoints_t *
simrelayd_endpoint_bucket(simrelayd_webhooks_t *w, int64_t id)
{
    return &w->buckets[(uint64_t) id & (SIMRELAYD_ENDPOINT_BUCKETS - 1)];
}
