
/*
 * A worker's connections to the database: what ngx_simrelay_pool.c (who sends
 * where, queues) and ngx_simrelay_conn.c (one connection) share.
 */


#ifndef NGX_SIMRELAY_POOL_H
#define NGX_SIMRELAY_POOL_H


#include "ngx_simrelay.h"


#define NGX_SIMRELAY_READ   0
#define NGX_SIMRELAY_WRITE  1

#define NGX_SIMRELAY_BACKOFF_MIN  100       /* ms */
#define NGX_SIMRELAY_BACKOFF_MAX  1000
#define NGX_SIMRELAY_PING         5000
#define NGX_SIMRELAY_GRACE        2000      /* beyond the statement timeout */
#define NGX_SIMRELAY_BELL         3         /* between two rings */

#define NGX_SIMRELAY_TOLD         8         /* reasons of one outage */

#define NGX_SIMRELAY_USED         128       /* credentials noted at once */
#define NGX_SIMRELAY_USED_AFTER   500       /* ms */


typedef struct {
    sr_pg_t               pg;
    ngx_simrelay_pool_t  *pool;
    ngx_uint_t            kind;
    ngx_connection_t     *connection;   /* nginx's, while there is a socket */
    ngx_event_t           timer;        /* CLOSED: reconnect; CONNECTING and
                                           PREPARING: connect timeout; READY:
                                           ping, or the answer is late */
    ngx_msec_t            backoff;
    int                   turn;         /* of the hosts, when it began */
    unsigned              hope:1;       /* under way: may be ready soon */
    unsigned              dirty:1;      /* to be flushed */
    unsigned              busy:1;       /* its results are being handled: it
                                           cannot be closed now */
    unsigned              bad:1;        /* to be closed after that */
    unsigned              reading:1;    /* in nginx's events */
    unsigned              writing:1;
} ngx_simrelay_conn_t;


typedef struct {
    sr_pg_segment_t      *first;
    sr_pg_segment_t     **last;
    ngx_uint_t            n;
} ngx_simrelay_queue_t;


struct ngx_simrelay_pool_s {
    ngx_simrelay_conf_t   *conf;
    ngx_pool_t            *pool;
    ngx_log_t              log;
    ngx_simrelay_conn_t   *conns;       /* reads, then writes */
    ngx_uint_t             n;
    ngx_simrelay_queue_t   waiting[2];  /* by kind */
    ngx_event_t            flush;       /* posted once an event loop's turn */
    ngx_event_t            expire;      /* the oldest of waiting */
    ngx_event_t            bell;
    ngx_event_t            use;
    int64_t                used[NGX_SIMRELAY_USED];     /* to be noted */
    ngx_uint_t             nused;
    u_char                 used_array[SR_PG_ARRAY_SIZE(NGX_SIMRELAY_USED, 8)];
    ngx_msec_t             rung;
    sr_pg_segment_t       *free;
    uint32_t               told[NGX_SIMRELAY_TOLD];     /* in the log, since a
                                           connection was last ready */
    ngx_uint_t             ntold;
    unsigned               exiting:1;
};


/* Begins to connect, now. */

void ngx_simrelay_conn_open(ngx_simrelay_conn_t *conn);

/* Gives up; its segments end as lost; comes back after a while. */

void ngx_simrelay_conn_close(ngx_simrelay_conn_t *conn, const char *reason);

/* Sends; -1: the connection was closed, the segment was not taken. */

ngx_int_t ngx_simrelay_conn_send(ngx_simrelay_conn_t *conn,
    sr_pg_segment_t *s);

/* Writes what was sent. */

void ngx_simrelay_conn_flush(ngx_simrelay_conn_t *conn);

/* A connection has come, gone, or has room again. */

void ngx_simrelay_pool_changed(ngx_simrelay_pool_t *pool);


#endif /* NGX_SIMRELAY_POOL_H */
