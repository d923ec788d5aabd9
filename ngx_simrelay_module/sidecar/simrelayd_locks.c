
/*
 * Locks that expire: tells that they are over, when they are.
 */


#include <stdlib.h>

#include "simrelayd.h"


#define SIMRELAYD_LOCKS_LOOK   1000     /* ms, for those that are new */
#define SIMRELAYD_LOCKS_BATCH  1000     /* as in lock_expire.sql */


struct simrelayd_locks_s {
    simrelayd_t          *d;
    uv_timer_t            timer;
    sr_pg_segment_t      *segment;      /* the look under way, or NULL */
};


static void simrelayd_locks_look(uv_timer_t *timer);
static void simrelayd_locks_done(sr_pg_segment_t *s);
static uint64_t simrelayd_locks_ended(simrelayd_locks_t *l,
    const PGresult *res);
static void simrelayd_locks_closed(uv_handle_t *handle);


simrelayd_locks_t *
simrelayd_locks_start(simrelayd_t *d)
{
    simrelayd_locks_t  *l;

    l = simrelayd_calloc(1, sizeof(simrelayd_locks_t));

    l->d = d;

    (void) uv_timer_init(&d->loop, &l->timer);
    l->timer.data = l;

    (void) uv_timer_start(&l->timer, simrelayd_locks_look, 0, 0);

    return l;
}


void
simrelayd_locks_stop(simrelayd_t *d)
{
    simrelayd_locks_t  *l;

    l = d->locks;

    if (l == NULL) {
        return;
    }

    d->locks = NULL;

    if (l->segment != NULL) {
        l->segment->data = NULL;
    }

    uv_close((uv_handle_t *) &l->timer, simrelayd_locks_closed);
}


static void
simrelayd_locks_look(uv_timer_t *timer)
{
    sr_pg_segment_t    *s;
    simrelayd_locks_t  *l = timer->data;

    if (!simrelayd_db_ready(l->d)) {
        (void) uv_timer_start(timer, simrelayd_locks_look,
                              SIMRELAYD_LOCKS_LOOK, 0);
        return;
    }

    s = simrelayd_db_segment(l->d);

    sr_pg_statement(s, SR_SQL_LOCK_EXPIRE);

    s->handler = simrelayd_locks_done;
    s->data = l;

    l->segment = s;

    simrelayd_db_send(l->d, s);
}


static void
simrelayd_locks_done(sr_pg_segment_t *s)
{
    uint64_t            next;
    const char         *error;
    simrelayd_locks_t  *l = s->data;

    if (l == NULL) {
        return;
    }

    l->segment = NULL;
    next = SIMRELAYD_LOCKS_LOOK;

    if (s->status == SR_PG_OK) {
        next = simrelayd_locks_ended(l, s->results[0]);

    } else if (s->status == SR_PG_ERROR) {
        error = PQresultErrorMessage(s->error);

        simrelayd_log(SIMRELAYD_WARN, "event=locks_failed error=%s",
                      simrelayd_quote(error, strlen(error)));
    }

    (void) uv_timer_start(&l->timer, simrelayd_locks_look, next, 0);
}


/* Returns in how many milliseconds to look again. */

static uint64_t
simrelayd_locks_ended(simrelayd_locks_t *l, const PGresult *res)
{
    int64_t  n, next;

    n = sr_pg_int8(res, 0, SR_LOCK_EXPIRE_ENDED);

    if (n != 0) {
        simrelayd_log(SIMRELAYD_INFO, "event=locks_expired locks=%lld",
                      (long long) n);

        simrelayd_status_ring(l->d);
    }

    if (n == SIMRELAYD_LOCKS_BATCH) {
        return 0;
    }

    if (sr_pg_null(res, 0, SR_LOCK_EXPIRE_NEXT_MS)) {
        return SIMRELAYD_LOCKS_LOOK;
    }

    next = sr_pg_int8(res, 0, SR_LOCK_EXPIRE_NEXT_MS);

    return next < SIMRELAYD_LOCKS_LOOK ? (uint64_t) next
                                       : SIMRELAYD_LOCKS_LOOK;
}


static void
simrelayd_locks_closed(uv_handle_t *handle)
{
    free(handle->data);
}
