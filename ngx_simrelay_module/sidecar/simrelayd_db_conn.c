
/*
 * Connections to the database: resolving names in a thread, connecting,
 * watching sockets, and backing off where there is no database.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_db.h"


/* added to the conninfo where it does not say itself */

#define SIMRELAYD_DB_EXTRAS  4


static int simrelayd_db_named(const simrelayd_db_t *db);
static void simrelayd_db_resolve(uv_work_t *work);
static void simrelayd_db_resolved(uv_work_t *work, int status);
static void simrelayd_db_begin(simrelayd_db_conn_t *c);
static int simrelayd_db_open(simrelayd_db_conn_t *c);
static const char *simrelayd_db_options(simrelayd_arena_t *arena,
    const char *options);
static void simrelayd_db_event(uv_poll_t *poll, int status, int events);
static void simrelayd_db_unwatched(uv_handle_t *handle);
static void simrelayd_db_up(simrelayd_db_conn_t *c);
static void simrelayd_db_look(simrelayd_t *d);
static void simrelayd_db_log(simrelayd_db_conn_t *c);
static int simrelayd_db_index(const simrelayd_db_conn_t *c);


/*
 * A host that is silent: the kernel gives up on it in seconds, also while
 * connecting, so that the next one of several is tried.
 */

static const char  *simrelayd_db_extras[SIMRELAYD_DB_EXTRAS][2] = {
    { "tcp_user_timeout",    "4000" },
    { "keepalives_idle",     "10"   },
    { "keepalives_interval", "2"    },
    { "keepalives_count",    "3"    }
};


void
simrelayd_queue_init(simrelayd_queue_t *q)
{
    q->first = NULL;
    q->last = &q->first;
    q->n = 0;
}


void
simrelayd_queue_add(simrelayd_queue_t *q, sr_pg_segment_t *s)
{
    s->next = NULL;
    *q->last = s;
    q->last = &s->next;
    q->n++;
}


void
simrelayd_queue_put_back(simrelayd_queue_t *q, sr_pg_segment_t *s)
{
    s->next = q->first;

    if (q->first == NULL) {
        q->last = &s->next;
    }

    q->first = s;
    q->n++;
}


sr_pg_segment_t *
simrelayd_queue_take(simrelayd_queue_t *q)
{
    sr_pg_segment_t  *s;

    s = q->first;
    q->first = s->next;
    q->n--;

    if (q->first == NULL) {
        q->last = &q->first;
    }

    s->next = NULL;

    return s;
}


void
simrelayd_queue_move(simrelayd_queue_t *q, simrelayd_queue_t *from)
{
    while (from->first != NULL) {
        simrelayd_queue_add(q, simrelayd_queue_take(from));
    }
}


int
simrelayd_db_conninfo(simrelayd_db_t *db)
{
    char               err[256];
    simrelayd_conf_t  *conf;

    conf = &db->d->conf;

    if (sr_pg_conninfo_parse(&db->ci, conf->database, "simrelayd",
                             (int) conf->statement_timeout,
                             SIMRELAYD_DB_LOCK, err, sizeof(err))
        == -1)
    {
        simrelayd_log(SIMRELAYD_ERROR, "event=conninfo_wrong error=%s",
                      simrelayd_quote(err, strlen(err)));
        return -1;
    }

    db->addresses = simrelayd_calloc(db->ci.nhosts + 1, sizeof(char *));

    return 0;
}


void
simrelayd_db_forget(simrelayd_db_t *db)
{
    sr_pg_conninfo_free(&db->ci);
    free(db->addresses);
}


void
simrelayd_db_reload(simrelayd_t *d)
{
    int              i;
    simrelayd_db_t  *db;

    db = d->db;

    if (db == NULL) {
        return;
    }

    if (db->resolving) {
        db->reload = 1;
        return;
    }

    simrelayd_db_forget(db);

    /* it was parsed at the start, and only a time has changed */

    if (simrelayd_db_conninfo(db) == -1) {
        exit(1);
    }

    for (i = 0; i < db->n; i++) {
        db->conns[i].stale = (db->conns[i].pg.state != SR_PG_CLOSED);
    }
}


void
simrelayd_db_connect(uv_timer_t *timer)
{
    simrelayd_db_t       *db;
    simrelayd_db_conn_t  *c = timer->data;

    db = c->db;

    if (!simrelayd_db_named(db)) {
        simrelayd_db_begin(c);
        return;
    }

    c->waiting = 1;

    if (db->resolving) {
        return;
    }

    db->resolving = 1;
    db->work.data = db;

    (void) uv_queue_work(&db->d->loop, &db->work, simrelayd_db_resolve,
                         simrelayd_db_resolved);
}


