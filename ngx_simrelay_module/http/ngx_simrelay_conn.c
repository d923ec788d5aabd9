
/*
 * One connection to the database in nginx's event loop: its socket's events,
 * its timer, its coming back.
 */


#include "ngx_simrelay_pool.h"


static void ngx_simrelay_conn_resolved(void *data);
static ngx_uint_t ngx_simrelay_conn_news(ngx_simrelay_pool_t *pool,
    const char *reason);
static ngx_int_t ngx_simrelay_conn_watch(ngx_simrelay_conn_t *conn);
static void ngx_simrelay_conn_unwatch(ngx_simrelay_conn_t *conn);
static void ngx_simrelay_conn_event(ngx_event_t *ev);
static void ngx_simrelay_conn_timer(ngx_event_t *ev);
static void ngx_simrelay_conn_arm(ngx_simrelay_conn_t *conn);
static void ngx_simrelay_conn_ping(ngx_simrelay_conn_t *conn);
static void ngx_simrelay_conn_pong(sr_pg_segment_t *s);


void
ngx_simrelay_conn_open(ngx_simrelay_conn_t *conn)
{
    conn->timer.handler = ngx_simrelay_conn_timer;
    conn->timer.data = conn;
    conn->timer.log = &conn->pool->log;
    conn->timer.cancelable = 1;

    conn->hope = 1;

    if (ngx_simrelay_resolve(conn->pool->conf, &conn->pool->log,
                             ngx_simrelay_conn_resolved, conn)
        != NGX_OK)
    {
        ngx_simrelay_conn_close(conn, "its name cannot be resolved");
    }
}


static void
ngx_simrelay_conn_resolved(void *data)
{
    ngx_simrelay_conn_t  *conn = data;
    sr_pg_conninfo_t     *ci;

    if (conn->pool->exiting) {
        return;
    }

    ci = &conn->pool->conf->conninfo;
    conn->turn = ci->turn;

    if (sr_pg_connect(&conn->pg, (const char *const *) ci->keywords,
                      (const char *const *) ci->values)
        != 0)
    {
        ngx_simrelay_conn_close(conn, conn->pg.error);
        return;
    }

    if (ngx_simrelay_conn_watch(conn) != NGX_OK) {
        ngx_simrelay_conn_close(conn, "its socket cannot be watched");
        return;
    }

    ngx_add_timer(&conn->timer, conn->pool->conf->connect_timeout);
}


void
ngx_simrelay_conn_close(ngx_simrelay_conn_t *conn, const char *reason)
{
    ngx_uint_t            level;
    ngx_simrelay_pool_t  *pool;

    pool = conn->pool;

    if (!pool->exiting) {

        level = ngx_simrelay_conn_news(pool, reason) ? NGX_LOG_ERR
                                                     : NGX_LOG_INFO;

        ngx_log_error(level, &pool->log, 0,
                      "simrelay: database connection is closed: %s", reason);

        conn->backoff = conn->backoff
                        ? ngx_min(conn->backoff * 2, NGX_SIMRELAY_BACKOFF_MAX)
                        : NGX_SIMRELAY_BACKOFF_MIN;

        ngx_add_timer(&conn->timer,
                      conn->backoff + ngx_random() % (conn->backoff / 4));
    }

    conn->hope = 0;
    conn->dirty = 0;
    conn->bad = 0;

    ngx_simrelay_conn_unwatch(conn);
    sr_pg_close(&conn->pg);

    if (!pool->exiting) {
        ngx_simrelay_pool_changed(pool);
    }
}


/*
 * Each reason of an outage is told to the operator once, whichever connection
 * it comes from: "terminated" may be followed by "the schema is newer".
 */

static ngx_uint_t
ngx_simrelay_conn_news(ngx_simrelay_pool_t *pool, const char *reason)
{
    uint32_t    hash;
    ngx_uint_t  i;

    hash = ngx_crc32_short((u_char *) reason, ngx_strlen(reason));

    for (i = 0; i < pool->ntold; i++) {
        if (pool->told[i] == hash) {
            return 0;
        }
    }

    if (i == NGX_SIMRELAY_TOLD) {
        return 0;
    }

    pool->told[pool->ntold++] = hash;

    return 1;
}


