
/*
 * Webhooks: looks for events to plan and deliveries that are due, claims as
 * many as there are slots for, and starts them.  One look at a time; what is
 * asked for meanwhile follows it.
 */


#include <stdlib.h>

#include "simrelayd_webhooks.h"


#define SIMRELAYD_LOOK_EVERY    1000        /* ms */
#define SIMRELAYD_DUE_LIMIT     200         /* endpoints in one look */
#define SIMRELAYD_PLAN_EVENTS   128         /* in one look */
#define SIMRELAYD_PLAN_SLOTS    32          /* that are worth one */
#define SIMRELAYD_LOST          3           /* last attempts that may be lost */

/*
 * Sequences are cached by sessions, so ids do not come in order.  A look on
 * the bell begins this far below the highest id that was planned; what is yet
 * lower is found within a second.  So the rows of planned events that vacuum
 * cannot remove yet are not all gone over each time.
 */
#define SIMRELAYD_PLAN_MARGIN   100000


static int simrelayd_webhooks_events(const simrelayd_webhooks_t *w,
    int slots);
static int simrelayd_webhooks_ask(simrelayd_webhooks_t *w, int slots);
static void simrelayd_webhooks_claim(simrelayd_webhooks_t *w,
    sr_pg_segment_t *s);
static void simrelayd_webhooks_plan(simrelayd_webhooks_t *w,
    sr_pg_segment_t *s, int slots, int events);
static void simrelayd_webhooks_done(sr_pg_segment_t *s);
static void simrelayd_webhooks_lost(simrelayd_webhooks_t *w,
    const sr_pg_segment_t *s);
static void simrelayd_webhooks_claimed(simrelayd_webhooks_t *w,
    const PGresult *res);
static void simrelayd_webhooks_planned(simrelayd_webhooks_t *w,
    const PGresult *res);
static void simrelayd_webhooks_found(simrelayd_webhooks_t *w,
    const PGresult *res);
static simrelayd_endpoint_t *simrelayd_webhooks_begin(simrelayd_webhooks_t *w,
    const PGresult *res, int row);
static void simrelayd_webhooks_tick(uv_timer_t *timer);
static void simrelayd_webhooks_destroy(simrelayd_deliveries_t *list);
static void simrelayd_webhooks_closed(uv_handle_t *handle);


simrelayd_webhooks_t *
simrelayd_webhooks_start(simrelayd_t *d)
{
    simrelayd_carrier_t   *c;
    simrelayd_webhooks_t  *w;

    w = simrelayd_calloc(1, sizeof(simrelayd_webhooks_t));

    w->d = d;
    w->holds = 1;
    w->batch_max = SIMRELAYD_RESULTS;
    w->events = SIMRELAYD_PLAN_EVENTS;

    TAILQ_INIT(&w->free);
    TAILQ_INIT(&w->sending);
    TAILQ_INIT(&w->ended);
    TAILQ_INIT(&w->batch.list);

    simrelayd_endpoints_init(w);
    simrelayd_arena_init(&w->arena);
    simrelayd_arena_init(&w->batch.arena);

    c = &w->carrier;

    c->d = d;
    c->owner = w;
    c->done = simrelayd_result_add;
    c->resolve = simrelayd_resolve_start(&d->loop, d->conf.resolvers);

    if (c->resolve == NULL) {
        free(w);
        return NULL;
    }

    c->curl = simrelayd_curl_start(&d->loop, (long) d->conf.deliveries,
                                   simrelayd_delivery_done);

    if (c->curl == NULL) {
        simrelayd_resolve_stop(c->resolve);
        free(w);
        return NULL;
    }

    simrelayd_webhook_tests_init(w);

    (void) uv_timer_init(&d->loop, &w->timer);
    w->timer.data = w;
    (void) uv_timer_start(&w->timer, simrelayd_webhooks_tick, 0,
                          SIMRELAYD_LOOK_EVERY);

    return w;
}


void
simrelayd_webhooks_look(simrelayd_t *d)
{
    if (d->webhooks != NULL) {
        d->webhooks->wants_plan = 1;
        simrelayd_webhooks_run(d->webhooks);
    }
}


int
simrelayd_webhooks_running(const simrelayd_t *d)
{
    return d->webhooks != NULL ? d->webhooks->running + d->webhooks->ntests
                               : 0;
}