static int
simrelayd_db_named(const simrelayd_db_t *db)
{
    int  i;

    for (i = 0; i < db->ci.nhosts; i++) {
        if (db->ci.hosts[i] != NULL) {
            return 1;
        }
    }

    return 0;
}


/* in a thread: nothing but ci and addresses may be touched */

static void
simrelayd_db_resolve(uv_work_t *work)
{
    simrelayd_db_t  *db = work->data;

    sr_pg_conninfo_resolve(&db->ci, db->addresses);
}


static void
simrelayd_db_resolved(uv_work_t *work, int status)
{
    int              i;
    simrelayd_db_t  *db = work->data;

    db->resolving = 0;

    if (sr_pg_conninfo_addresses(&db->ci, db->addresses) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=out_of_memory");
        abort();
    }

    for (i = 0; i < db->ci.nhosts; i++) {
        free(db->addresses[i]);
        db->addresses[i] = NULL;
    }

    if (db->stopping) {
        if (db->handles == 0) {
            simrelayd_db_forget(db);
            free(db->conns);
            free(db);
        }

        return;
    }

    for (i = 0; i < db->n; i++) {

        if (db->conns[i].waiting) {
            db->conns[i].waiting = 0;
            simrelayd_db_begin(&db->conns[i]);
        }
    }

    if (db->reload) {
        db->reload = 0;
        simrelayd_db_reload(db->d);
    }
}


static void
simrelayd_db_begin(simrelayd_db_conn_t *c)
{
    c->stale = 0;
    c->turn = c->db->ci.turn;
    c->progress = sr_time_ticks();

    if (simrelayd_db_open(c) == -1) {
        simrelayd_db_down(c);
        return;
    }

    simrelayd_db_watch(c);
}


static int
simrelayd_db_open(simrelayd_db_conn_t *c)
{
    int                 i, k, n;
    const char        **keywords, **values;
    sr_pg_conninfo_t   *ci;
    simrelayd_arena_t   arena;

    ci = &c->db->ci;

    for (n = 0; ci->keywords[n] != NULL; n++) { /* void */ }

    simrelayd_arena_init(&arena);

    keywords = arena.alloc.alloc(&arena, (n + SIMRELAYD_DB_EXTRAS + 1)
                                         * sizeof(char *));
    values = arena.alloc.alloc(&arena, (n + SIMRELAYD_DB_EXTRAS + 1)
                                       * sizeof(char *));

    for (i = 0; i < n; i++) {
        keywords[i] = ci->keywords[i];
        values[i] = ci->values[i];

        if (strcmp(keywords[i], "options") == 0) {
            values[i] = simrelayd_db_options(&arena, values[i]);
        }
    }

    for (k = 0; k < SIMRELAYD_DB_EXTRAS; k++) {

        for (i = 0; ci->keywords[i] != NULL; i++) {
            if (strcmp(ci->keywords[i], simrelayd_db_extras[k][0]) == 0) {
                break;
            }
        }

        if (ci->keywords[i] == NULL) {
            keywords[n] = simrelayd_db_extras[k][0];
            values[n++] = simrelayd_db_extras[k][1];
        }
    }

    keywords[n] = NULL;
    values[n] = NULL;

    i = sr_pg_connect(&c->pg, keywords, values);

    simrelayd_arena_reset(&arena);

    return i;
}


/*
 * What is compiled anew for each execution costs more than any statement here
 * could gain by it.
 */

static const char *
simrelayd_db_options(simrelayd_arena_t *arena, const char *options)
{
    char    *p;
    size_t   size;

    size = strlen(options) + sizeof("-c jit=off ");
    p = arena->alloc.alloc(arena, size);

    (void) snprintf(p, size, "-c jit=off %s", options);

    return p;
}


void
simrelayd_db_watch(simrelayd_db_conn_t *c)
{
    int  fd, events;

    if (c->poll == NULL) {
        fd = sr_pg_socket(&c->pg);

        c->poll = simrelayd_alloc(sizeof(uv_poll_t));

        if (fd == -1 || uv_poll_init(&c->db->d->loop, c->poll, fd) != 0) {
            free(c->poll);
            c->poll = NULL;

            simrelayd_db_fail(c, "its socket cannot be watched");
            return;
        }

        c->poll->data = c;
        c->events = 0;
    }

    events = (c->pg.wants & SR_PG_READ ? UV_READABLE : 0)
             | (c->pg.wants & SR_PG_WRITE ? UV_WRITABLE : 0);

    if (events != c->events) {
        (void) uv_poll_start(c->poll, events, simrelayd_db_event);
        c->events = events;
    }
}


void
simrelayd_db_unwatch(simrelayd_db_conn_t *c)
{
    if (c->poll != NULL) {
        uv_close((uv_handle_t *) c->poll, simrelayd_db_unwatched);
        c->poll = NULL;
    }
}