ngx_int_t
ngx_simrelay_conn_send(ngx_simrelay_conn_t *conn, sr_pg_segment_t *s)
{
    if (sr_pg_send(&conn->pg, s) != 0) {

        if (conn->busy) {
            conn->bad = 1;

        } else {
            ngx_simrelay_conn_close(conn, conn->pg.error);
        }

        return NGX_ERROR;
    }

    conn->dirty = 1;

    if (!conn->pool->flush.posted) {
        ngx_post_event(&conn->pool->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_simrelay_conn_flush(ngx_simrelay_conn_t *conn)
{
    conn->dirty = 0;

    if (sr_pg_flush(&conn->pg) != 0) {
        ngx_simrelay_conn_close(conn, conn->pg.error);
        return;
    }

    if (conn->pg.inflight && conn->timer.cancelable) {
        ngx_simrelay_conn_arm(conn);
    }

    if (ngx_simrelay_conn_watch(conn) != NGX_OK) {
        ngx_simrelay_conn_close(conn, "its socket cannot be watched");
    }
}


/* brings nginx's events in step with what the connection waits for */

static ngx_int_t
ngx_simrelay_conn_watch(ngx_simrelay_conn_t *conn)
{
    int                fd;
    ngx_connection_t  *c;

    fd = sr_pg_socket(&conn->pg);

    if (fd == -1) {
        return NGX_ERROR;
    }

    c = conn->connection;

    if (c == NULL) {
        c = ngx_get_connection(fd, &conn->pool->log);
        if (c == NULL) {
            return NGX_ERROR;
        }

        c->data = conn;
        c->log = &conn->pool->log;
        c->read->log = c->log;
        c->write->log = c->log;
        c->read->handler = ngx_simrelay_conn_event;
        c->write->handler = ngx_simrelay_conn_event;
        c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

        conn->connection = c;
        conn->reading = 0;
        conn->writing = 0;
    }

    /* level-triggered: libpq reads and writes as much as it likes */

    if (!conn->reading && (conn->pg.wants & SR_PG_READ)) {
        if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        conn->reading = 1;
    }

    if (!conn->writing && (conn->pg.wants & SR_PG_WRITE)) {
        if (ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        conn->writing = 1;

    } else if (conn->writing && !(conn->pg.wants & SR_PG_WRITE)) {
        if (ngx_del_event(c->write, NGX_WRITE_EVENT, 0) != NGX_OK) {
            return NGX_ERROR;
        }

        conn->writing = 0;
    }

    return NGX_OK;
}


static void
ngx_simrelay_conn_unwatch(ngx_simrelay_conn_t *conn)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = conn->connection;

    if (c == NULL) {
        return;
    }

    conn->connection = NULL;

    /* at the end of input libpq closes it, and the kernel forgets it */

    flags = (sr_pg_socket(&conn->pg) == c->fd) ? 0 : NGX_CLOSE_EVENT;

    if (c->read->active) {
        ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    /* the descriptor is libpq's to close */

    c->read->closed = 1;
    c->write->closed = 1;

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


static void
ngx_simrelay_conn_event(ngx_event_t *ev)
{
    int                   rc;
    sr_pg_state_e         state;
    ngx_connection_t     *c;
    ngx_simrelay_conn_t  *conn;

    c = ev->data;
    conn = c->data;
    state = conn->pg.state;

    /* libpq may go on with another socket, even one of the same number */

    if (state == SR_PG_CONNECTING) {
        ngx_simrelay_conn_unwatch(conn);
    }

    conn->busy = 1;
    rc = sr_pg_event(&conn->pg);
    conn->busy = 0;

    if (rc != 0 || conn->bad) {
        ngx_simrelay_conn_close(conn, conn->pg.error);
        return;
    }

    if (ngx_simrelay_conn_watch(conn) != NGX_OK) {
        ngx_simrelay_conn_close(conn, "its socket cannot be watched");
        return;
    }

    if (conn->pg.state != SR_PG_READY) {
        return;
    }

    if (state != SR_PG_READY) {

        if (conn->backoff) {
            ngx_log_error(NGX_LOG_NOTICE, &conn->pool->log, 0,
                          "simrelay: database connection is back");
        }

        conn->pool->ntold = 0;
        conn->backoff = 0;
        conn->hope = 0;
    }

    ngx_simrelay_conn_arm(conn);
    ngx_simrelay_pool_changed(conn->pool);
}


/*
 * A request in flight keeps an old worker alive; an idle connection does not
 * (cancelable).
 */

static void
ngx_simrelay_conn_arm(ngx_simrelay_conn_t *conn)
{
    ngx_simrelay_conf_t  *conf;

    conf = conn->pool->conf;

    if (conn->pg.inflight) {
        conn->timer.cancelable = 0;
        ngx_add_timer(&conn->timer, conf->statement_timeout
                                    + conf->lock_timeout
                                    + NGX_SIMRELAY_GRACE);
        return;
    }

    conn->timer.cancelable = 1;
    ngx_add_timer(&conn->timer, NGX_SIMRELAY_PING);
}


static void
ngx_simrelay_conn_timer(ngx_event_t *ev)
{
    ngx_simrelay_conn_t  *conn = ev->data;

    switch (conn->pg.state) {

    case SR_PG_CLOSED:
        ngx_simrelay_conn_open(conn);
        return;

    case SR_PG_READY:
        if (conn->pg.inflight == 0) {
            ngx_simrelay_conn_ping(conn);
            return;
        }

        /* an idle connection's, and a request came with it */

        if (conn->timer.cancelable) {
            ngx_simrelay_conn_arm(conn);
            return;
        }

        ngx_simrelay_conn_close(conn, "it does not answer");
        return;

    default:
        sr_pg_conninfo_turn(&conn->pool->conf->conninfo, conn->turn);
        ngx_simrelay_conn_close(conn, "connecting takes too long");
        return;
    }
}


/* an empty segment: a database that went without a word is noticed */

static void
ngx_simrelay_conn_ping(ngx_simrelay_conn_t *conn)
{
    sr_pg_segment_t  *s;

    s = ngx_simrelay_pool_segment(conn->pool);

    if (s == NULL) {
        ngx_simrelay_conn_arm(conn);
        return;
    }

    s->handler = ngx_simrelay_conn_pong;

    if (ngx_simrelay_conn_send(conn, s) != NGX_OK) {
        ngx_simrelay_pool_free(conn->pool, s);
    }
}


static void
ngx_simrelay_conn_pong(sr_pg_segment_t *s)
{
    ngx_simrelay_pool_free(s->owner, s);
}
