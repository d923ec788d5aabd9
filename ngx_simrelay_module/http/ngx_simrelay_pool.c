
/*
 * A worker's connections to the database: who sends where, who waits, what is
 * too much.
 */


#include "ngx_simrelay_pool.h"


static ngx_simrelay_conn_t *ngx_simrelay_pool_pick(ngx_simrelay_pool_t *pool,
    ngx_uint_t kind);
static ngx_uint_t ngx_simrelay_pool_hope(ngx_simrelay_pool_t *pool,
    ngx_uint_t kind);
static void ngx_simrelay_pool_flush(ngx_event_t *ev);
static void ngx_simrelay_pool_expire(ngx_event_t *ev);
static void ngx_simrelay_pool_bell(ngx_event_t *ev);
static void ngx_simrelay_pool_use(ngx_event_t *ev);
static void ngx_simrelay_pool_use_done(sr_pg_segment_t *s);
static sr_pg_segment_t *ngx_simrelay_pool_shift(ngx_simrelay_queue_t *q);
static void ngx_simrelay_pool_lose(ngx_simrelay_queue_t *q);
static void ngx_simrelay_pool_rest(ngx_simrelay_pool_t *pool);
static void ngx_simrelay_pool_count(ngx_simrelay_pool_t *pool);


ngx_int_t
ngx_simrelay_pool_init(ngx_cycle_t *cycle, ngx_simrelay_conf_t *conf)
{
    ngx_uint_t            i;
    ngx_simrelay_conn_t  *conn;
    ngx_simrelay_pool_t  *pool;

    pool = ngx_pcalloc(cycle->pool, sizeof(ngx_simrelay_pool_t));
    if (pool == NULL) {
        return NGX_ERROR;
    }

    pool->pool = ngx_create_pool(16384, cycle->log);
    if (pool->pool == NULL) {
        return NGX_ERROR;
    }

    pool->n = conf->reads + conf->writes;
    pool->conns = ngx_pcalloc(pool->pool,
                              pool->n * sizeof(ngx_simrelay_conn_t));
    if (pool->conns == NULL) {
        return NGX_ERROR;
    }

    pool->conf = conf;
    pool->log = *cycle->log;
    pool->log.connection = 0;
    pool->log.handler = NULL;

    pool->flush.handler = ngx_simrelay_pool_flush;
    pool->flush.data = pool;
    pool->flush.log = &pool->log;

    pool->expire.handler = ngx_simrelay_pool_expire;
    pool->expire.data = pool;
    pool->expire.log = &pool->log;

    pool->bell.handler = ngx_simrelay_pool_bell;
    pool->bell.data = pool;
    pool->bell.log = &pool->log;

    pool->use.handler = ngx_simrelay_pool_use;
    pool->use.data = pool;
    pool->use.log = &pool->log;
    pool->use.cancelable = 1;

    for (i = 0; i < 2; i++) {
        pool->waiting[i].last = &pool->waiting[i].first;
    }

    conf->pool = pool;

    for (i = 0; i < pool->n; i++) {
        conn = &pool->conns[i];
        conn->pool = pool;
        conn->kind = i < conf->reads ? NGX_SIMRELAY_READ : NGX_SIMRELAY_WRITE;
        sr_pg_init(&conn->pg, SR_SQL_FOR_MODULE, NULL);
        conn->pg.share = (conn->kind == NGX_SIMRELAY_READ);
    }

    for (i = 0; i < pool->n; i++) {
        ngx_simrelay_conn_open(&pool->conns[i]);
    }

    return NGX_OK;
}


void
ngx_simrelay_pool_exit(ngx_simrelay_conf_t *conf)
{
    ngx_uint_t            i;
    ngx_simrelay_pool_t  *pool;

    pool = conf->pool;

    if (pool == NULL) {
        return;
    }

    pool->exiting = 1;

    for (i = 0; i < pool->n; i++) {
        ngx_simrelay_conn_close(&pool->conns[i], "");
    }

    ngx_simrelay_stats_pool(conf, 0, 0, 0);
}


sr_pg_segment_t *
ngx_simrelay_pool_segment(ngx_simrelay_pool_t *pool)
{
    sr_pg_segment_t  *s;

    s = pool->free;

    if (s) {
        pool->free = s->next;

    } else {
        s = ngx_palloc(pool->pool, sizeof(sr_pg_segment_t));
        if (s == NULL) {
            return NULL;
        }
    }

    sr_pg_segment_reset(s);
    s->owner = pool;

    return s;
}


void
ngx_simrelay_pool_free(ngx_simrelay_pool_t *pool, sr_pg_segment_t *s)
{
    s->next = pool->free;
    pool->free = s;
}


