
/*
 * The table of endpoints: what runs of each integration, and which of them
 * have deliveries waiting.
 */


#include <stdlib.h>

#include "simrelayd_webhooks.h"


/* of a slow endpoint: a part of the slots of others */
#define SIMRELAYD_SLOW_PART      4

/* of all slow endpoints: a part of all slots */
#define SIMRELAYD_SLOW_ALL       2

/* a part of all slots is for those who run no more than this */
#define SIMRELAYD_RESERVE_PART   4
#define SIMRELAYD_RESERVE_SLOTS  2

#define SIMRELAYD_SLOW_SILENT    1000       /* ms without an answer */
#define SIMRELAYD_SLOW_ANSWER    5000       /* ms until one */
#define SIMRELAYD_SLOW_FOR       600000     /* ms */


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
simrelayd_endpoints_slots(const simrelayd_webhooks_t *w)
{
    int  slots, reserve;

    slots = (int) w->d->conf.deliveries - w->running;
    reserve = (int) w->d->conf.deliveries / SIMRELAYD_RESERVE_PART;

    if (slots > reserve) {
        return slots - reserve;
    }

    return slots > 0 ? slots : 0;
}


int
simrelayd_endpoints_max(const simrelayd_webhooks_t *w)
{
    int  max, slots;

    max = (int) w->d->conf.deliveries_per_endpoint;
    slots = (int) w->d->conf.deliveries - w->running;

    if (slots <= (int) w->d->conf.deliveries / SIMRELAYD_RESERVE_PART
        && max > SIMRELAYD_RESERVE_SLOTS)
    {
        return SIMRELAYD_RESERVE_SLOTS;
    }

    return max;
}


int
simrelayd_endpoint_slots(const simrelayd_webhooks_t *w,
    const simrelayd_endpoint_t *e)
{
    int  max;

    max = simrelayd_endpoints_max(w);

    if (e->slow) {
        max = (max + SIMRELAYD_SLOW_PART - 1) / SIMRELAYD_SLOW_PART;
    }

    return e->running < max ? max - e->running : 0;
}


int
simrelayd_endpoints_slow(const simrelayd_webhooks_t *w)
{
    int  max;

    max = ((int) w->d->conf.deliveries + SIMRELAYD_SLOW_ALL - 1)
          / SIMRELAYD_SLOW_ALL;

    return w->slow < max ? max - w->slow : 0;
}


void
simrelayd_endpoint_run(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e,
    int n)
{
    w->running += n;
    w->slow += e->slow ? n : 0;
    e->running += n;
}


void
simrelayd_endpoint_judge(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e,
    int answered, int32_t time)
{
    int  slow;

    slow = (time >= (answered ? SIMRELAYD_SLOW_ANSWER
                              : SIMRELAYD_SLOW_SILENT));

    /* one that fails at once says nothing of its pace */

    if (!slow && !answered) {
        return;
    }

    if (slow != e->slow) {
        w->slow += slow ? e->running : -e->running;
    }

    e->slow = slow;
    e->slow_until = slow ? uv_now(&w->d->loop) + SIMRELAYD_SLOW_FOR : 0;
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
