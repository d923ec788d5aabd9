
/*
 * The database on the daemon's loop: one connection that listens, a few that
 * work, a bounded queue in front of them, and connecting anew.
 */


#include <stdlib.h>

#include "simrelayd_db.h"


static void simrelayd_db_enqueue(simrelayd_t *d, sr_pg_segment_t *s,
    int64_t timeout);
static void simrelayd_db_prepare(uv_prepare_t *prepare);
static void simrelayd_db_pump(simrelayd_db_t *db);
static int simrelayd_db_push(simrelayd_db_t *db, simrelayd_queue_t *q,
    simrelayd_db_conn_t *c);
static void simrelayd_db_flush(simrelayd_db_t *db);
static simrelayd_db_conn_t *simrelayd_db_pick(simrelayd_db_t *db, int slow);
static void simrelayd_db_lose(simrelayd_db_t *db);
static void simrelayd_db_done(sr_pg_segment_t *s);
static void simrelayd_db_tick(uv_timer_t *timer);
static void simrelayd_db_expire(simrelayd_db_t *db, simrelayd_queue_t *q,
    int64_t now);
static void simrelayd_db_closed(uv_handle_t *handle);


simrelayd_db_t *
simrelayd_db_start(simrelayd_t *d)
{
    int                   i;
    simrelayd_db_t       *db;
    simrelayd_db_conn_t  *c;

    db = simrelayd_calloc(1, sizeof(simrelayd_db_t));

    db->d = d;
    db->n = (int) d->conf.database_connections + 1;

    if (simrelayd_db_conninfo(db) == -1) {
        free(db);
        return NULL;
    }

    simrelayd_queue_init(&db->queue);
    simrelayd_queue_init(&db->slow);
    simrelayd_queue_init(&db->lost);

    db->conns = simrelayd_calloc(db->n, sizeof(simrelayd_db_conn_t));

    (void) uv_prepare_init(&d->loop, &db->prepare);
    db->prepare.data = db;
    (void) uv_prepare_start(&db->prepare, simrelayd_db_prepare);

    (void) uv_timer_init(&d->loop, &db->tick);
    db->tick.data = db;
    (void) uv_timer_start(&db->tick, simrelayd_db_tick, SIMRELAYD_DB_TICK,
                          SIMRELAYD_DB_TICK);

    for (i = 0; i < db->n; i++) {
        c = &db->conns[i];

        c->db = db;
        c->backoff = SIMRELAYD_DB_BACKOFF_MIN;

        /* the first one listens and does nothing else */

        sr_pg_init(&c->pg, i == 0 ? 0 : SR_SQL_FOR_SIMRELAYD,
                   i == 0 ? "simrelay" : NULL);

        if (i == 0) {
            c->pg.letters = "simrelay_cluster";
            c->pg.notified = simrelayd_db_bell;
            c->pg.told = simrelayd_db_letter;
        }

        c->pg.data = c;

        (void) uv_timer_init(&d->loop, &c->timer);
        c->timer.data = c;
        (void) uv_timer_start(&c->timer, simrelayd_db_connect, 0, 0);
    }

    return db;
}


void
simrelayd_db_stop(simrelayd_t *d)
{
    int                  i;
    simrelayd_db_t      *db;
    simrelayd_queued_t  *q;

    db = d->db;

    if (db == NULL) {
        return;
    }

    db->stopping = 1;

    for (i = 0; i < db->n; i++) {
        simrelayd_db_unwatch(&db->conns[i]);
        sr_pg_close(&db->conns[i].pg);
    }

    simrelayd_queue_move(&db->lost, &db->queue);
    simrelayd_queue_move(&db->lost, &db->slow);

    simrelayd_db_lose(db);

    d->db = NULL;

    while (db->free != NULL) {
        q = db->free;
        db->free = q->next;
        free(q);
    }

    /* memory goes with the last handle */

    db->handles = db->n + 2;

    for (i = 0; i < db->n; i++) {
        uv_close((uv_handle_t *) &db->conns[i].timer, simrelayd_db_closed);
        db->conns[i].timer.data = db;
    }

    uv_close((uv_handle_t *) &db->tick, simrelayd_db_closed);
    uv_close((uv_handle_t *) &db->prepare, simrelayd_db_closed);
}