void
simrelayd_webhooks_drain(simrelayd_t *d)
{
    if (d->webhooks != NULL) {
        d->webhooks->drained = 1;
    }
}


void
simrelayd_webhooks_stop(simrelayd_t *d)
{
    simrelayd_webhooks_t  *w;

    w = d->webhooks;

    if (w == NULL) {
        return;
    }

    d->webhooks = NULL;
    w->stopped = 1;

    simrelayd_webhook_tests_stop(w);

    simrelayd_webhooks_destroy(&w->sending);
    simrelayd_webhooks_destroy(&w->ended);
    simrelayd_webhooks_destroy(&w->batch.list);
    simrelayd_webhooks_destroy(&w->free);

    simrelayd_curl_stop(w->carrier.curl);
    simrelayd_resolve_stop(w->carrier.resolve);

    simrelayd_endpoints_sweep(w, 1);

    /* segments under way point to parameters here: the last one frees */

    uv_close((uv_handle_t *) &w->timer, simrelayd_webhooks_closed);
}


void
simrelayd_webhooks_unhold(simrelayd_webhooks_t *w)
{
    if (--w->holds == 0) {
        simrelayd_arena_reset(&w->arena);
        simrelayd_arena_reset(&w->batch.arena);
        free(w);
    }
}


void
simrelayd_webhooks_run(simrelayd_webhooks_t *w)
{
    int               n, slots, events;
    sr_pg_segment_t  *s;

    if (w->look != NULL || w->drained || w->stopped) {
        return;
    }

    simrelayd_endpoints_wait(w);

    slots = simrelayd_endpoints_slots(w);

    /* half of them, so that no backlog keeps new events waiting */

    slots -= simrelayd_webhooks_ask(w, (slots + 1) / 2);

    events = w->wants_plan ? simrelayd_webhooks_events(w, slots) : 0;

    if (w->nasked == 0 && events == 0 && !w->wants_due) {
        return;
    }

    s = simrelayd_db_segment(w->d);

    w->claim = w->plan = w->due = -1;
    n = 0;

    if (w->nasked != 0) {
        simrelayd_webhooks_claim(w, s);
        w->claim = n++;
    }

    if (events != 0) {
        simrelayd_webhooks_plan(w, s, slots, events);
        w->plan = n++;
        w->wants_plan = 0;
    }

    if (w->wants_due) {
        sr_pg_statement(s, SR_SQL_DELIVERY_DUE);
        sr_pg_bind_int8(s, w->after);
        sr_pg_bind_int4(s, SIMRELAYD_DUE_LIMIT);
        w->due = n++;
    }

    w->wants_due = 0;

    s->handler = simrelayd_webhooks_done;
    s->data = w;

    w->look = s;
    w->holds++;

    simrelayd_db_send(w->d, s);
}


/*
 * How many events to plan.  What there is no slot for costs a claim later; so
 * they wait until there are some, but no longer than a second.
 */

static int
simrelayd_webhooks_events(const simrelayd_webhooks_t *w, int slots)
{
    if (w->late_plan) {
        return w->events;
    }

    if (slots < SIMRELAYD_PLAN_SLOTS && w->running > SIMRELAYD_PLAN_SLOTS) {
        return 0;
    }

    if (slots < 1) {
        slots = 1;
    }

    return slots < w->events ? slots : w->events;
}


/* chooses from the backlog whom to claim for; returns how many deliveries */

static int
simrelayd_webhooks_ask(simrelayd_webhooks_t *w, int slots)
{
    int                    i, n, slow, total;
    simrelayd_endpoint_t  *e;

    slots = slots < SIMRELAYD_CLAIM_ROWS ? slots : SIMRELAYD_CLAIM_ROWS;
    slow = simrelayd_endpoints_slow(w);
    total = 0;

    w->nasked = 0;

    TAILQ_FOREACH(e, &w->backlog, link) {

        if (total == slots || w->nasked == SIMRELAYD_CLAIM_ENDPOINTS) {
            break;
        }

        n = simrelayd_endpoint_slots(w, e);
        n = n < slots - total ? n : slots - total;

        if (e->slow) {
            n = n < slow ? n : slow;
            slow -= n;
        }

        if (n != 0) {
            e->asked = n;
            total += n;
            w->asked[w->nasked++] = e;
        }
    }

    /* next time they come last */

    for (i = 0; i < w->nasked; i++) {
        simrelayd_endpoint_backlog(w, w->asked[i], 1);
    }

    return total;
}