ngx_int_t
ngx_simrelay_pool_send(ngx_simrelay_pool_t *pool, sr_pg_segment_t *s,
    ngx_uint_t write)
{
    ngx_uint_t             kind;
    ngx_simrelay_conn_t   *conn;
    ngx_simrelay_queue_t  *q;

    kind = write ? NGX_SIMRELAY_WRITE : NGX_SIMRELAY_READ;
    q = &pool->waiting[kind];

    while (q->n == 0) {
        conn = ngx_simrelay_pool_pick(pool, kind);

        if (conn == NULL) {
            break;
        }

        if (ngx_simrelay_conn_send(conn, s) == NGX_OK) {
            return NGX_OK;
        }
    }

    if (q->n >= pool->conf->queue || !ngx_simrelay_pool_hope(pool, kind)) {
        return NGX_DECLINED;
    }

    s->sent_at = 0;
    s->done_at = sr_time_ticks();         /* since when it waits */
    s->next = NULL;

    *q->last = s;
    q->last = &s->next;
    q->n++;

    ngx_simrelay_pool_count(pool);

    if (!pool->expire.timer_set) {
        ngx_add_timer(&pool->expire, pool->conf->queue_timeout);
    }

    return NGX_OK;
}


void
ngx_simrelay_pool_cancel(ngx_simrelay_pool_t *pool, sr_pg_segment_t *s)
{
    ngx_uint_t              i;
    sr_pg_segment_t       **p;
    ngx_simrelay_queue_t   *q;

    /* what is in flight is read to its end, and given back by its handler */

    s->data = NULL;

    if (s->sent_at) {
        return;
    }

    for (i = 0; i < 2; i++) {
        q = &pool->waiting[i];

        for (p = &q->first; *p; p = &(*p)->next) {

            if (*p != s) {
                continue;
            }

            *p = s->next;

            if (*p == NULL) {
                q->last = p;
            }

            q->n--;
            ngx_simrelay_pool_free(pool, s);
            ngx_simrelay_pool_rest(pool);
            return;
        }
    }
}


void
ngx_simrelay_pool_ring(ngx_simrelay_pool_t *pool)
{
    ngx_msec_t  passed;

    if (pool->bell.timer_set || pool->bell.posted) {
        return;
    }

    passed = ngx_current_msec - pool->rung;

    if (passed >= NGX_SIMRELAY_BELL) {
        ngx_post_event(&pool->bell, &ngx_posted_events);
        return;
    }

    ngx_add_timer(&pool->bell, NGX_SIMRELAY_BELL - passed);
}


/* what finds no room shows up again with a later request */

void
ngx_simrelay_pool_used(ngx_simrelay_pool_t *pool, int64_t credential_id)
{
    ngx_uint_t  i;

    for (i = 0; i < pool->nused; i++) {
        if (pool->used[i] == credential_id) {
            return;
        }
    }

    if (i == NGX_SIMRELAY_USED || pool->exiting) {
        return;
    }

    pool->used[i] = credential_id;
    pool->nused++;

    if (!pool->use.timer_set) {
        ngx_add_timer(&pool->use, NGX_SIMRELAY_USED_AFTER);
    }
}


ngx_uint_t
ngx_simrelay_pool_ready(ngx_simrelay_pool_t *pool)
{
    ngx_uint_t  i, ready[2];

    ready[0] = 0;
    ready[1] = 0;

    for (i = 0; i < pool->n; i++) {
        if (pool->conns[i].pg.state == SR_PG_READY) {
            ready[pool->conns[i].kind] = 1;
        }
    }

    return ready[0] && ready[1];
}


void
ngx_simrelay_pool_changed(ngx_simrelay_pool_t *pool)
{
    ngx_uint_t             kind;
    sr_pg_segment_t       *s;
    ngx_simrelay_conn_t   *conn;
    ngx_simrelay_queue_t  *q;

    for (kind = 0; kind < 2; kind++) {
        q = &pool->waiting[kind];

        while (q->n) {
            conn = ngx_simrelay_pool_pick(pool, kind);

            if (conn == NULL) {
                break;
            }

            s = ngx_simrelay_pool_shift(q);

            if (ngx_simrelay_conn_send(conn, s) != NGX_OK) {
                s->status = SR_PG_LOST;
                s->handler(s);
            }
        }

        if (q->n && !ngx_simrelay_pool_hope(pool, kind)) {
            ngx_simrelay_pool_lose(q);
        }
    }

    ngx_simrelay_pool_rest(pool);
    ngx_simrelay_pool_count(pool);
}


/* of those that are ready and have room, the one with the least in flight */

static ngx_simrelay_conn_t *
ngx_simrelay_pool_pick(ngx_simrelay_pool_t *pool, ngx_uint_t kind)
{
    ngx_uint_t            i;
    ngx_simrelay_conn_t  *conn, *best;

    best = NULL;

    for (i = 0; i < pool->n; i++) {
        conn = &pool->conns[i];

        if (conn->kind != kind || conn->pg.state != SR_PG_READY || conn->bad
            || conn->pg.inflight >= (int) pool->conf->depth)
        {
            continue;
        }

        if (best == NULL || conn->pg.inflight < best->pg.inflight) {
            best = conn;
        }
    }

    return best;
}


/* is it worth while to wait for a connection? */