int
simrelayd_db_ready(const simrelayd_t *d)
{
    int                    i;
    const simrelayd_db_t  *db;

    db = d->db;

    for (i = 1; db != NULL && i < db->n; i++) {
        if (db->conns[i].pg.state == SR_PG_READY) {
            return 1;
        }
    }

    return 0;
}


unsigned
simrelayd_db_epoch(const simrelayd_t *d)
{
    return d->db->epoch;
}


int
simrelayd_db_idle(const simrelayd_t *d)
{
    int                    i;
    const simrelayd_db_t  *db;

    db = d->db;

    if (db == NULL) {
        return 1;
    }

    for (i = 1; i < db->n; i++) {
        if (db->conns[i].pg.inflight != 0) {
            return 0;
        }
    }

    return db->queue.n + db->slow.n + db->lost.n == 0;
}


sr_pg_segment_t *
simrelayd_db_segment(simrelayd_t *d)
{
    simrelayd_db_t      *db;
    simrelayd_queued_t  *q;

    db = d->db;

    if (db->free != NULL) {
        q = db->free;
        db->free = q->next;

    } else {
        q = simrelayd_calloc(1, sizeof(simrelayd_queued_t));
    }

    sr_pg_segment_reset(&q->s);
    q->s.owner = db;

    return &q->s;
}


void
simrelayd_db_send(simrelayd_t *d, sr_pg_segment_t *s)
{
    simrelayd_db_enqueue(d, s, 0);
}


void
simrelayd_db_send_slow(simrelayd_t *d, sr_pg_segment_t *s, int64_t timeout)
{
    simrelayd_db_enqueue(d, s, timeout);
}


static void
simrelayd_db_enqueue(simrelayd_t *d, sr_pg_segment_t *s, int64_t timeout)
{
    simrelayd_db_t      *db = s->owner;
    simrelayd_queued_t  *q = (simrelayd_queued_t *) s;

    q->handler = s->handler;
    q->timeout = timeout;

    s->handler = simrelayd_db_done;
    s->sent_at = sr_time_ticks();

    if (db->stopping || db->queue.n >= SIMRELAYD_DB_QUEUE) {
        simrelayd_queue_add(&db->lost, s);
        return;
    }

    simrelayd_queue_add(timeout != 0 ? &db->slow : &db->queue, s);
}


/*
 * What was asked for while events were handled goes out together, just before
 * the loop waits again.
 */

static void
simrelayd_db_prepare(uv_prepare_t *prepare)
{
    simrelayd_db_pump(prepare->data);
}


static void
simrelayd_db_pump(simrelayd_db_t *db)
{
    simrelayd_db_conn_t  *c;

    do {
        simrelayd_db_lose(db);

        while (db->queue.first != NULL) {

            c = simrelayd_db_pick(db, 0);

            if (c == NULL || simrelayd_db_push(db, &db->queue, c) == -1) {
                break;
            }
        }

        if (db->slow.first != NULL) {

            c = simrelayd_db_pick(db, 1);

            if (c != NULL && simrelayd_db_push(db, &db->slow, c) == 0) {
                c->slow = 1;
            }
        }

        simrelayd_db_flush(db);

    } while (db->lost.first != NULL);
}


static int
simrelayd_db_push(simrelayd_db_t *db, simrelayd_queue_t *q,
    simrelayd_db_conn_t *c)
{
    int64_t              queued_at;
    sr_pg_segment_t     *s;
    simrelayd_queued_t  *segment;

    s = simrelayd_queue_take(q);
    segment = (simrelayd_queued_t *) s;
    queued_at = s->sent_at;

    if (sr_pg_send(&c->pg, s) == 0) {
        c->dirty = 1;
        c->timeout = segment->timeout;

        if (c->pg.inflight == 1) {
            c->progress = s->sent_at;
        }

        return 0;
    }

    /* not sent: it goes by another connection */

    s->sent_at = queued_at;
    simrelayd_queue_put_back(q, s);

    simrelayd_db_down(c);

    return -1;
}


static void
simrelayd_db_flush(simrelayd_db_t *db)
{
    int                   i;
    simrelayd_db_conn_t  *c;

    for (i = 1; i < db->n; i++) {
        c = &db->conns[i];

        if (!c->dirty) {
            continue;
        }

        c->dirty = 0;

        if (sr_pg_flush(&c->pg) == -1) {
            simrelayd_db_down(c);
            continue;
        }

        simrelayd_db_watch(c);
    }
}