static void
simrelayd_webhooks_claim(simrelayd_webhooks_t *w, sr_pg_segment_t *s)
{
    int         i;
    int32_t     slots[SIMRELAYD_CLAIM_ENDPOINTS];
    int64_t     ids[SIMRELAYD_CLAIM_ENDPOINTS];
    sr_alloc_t  a;

    for (i = 0; i < w->nasked; i++) {
        ids[i] = w->asked[i]->id;
        slots[i] = w->asked[i]->asked;
    }

    a = w->arena.alloc;

    sr_pg_statement(s, SR_SQL_DELIVERY_CLAIM);
    sr_pg_bind_int8s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(i, 8)), ids, i);
    sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(i, 4)), slots, i);
    sr_pg_bind_int4(s, SIMRELAYD_LOST);
}


static void
simrelayd_webhooks_plan(simrelayd_webhooks_t *w, sr_pg_segment_t *s,
    int slots, int events)
{
    int                    i, n;
    int32_t               *counts;
    int64_t               *ids, floor;
    sr_alloc_t             a;
    simrelayd_endpoint_t  *e;

    a = w->arena.alloc;

    ids = a.alloc(a.pool, w->nendpoints * sizeof(int64_t));
    counts = a.alloc(a.pool, w->nendpoints * sizeof(int32_t));

    n = 0;

    for (i = 0; i < SIMRELAYD_ENDPOINT_BUCKETS; i++) {
        TAILQ_FOREACH(e, &w->buckets[i], bucket) {
            ids[n] = e->id;
            counts[n] = e->backlog || e->slow ? 0
                                              : simrelayd_endpoint_slots(w, e);
            n++;
        }
    }

    floor = 0;
    w->planned = 1;
    w->late_plan = 0;
    w->asked_all = w->all;

    if (!w->all && w->top > SIMRELAYD_PLAN_MARGIN) {
        floor = w->top - SIMRELAYD_PLAN_MARGIN;
    }

    sr_pg_statement(s, SR_SQL_EVENT_PLAN);
    sr_pg_bind_int8(s, floor);
    sr_pg_bind_int4(s, slots);
    sr_pg_bind_int4(s, simrelayd_endpoints_new(w));
    sr_pg_bind_int8s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 8)), ids, n);
    sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 4)), counts, n);
    sr_pg_bind_int4(s, events);
}


static void
simrelayd_webhooks_done(sr_pg_segment_t *s)
{
    simrelayd_webhooks_t  *w;

    w = s->data;

    w->look = NULL;
    simrelayd_arena_reset(&w->arena);

    if (w->stopped) {
        simrelayd_webhooks_unhold(w);
        return;
    }

    w->holds--;

    if (s->status != SR_PG_OK) {
        simrelayd_webhooks_lost(w, s);
        return;
    }

    if (w->claim != -1) {
        simrelayd_webhooks_claimed(w, s->results[w->claim]);
    }

    if (w->plan != -1) {
        simrelayd_webhooks_planned(w, s->results[w->plan]);

        w->events = w->events < SIMRELAYD_PLAN_EVENTS / 2
                    ? 2 * w->events : SIMRELAYD_PLAN_EVENTS;
    }

    if (w->due != -1) {
        simrelayd_webhooks_found(w, s->results[w->due]);
    }

    simrelayd_webhooks_run(w);
}


/* the second's look asks for all of it again */

static void
simrelayd_webhooks_lost(simrelayd_webhooks_t *w, const sr_pg_segment_t *s)
{
    int          i;
    const char  *text;

    for (i = 0; i < w->nasked; i++) {
        w->asked[i]->asked = 0;
    }

    if (s->status == SR_PG_ERROR) {

        /* whatever one event makes, fewer of them take less time */

        w->events = (w->events + 3) / 4;

        text = s->error != NULL ? PQresultErrorMessage(s->error) : "";

        simrelayd_log(SIMRELAYD_ERROR, "event=look_failed error=%s",
                      simrelayd_quote(text, strlen(text)));
    }
}


