
/*
 * Deadlines: locks that expire, phones that fall silent.  A statement does what
 * is due, once over all instances, and says when to look again.
 */


#include <stdlib.h>

#include "simrelayd.h"


#define SIMRELAYD_DEADLINE_LOOK   1000      /* ms, for those that are new */
#define SIMRELAYD_DEADLINE_BATCH  1000      /* as in the statements */


typedef struct {
    const char             *name;
    sr_sql_e                sql;
    int                     looked;         /* columns */
    int                     told;
    int                     next_ms;
    int                     pause;          /* ms from look to look, at least */
} simrelayd_deadline_kind_t;


typedef struct {
    simrelayd_t                      *d;
    const simrelayd_deadline_kind_t  *kind;
    uv_timer_t                        timer;
    sr_pg_segment_t                  *segment;  /* under way, or NULL */
} simrelayd_deadline_t;


static void simrelayd_deadline_look(uv_timer_t *timer);
static void simrelayd_deadline_done(sr_pg_segment_t *s);
static uint64_t simrelayd_deadline_told(simrelayd_deadline_t *l,
    const PGresult *res);
static void simrelayd_deadline_closed(uv_handle_t *handle);


/*
 * Of many phones some are due all the time, as most of them have been heard of
 * since: these are put off together.
 */

static const simrelayd_deadline_kind_t  simrelayd_deadline_kinds[] = {
    { "locks",  SR_SQL_LOCK_EXPIRE, SR_LOCK_EXPIRE_LOOKED,
      SR_LOCK_EXPIRE_TOLD, SR_LOCK_EXPIRE_NEXT_MS, 1 },
    { "phones", SR_SQL_DEVICE_WATCH, SR_DEVICE_WATCH_LOOKED,
      SR_DEVICE_WATCH_TOLD, SR_DEVICE_WATCH_NEXT_MS, 500 },
};

#define SIMRELAYD_DEADLINES                                                   \
    (sizeof(simrelayd_deadline_kinds) / sizeof(simrelayd_deadline_kinds[0]))


struct simrelayd_deadlines_s {
    simrelayd_deadline_t  each[SIMRELAYD_DEADLINES];
    size_t                closed;
};


simrelayd_deadlines_t *
simrelayd_deadlines_start(simrelayd_t *d)
{
    size_t                  i;
    simrelayd_deadline_t   *l;
    simrelayd_deadlines_t  *all;

    all = simrelayd_calloc(1, sizeof(simrelayd_deadlines_t));

    for (i = 0; i < SIMRELAYD_DEADLINES; i++) {
        l = &all->each[i];

        l->d = d;
        l->kind = &simrelayd_deadline_kinds[i];

        (void) uv_timer_init(&d->loop, &l->timer);
        l->timer.data = l;
        (void) uv_timer_start(&l->timer, simrelayd_deadline_look, 0, 0);
    }

    return all;
}


void
simrelayd_deadlines_stop(simrelayd_t *d)
{
    size_t                  i;
    simrelayd_deadline_t   *l;
    simrelayd_deadlines_t  *all;

    all = d->deadlines;

    if (all == NULL) {
        return;
    }

    d->deadlines = NULL;

    for (i = 0; i < SIMRELAYD_DEADLINES; i++) {
        l = &all->each[i];

        if (l->segment != NULL) {
            l->segment->data = NULL;
        }

        l->timer.data = all;
        uv_close((uv_handle_t *) &l->timer, simrelayd_deadline_closed);
    }
}


static void
simrelayd_deadline_look(uv_timer_t *timer)
{
    sr_pg_segment_t       *s;
    simrelayd_deadline_t  *l = timer->data;

    if (!simrelayd_db_ready(l->d)) {
        (void) uv_timer_start(timer, simrelayd_deadline_look,
                              SIMRELAYD_DEADLINE_LOOK, 0);
        return;
    }

    s = simrelayd_db_segment(l->d);

    sr_pg_statement(s, l->kind->sql);

    s->handler = simrelayd_deadline_done;
    s->data = l;

    l->segment = s;

    simrelayd_db_send(l->d, s);
}


static void
simrelayd_deadline_done(sr_pg_segment_t *s)
{
    uint64_t               next;
    const char            *error;
    simrelayd_deadline_t  *l = s->data;

    if (l == NULL) {
        return;
    }

    l->segment = NULL;
    next = SIMRELAYD_DEADLINE_LOOK;

    if (s->status == SR_PG_OK) {
        next = simrelayd_deadline_told(l, s->results[0]);

    } else if (s->status == SR_PG_ERROR) {
        error = PQresultErrorMessage(s->error);

        simrelayd_log(SIMRELAYD_WARN, "event=deadline_failed of=%s error=%s",
                      l->kind->name, simrelayd_quote(error, strlen(error)));
    }

    (void) uv_timer_start(&l->timer, simrelayd_deadline_look, next, 0);
}


/* Returns in how many milliseconds to look again. */

static uint64_t
simrelayd_deadline_told(simrelayd_deadline_t *l, const PGresult *res)
{
    int64_t  told, next;

    told = sr_pg_int8(res, 0, l->kind->told);

    if (told != 0) {
        simrelayd_log(SIMRELAYD_INFO, "event=deadline of=%s told=%lld",
                      l->kind->name, (long long) told);

        simrelayd_status_ring(l->d);
    }

    if (sr_pg_int8(res, 0, l->kind->looked) == SIMRELAYD_DEADLINE_BATCH) {
        return 0;
    }

    if (sr_pg_null(res, 0, l->kind->next_ms)) {
        return SIMRELAYD_DEADLINE_LOOK;
    }

    next = sr_pg_int8(res, 0, l->kind->next_ms);

    if (next < l->kind->pause) {
        return l->kind->pause;
    }

    return next < SIMRELAYD_DEADLINE_LOOK ? (uint64_t) next
                                          : SIMRELAYD_DEADLINE_LOOK;
}


static void
simrelayd_deadline_closed(uv_handle_t *handle)
{
    simrelayd_deadlines_t  *all = handle->data;

    if (++all->closed == SIMRELAYD_DEADLINES) {
        free(all);
    }
}