static void
simrelayd_db_event(uv_poll_t *poll, int status, int events)
{
    int                   inflight;
    simrelayd_db_conn_t  *c = poll->data;

    /*
     * While it connects libpq may open another socket, even one of the same
     * number; and after an error libuv watches no more.
     */

    if (c->pg.state == SR_PG_CONNECTING || status < 0) {
        simrelayd_db_unwatch(c);
    }

    inflight = c->pg.inflight;

    if (sr_pg_event(&c->pg) == -1) {
        simrelayd_db_down(c);
        return;
    }

    if (c->pg.inflight < inflight) {
        c->progress = sr_time_ticks();

        if (c->pg.inflight == 0) {
            c->slow = 0;
            c->timeout = 0;
        }
    }

    if (c->pg.state == SR_PG_READY && !c->up) {
        simrelayd_db_up(c);
    }

    simrelayd_db_watch(c);
}


static void
simrelayd_db_unwatched(uv_handle_t *handle)
{
    free(handle);
}


static void
simrelayd_db_up(simrelayd_db_conn_t *c)
{
    int              i;
    simrelayd_db_t  *db;

    db = c->db;

    c->up = 1;
    c->backoff = SIMRELAYD_DB_BACKOFF_MIN;

    db->error[0] = '\0';
    db->epoch++;

    simrelayd_log(SIMRELAYD_INFO, "event=database_connected connection=%d",
                  simrelayd_db_index(c));

    /* where one comes through the others need not wait */

    for (i = 0; i < db->n; i++) {

        if (uv_is_active((uv_handle_t *) &db->conns[i].timer)) {
            db->conns[i].backoff = SIMRELAYD_DB_BACKOFF_MIN;
            (void) uv_timer_start(&db->conns[i].timer, simrelayd_db_connect,
                                  0, 0);
        }
    }

    if (c == &db->conns[0]) {
        simrelayd_cluster_listening(db->d);
    }

    /* bells rang unheard */

    simrelayd_db_look(db->d);
}


void
simrelayd_db_bell(sr_pg_t *pg)
{
    simrelayd_db_conn_t  *c = pg->data;

    simrelayd_db_look(c->db->d);
}


void
simrelayd_db_letter(sr_pg_t *pg, const char *payload)
{
    simrelayd_db_conn_t  *c = pg->data;

    simrelayd_cluster_told(c->db->d, payload);
}


static void
simrelayd_db_look(simrelayd_t *d)
{
    simrelayd_tail_look(d);

    if (d->webhooks != NULL) {
        simrelayd_webhooks_look(d);
    }

    simrelayd_mails_look(d);
    simrelayd_sends_look(d);
}


void
simrelayd_db_fail(simrelayd_db_conn_t *c, const char *reason)
{
    (void) snprintf(c->pg.error, sizeof(c->pg.error), "%s", reason);

    simrelayd_db_down(c);
}


void
simrelayd_db_down(simrelayd_db_conn_t *c)
{
    int  delay;

    simrelayd_db_log(c);

    simrelayd_db_unwatch(c);

    c->up = 0;
    c->dirty = 0;
    c->slow = 0;
    c->timeout = 0;

    sr_pg_close(&c->pg);

    /* between half and all of the backoff, so that not all come at once */

    delay = c->backoff / 2 + (int) (random() % (c->backoff / 2 + 1));

    c->backoff *= 2;

    if (c->backoff > SIMRELAYD_DB_BACKOFF_MAX) {
        c->backoff = SIMRELAYD_DB_BACKOFF_MAX;
    }

    (void) uv_timer_start(&c->timer, simrelayd_db_connect, delay, 0);
}


void
simrelayd_db_renew(simrelayd_db_conn_t *c)
{
    simrelayd_db_unwatch(c);

    c->up = 0;
    c->stale = 0;

    sr_pg_close(&c->pg);

    (void) uv_timer_start(&c->timer, simrelayd_db_connect, 0, 0);
}


/* One line for each cause, not for each attempt. */

static void
simrelayd_db_log(simrelayd_db_conn_t *c)
{
    int64_t          now;
    const char      *error;
    simrelayd_db_t  *db;

    db = c->db;
    now = sr_time_ticks();

    error = c->pg.error[0] != '\0' ? c->pg.error : "closed";

    if (strcmp(db->error, error) == 0
        && now - db->error_at < SIMRELAYD_DB_REPEAT * SR_TIME_SECOND)
    {
        return;
    }

    (void) snprintf(db->error, sizeof(db->error), "%s", error);
    db->error_at = now;

    simrelayd_log(SIMRELAYD_ERROR,
                  "event=database_failed connection=%d error=%s",
                  simrelayd_db_index(c), simrelayd_quote(error, strlen(error)));
}


static int
simrelayd_db_index(const simrelayd_db_conn_t *c)
{
    return (int) (c - c->db->conns);
}
