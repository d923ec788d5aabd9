
/*
 * The table of endpoints: what runs of each integration, and which of them
 * have deliveries waiting.
 */


#include <stdlib.h>

#include "simrelayd_webhooks.h"


/* of one that nothing is known of */
#define SIMRELAYD_NEW_SLOTS      2

/* of one that answers late: a part of the slots of others; one that hung has
 * one */
#define SIMRELAYD_SLOW_PART      4

/* of all slow endpoints: a part of all slots */
#define SIMRELAYD_SLOW_ALL       2

/* a part of all slots is for those who run no more than this */
#define SIMRELAYD_RESERVE_PART   4
#define SIMRELAYD_RESERVE_SLOTS  2

#define SIMRELAYD_LATE           1000000000 /* ns that one takes a slot */
#define SIMRELAYD_SLOW_SILENT    1000       /* ms without an answer */
#define SIMRELAYD_SLOW_ANSWER    5000       /* ms until one */
#define SIMRELAYD_SLOW_FOR       600000     /* ms */


static int simrelayd_endpoints_free(const simrelayd_webhooks_t *w);
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
    e->limit = SIMRELAYD_NEW_SLOTS;

    TAILQ_INSERT_HEAD(bucket, e, bucket);
    w->nendpoints++;

    return e;
}


int
simrelayd_endpoints_slots(const simrelayd_webhooks_t *w)
{
    int  slots, reserve;

    slots = simrelayd_endpoints_free(w);
    reserve = (int) w->d->conf.deliveries / SIMRELAYD_RESERVE_PART;

    if (slots > reserve) {
        return slots - reserve;
    }

    return slots > 0 ? slots : 0;
}


int
simrelayd_endpoints_max(const simrelayd_webhooks_t *w)
{
    int  max;

    max = (int) w->d->conf.deliveries_per_endpoint;

    if (simrelayd_endpoints_free(w)
        <= (int) w->d->conf.deliveries / SIMRELAYD_RESERVE_PART
        && max > SIMRELAYD_RESERVE_SLOTS)
    {
        return SIMRELAYD_RESERVE_SLOTS;
    }

    return max;
}


int
simrelayd_endpoints_new(const simrelayd_webhooks_t *w)
{
    int  max;

    max = simrelayd_endpoints_max(w);

    return max < SIMRELAYD_NEW_SLOTS ? max : SIMRELAYD_NEW_SLOTS;
}


int
simrelayd_endpoint_slots(const simrelayd_webhooks_t *w,
    const simrelayd_endpoint_t *e)
{
    int  max;

    max = simrelayd_endpoints_max(w);
    max = max < e->limit ? max : e->limit;

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


/* they stand in the order in which they began */

void
simrelayd_endpoints_wait(simrelayd_webhooks_t *w)
{
    uint64_t               now;
    simrelayd_delivery_t  *dl;

    now = uv_hrtime();

    TAILQ_FOREACH(dl, &w->sending, link) {

        if (now - dl->started < SIMRELAYD_LATE) {
            break;
        }

        w->late += !dl->late;
        dl->late = 1;
    }
}


void
simrelayd_endpoint_judge(simrelayd_webhooks_t *w, simrelayd_endpoint_t *e,
    int answered, int32_t time)
{
    int  max, slow;

    slow = (time >= (answered ? SIMRELAYD_SLOW_ANSWER
                              : SIMRELAYD_SLOW_SILENT));

    /* one that fails at once says nothing of its pace */

    if (!slow && !answered) {
        return;
    }

    if (slow != e->slow) {
        w->slow += slow ? e->running : -e->running;
    }

    max = (int) w->d->conf.deliveries_per_endpoint;

    if (slow) {
        e->limit = answered ? (max + SIMRELAYD_SLOW_PART - 1)
                              / SIMRELAYD_SLOW_PART
                            : 1;

    } else if (e->slow) {
        e->limit = SIMRELAYD_NEW_SLOTS;

    } else if (e->running >= e->limit && e->limit < max) {
        e->limit *= 2;
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


/* slots that nobody takes */

static int
simrelayd_endpoints_free(const simrelayd_webhooks_t *w)
{
    int  all, late;

    all = (int) w->d->conf.deliveries;
    late = w->late < all ? w->late : all;

    return all + late - w->running;
}


static simrelayd_endpoints_t *
simrelayd_endpoint_bucket(simrelayd_webhooks_t *w, int64_t id)
{
    return &w->buckets[(uint64_t) id & (SIMRELAYD_ENDPOINT_BUCKETS - 1)];
}