/*
 * The connection with the least in flight, rather not one that is slow to
 * answer.  Long work takes one that is idle.
 */

static simrelayd_db_conn_t *
simrelayd_db_pick(simrelayd_db_t *db, int slow)
{
    int                   i, rank, best_rank;
    int64_t               now;
    simrelayd_db_conn_t  *c, *best;

    best = NULL;
    best_rank = 0;
    now = sr_time_ticks();

    for (i = 1; i < db->n; i++) {
        c = &db->conns[i];

        if (c->pg.state != SR_PG_READY || c->slow
            || c->pg.inflight >= (slow ? 1 : SIMRELAYD_DB_DEPTH))
        {
            continue;
        }

        rank = c->pg.inflight;

        if (rank != 0 && now - c->progress > SIMRELAYD_DB_HESITANT) {
            rank += SIMRELAYD_DB_DEPTH;
        }

        if (c->stale) {
            rank += 2 * SIMRELAYD_DB_DEPTH;
        }

        if (best == NULL || rank < best_rank) {
            best = c;
            best_rank = rank;
        }
    }

    return best;
}


/*
 * Ends what cannot be sent.  What handlers ask for meanwhile waits its turn,
 * but for the end, when it is lost as well.
 */

static void
simrelayd_db_lose(simrelayd_db_t *db)
{
    int               rounds;
    sr_pg_segment_t  *s;

    rounds = db->stopping ? SIMRELAYD_DB_ROUNDS : db->lost.n;

    for ( /* void */ ; rounds > 0 && db->lost.first != NULL; rounds--) {
        s = simrelayd_queue_take(&db->lost);
        s->status = SR_PG_LOST;
        s->handler(s);
    }

    /* somebody asks again and again although all of it ends */

    while (db->stopping && db->lost.first != NULL) {
        free(simrelayd_queue_take(&db->lost));
    }
}


static void
simrelayd_db_done(sr_pg_segment_t *s)
{
    simrelayd_db_t      *db = s->owner;
    simrelayd_queued_t  *q = (simrelayd_queued_t *) s;

    if (q->handler != NULL) {
        q->handler(s);
    }

    q->next = db->free;
    db->free = q;
}


static void
simrelayd_db_tick(uv_timer_t *timer)
{
    int                   i, renewed;
    int64_t               now, limit;
    simrelayd_db_t       *db = timer->data;
    simrelayd_db_conn_t  *c;

    renewed = 0;
    now = sr_time_ticks();

    simrelayd_db_expire(db, &db->queue, now);
    simrelayd_db_expire(db, &db->slow, now);

    limit = db->d->conf.statement_timeout + SIMRELAYD_DB_GRACE;

    for (i = 0; i < db->n; i++) {
        c = &db->conns[i];

        switch (c->pg.state) {

        case SR_PG_CLOSED:
            break;

        case SR_PG_CONNECTING:
        case SR_PG_PREPARING:
            if (now - c->progress > SIMRELAYD_DB_CONNECT * 1000) {
                sr_pg_conninfo_turn(&db->ci, c->turn);
                simrelayd_db_fail(c, "no answer while connecting");
            }

            break;

        case SR_PG_READY:
            if (c->pg.first == NULL) {
                if (c->stale && !renewed) {
                    renewed = 1;
                    simrelayd_db_renew(c);
                }

            } else if (now - c->progress > (limit + c->timeout) * 1000) {
                simrelayd_db_fail(c, "no answer to a statement");
            }

            break;
        }
    }
}


static void
simrelayd_db_expire(simrelayd_db_t *db, simrelayd_queue_t *q, int64_t now)
{
    int64_t  limit;

    limit = db->d->conf.statement_timeout * 1000;

    while (q->first != NULL && now - q->first->sent_at > limit) {
        simrelayd_queue_add(&db->lost, simrelayd_queue_take(q));
    }
}


static void
simrelayd_db_closed(uv_handle_t *handle)
{
    simrelayd_db_t  *db = handle->data;

    if (--db->handles != 0) {
        return;
    }

    /* a thread that still resolves names needs them until the process ends */

    if (!db->resolving) {
        simrelayd_db_forget(db);
        free(db->conns);
        free(db);
    }
}