static ngx_uint_t
ngx_simrelay_pool_hope(ngx_simrelay_pool_t *pool, ngx_uint_t kind)
{
    ngx_uint_t            i;
    ngx_simrelay_conn_t  *conn;

    for (i = 0; i < pool->n; i++) {
        conn = &pool->conns[i];

        if (conn->kind == kind
            && (conn->hope || conn->pg.state == SR_PG_READY))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_simrelay_pool_flush(ngx_event_t *ev)
{
    ngx_uint_t            i;
    ngx_simrelay_pool_t  *pool = ev->data;

    for (i = 0; i < pool->n; i++) {
        if (pool->conns[i].dirty) {
            ngx_simrelay_conn_flush(&pool->conns[i]);
        }
    }

    ngx_simrelay_pool_count(pool);
}


static void
ngx_simrelay_pool_expire(ngx_event_t *ev)
{
    int64_t                limit, oldest;
    ngx_uint_t             kind;
    sr_pg_segment_t       *s;
    ngx_simrelay_queue_t  *q;
    ngx_simrelay_pool_t   *pool = ev->data;

    limit = sr_time_ticks() - (int64_t) pool->conf->queue_timeout * 1000;
    oldest = 0;

    for (kind = 0; kind < 2; kind++) {
        q = &pool->waiting[kind];

        while (q->first && q->first->done_at <= limit) {
            s = ngx_simrelay_pool_shift(q);
            s->status = SR_PG_LOST;
            s->handler(s);
        }

        if (q->first && (oldest == 0 || q->first->done_at < oldest)) {
            oldest = q->first->done_at;
        }
    }

    ngx_simrelay_pool_count(pool);

    if (oldest && !pool->expire.timer_set) {
        ngx_add_timer(&pool->expire, (oldest - limit) / 1000 + 1);
    }
}


/*
 * The doorbell goes by a read connection: these commit without waiting for the
 * disk, and nobody's write stands behind it.
 */

static void
ngx_simrelay_pool_bell(ngx_event_t *ev)
{
    ngx_simrelay_conn_t  *conn;
    ngx_simrelay_pool_t  *pool = ev->data;

    conn = ngx_simrelay_pool_pick(pool, NGX_SIMRELAY_READ);

    pool->rung = ngx_current_msec;

    if (conn == NULL) {
        return;
    }

    if (sr_pg_ring(&conn->pg) != 0) {
        ngx_simrelay_conn_close(conn, conn->pg.error);
        return;
    }

    ngx_simrelay_conn_flush(conn);
}


/*
 * It never waits: what stands in a queue would point to an array that changes.
 * What is not noted now shows up again with a later request.
 */

static void
ngx_simrelay_pool_use(ngx_event_t *ev)
{
    ngx_uint_t            n;
    sr_pg_segment_t      *s;
    ngx_simrelay_conn_t  *conn;
    ngx_simrelay_pool_t  *pool = ev->data;

    n = pool->nused;
    pool->nused = 0;

    if (pool->waiting[NGX_SIMRELAY_WRITE].n) {
        return;
    }

    conn = ngx_simrelay_pool_pick(pool, NGX_SIMRELAY_WRITE);

    if (conn == NULL) {
        return;
    }

    s = ngx_simrelay_pool_segment(pool);

    if (s == NULL) {
        return;
    }

    s->handler = ngx_simrelay_pool_use_done;

    sr_pg_statement(s, SR_SQL_CREDENTIAL_USED);
    sr_pg_bind_int8s(s, pool->used_array, pool->used, (int) n);

    if (ngx_simrelay_conn_send(conn, s) != NGX_OK) {
        ngx_simrelay_pool_free(pool, s);
    }
}


static void
ngx_simrelay_pool_use_done(sr_pg_segment_t *s)
{
    ngx_simrelay_pool_free(s->owner, s);
}


static sr_pg_segment_t *
ngx_simrelay_pool_shift(ngx_simrelay_queue_t *q)
{
    sr_pg_segment_t  *s;

    s = q->first;
    q->first = s->next;
    q->n--;

    if (q->first == NULL) {
        q->last = &q->first;
    }

    return s;
}


/* those that come meanwhile are not lost with them */

static void
ngx_simrelay_pool_lose(ngx_simrelay_queue_t *q)
{
    ngx_uint_t        n;
    sr_pg_segment_t  *s;

    for (n = q->n; n && q->n; n--) {
        s = ngx_simrelay_pool_shift(q);
        s->status = SR_PG_LOST;
        s->handler(s);
    }
}


/* where nobody waits, no timer keeps an old worker */

static void
ngx_simrelay_pool_rest(ngx_simrelay_pool_t *pool)
{
    if (pool->waiting[0].n == 0 && pool->waiting[1].n == 0
        && pool->expire.timer_set)
    {
        ngx_del_timer(&pool->expire);
    }
}


static void
ngx_simrelay_pool_count(ngx_simrelay_pool_t *pool)
{
    ngx_uint_t  i, ready, inflight;

    ready = 0;
    inflight = 0;

    for (i = 0; i < pool->n; i++) {
        ready += (pool->conns[i].pg.state == SR_PG_READY);
        inflight += pool->conns[i].pg.inflight;
    }

    ngx_simrelay_stats_pool(pool->conf, ready, inflight,
                            pool->waiting[0].n + pool->waiting[1].n);
}
