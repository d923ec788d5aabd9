
/*
 * The database of the daemon: what its queue (simrelayd_db.c) and its
 * connections (simrelayd_db_conn.c) share.
 */


#ifndef SIMRELAYD_DB_H
#define SIMRELAYD_DB_H


#include "simrelayd.h"


#define SIMRELAYD_DB_QUEUE        4096      /* segments that wait */
#define SIMRELAYD_DB_ROUNDS       65536     /* of handlers, at the end */
#define SIMRELAYD_DB_DEPTH        8         /* in flight on a connection */
#define SIMRELAYD_DB_BACKOFF_MIN  100       /* ms */
#define SIMRELAYD_DB_BACKOFF_MAX  2000
#define SIMRELAYD_DB_TICK         250       /* ms */
#define SIMRELAYD_DB_CONNECT      10000     /* ms until it is ready */
#define SIMRELAYD_DB_GRACE        5000      /* ms beyond statement_timeout */
#define SIMRELAYD_DB_HESITANT     50000     /* us without an answer */
#define SIMRELAYD_DB_LOCK         500       /* lock_timeout, ms */
#define SIMRELAYD_DB_REPEAT       60        /* seconds until the same error is
                                               logged again */


/* a segment as the free list has it */

typedef struct simrelayd_queued_s  simrelayd_queued_t;

struct simrelayd_queued_s {
    sr_pg_segment_t       s;            /* first */
    simrelayd_queued_t   *next;         /* free */
    int64_t               timeout;      /* of long work; else 0 */
    void                (*handler)(sr_pg_segment_t *s);
};


typedef struct {
    sr_pg_segment_t      *first;
    sr_pg_segment_t     **last;
    int                   n;
} simrelayd_queue_t;


typedef struct {
    sr_pg_t               pg;
    simrelayd_db_t       *db;

    uv_poll_t            *poll;         /* made anew for each socket */
    int                   events;       /* that it watches */

    uv_timer_t            timer;        /* until the next attempt */
    int                   backoff;

    int                   turn;         /* of the hosts, when it began */
    int64_t               progress;     /* when it last got on */
    int64_t               timeout;      /* of long work in flight; else 0 */

    unsigned              waiting:1;    /* for names */
    unsigned              up:1;
    unsigned              dirty:1;      /* to be flushed */
    unsigned              slow:1;       /* long work is in flight */
    unsigned              stale:1;      /* of an older conninfo */
} simrelayd_db_conn_t;


struct simrelayd_db_s {
    simrelayd_t          *d;
    sr_pg_conninfo_t      ci;
    int                   n;
    simrelayd_db_conn_t  *conns;        /* the first one listens */

    simrelayd_queue_t     queue;
    simrelayd_queue_t     slow;
    simrelayd_queue_t     lost;         /* end with SR_PG_LOST */
    simrelayd_queued_t   *free;

    uv_prepare_t          prepare;
    uv_timer_t            tick;
    uv_work_t             work;         /* resolves names */
    char                **addresses;

    char                  error[256];   /* logged last */
    int64_t               error_at;
    unsigned              epoch;        /* connections that became ready */
    int                   handles;      /* to be closed */

    unsigned              resolving:1;
    unsigned              reload:1;     /* conninfo, once names are resolved */
    unsigned              stopping:1;
};


/* Queues of segments. */

void simrelayd_queue_init(simrelayd_queue_t *q);
void simrelayd_queue_add(simrelayd_queue_t *q, sr_pg_segment_t *s);
void simrelayd_queue_put_back(simrelayd_queue_t *q, sr_pg_segment_t *s);

/* Not of an empty queue. */

sr_pg_segment_t *simrelayd_queue_take(simrelayd_queue_t *q);

/* All of "from" to the end of q. */

void simrelayd_queue_move(simrelayd_queue_t *q, simrelayd_queue_t *from);


/* Takes the conninfo apart.  0, or -1, logged. */

int simrelayd_db_conninfo(simrelayd_db_t *db);

/* Gives that back. */

void simrelayd_db_forget(simrelayd_db_t *db);

/* A timer's: begins to connect. */

void simrelayd_db_connect(uv_timer_t *timer);

/* Watches the socket for what the connection waits for. */

void simrelayd_db_watch(simrelayd_db_conn_t *c);
void simrelayd_db_unwatch(simrelayd_db_conn_t *c);

/* Closes it for a reason, or for pg.error, and tries again later. */

void simrelayd_db_fail(simrelayd_db_conn_t *c, const char *reason);
void simrelayd_db_down(simrelayd_db_conn_t *c);

/* Closes an idle one of an older conninfo, and connects anew at once. */

void simrelayd_db_renew(simrelayd_db_conn_t *c);

/* Notifications have come; or one that carries something. */

void simrelayd_db_bell(sr_pg_t *pg);
void simrelayd_db_letter(sr_pg_t *pg, const char *payload);


#endif /* SIMRELAYD_DB_H */