static void
simrelayd_webhooks_claimed(simrelayd_webhooks_t *w, const PGresult *res)
{
    int                    i;
    simrelayd_endpoint_t  *e;

    for (i = 0; i < PQntuples(res); i++) {
        e = simrelayd_webhooks_begin(w, res, i);
        e->asked--;
    }

    for (i = 0; i < w->nasked; i++) {
        e = w->asked[i];

        /* fewer than there were slots for: no more are due */

        if (e->asked > 0) {
            simrelayd_endpoint_backlog(w, e, 0);
        }

        e->asked = 0;
        simrelayd_endpoint_drop(w, e);
    }
}


static void
simrelayd_webhooks_planned(simrelayd_webhooks_t *w, const PGresult *res)
{
    int                    i;
    int64_t                top;
    simrelayd_endpoint_t  *e;

    for (i = 0; i < PQntuples(res); i++) {

        if (sr_pg_null(res, i, SR_EVENT_PLAN_ID)) {
            continue;
        }

        if (!sr_pg_null(res, i, SR_EVENT_PLAN_LEASE_ID)) {
            (void) simrelayd_webhooks_begin(w, res, i);
            continue;
        }

        e = simrelayd_endpoint_get(w, sr_pg_int8(res, i,
                                       SR_EVENT_PLAN_WEBHOOK_INTEGRATION_ID));

        if (!e->backlog) {
            simrelayd_endpoint_backlog(w, e, 1);
        }
    }

    if (!sr_pg_null(res, 0, SR_EVENT_PLAN_TOP)) {
        top = sr_pg_int8(res, 0, SR_EVENT_PLAN_TOP);
        w->top = top > w->top ? top : w->top;
    }

    if (sr_pg_bool(res, 0, SR_EVENT_PLAN_MORE)) {
        w->wants_plan = 1;

    } else if (w->asked_all) {
        w->all = 0;
    }
}


static void
simrelayd_webhooks_found(simrelayd_webhooks_t *w, const PGresult *res)
{
    int                    i, n;
    int64_t                id;
    simrelayd_endpoint_t  *e;

    n = PQntuples(res);
    id = 0;

    for (i = 0; i < n; i++) {
        id = sr_pg_int8(res, i, SR_DELIVERY_DUE_WEBHOOK_INTEGRATION_ID);

        if (!sr_pg_bool(res, i, SR_DELIVERY_DUE_DUE)) {
            continue;
        }

        e = simrelayd_endpoint_get(w, id);

        if (!e->backlog) {
            simrelayd_endpoint_backlog(w, e, 1);
        }
    }

    w->after = n == SIMRELAYD_DUE_LIMIT ? id : 0;
}


static simrelayd_endpoint_t *
simrelayd_webhooks_begin(simrelayd_webhooks_t *w, const PGresult *res,
    int row)
{
    simrelayd_delivery_t  *dl;
    simrelayd_endpoint_t  *e;

    e = simrelayd_endpoint_get(w, sr_pg_int8(res, row,
                                   SR_DELIVERY_CLAIM_WEBHOOK_INTEGRATION_ID));

    dl = TAILQ_FIRST(&w->free);

    if (dl != NULL) {
        TAILQ_REMOVE(&w->free, dl, link);

    } else {
        dl = simrelayd_delivery_create(&w->carrier);
    }

    TAILQ_INSERT_TAIL(&w->sending, dl, link);

    dl->endpoint = e;
    simrelayd_endpoint_run(w, e, 1);

    simrelayd_delivery_start(dl, res, row);

    return e;
}


static void
simrelayd_webhooks_tick(uv_timer_t *timer)
{
    simrelayd_webhooks_t  *w;

    w = timer->data;

    w->late_plan = w->wants_plan && !w->planned;
    w->planned = 0;
    w->wants_plan = 1;
    w->wants_due = 1;
    w->all = 1;

    simrelayd_endpoints_sweep(w, 0);
    simrelayd_results_record(w);
    simrelayd_webhooks_run(w);
}


static void
simrelayd_webhooks_destroy(simrelayd_deliveries_t *list)
{
    simrelayd_delivery_t  *dl;

    while ((dl = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, dl, link);
        simrelayd_delivery_destroy(dl);
    }
}


static void
simrelayd_webhooks_closed(uv_handle_t *handle)
{
    simrelayd_webhooks_unhold(handle->data);
}
