
/*
 * The tail of the event log: broadcasts what became visible since the last
 * look to the sockets of this instance.
 */


#include <stdlib.h>

#include "simrelayd.h"


#define SIMRELAYD_TAIL_MANY   10000     /* events in one answer */
#define SIMRELAYD_TAIL_STEP   1000      /* transactions in one look */
#define SIMRELAYD_TAIL_SAFE   5000      /* ms until a snapshot is on disk */


/* what an answer saw, as PostgreSQL sends it; empty before the first */

typedef struct {
    unsigned char       *data;
    size_t               len;
    size_t               size;
    uint64_t             at;            /* of the loop's time */
} simrelayd_snapshot_t;


/* ids of events */

typedef struct {
    int64_t             *v;
    int                  n;
    int                  size;
} simrelayd_ids_t;


/*
 * Which transactions a snapshot saw is only certain while the server runs: a
 * crash or a failover gives out again those of the newest numbers, whose
 * commits were not on disk, such as that of our own sign of life, in an
 * unlogged table.  So where the server may be another one, the tail goes back
 * to a snapshot of some seconds before, and skips what it has told since.
 *
 * Snapshots are untouched while a look is under way, which points to one.
 */

struct simrelayd_tail_s {
    simrelayd_t          *d;
    simrelayd_arena_t     arena;
    sr_pg_segment_t      *segment;      /* the look under way, or NULL */

    simrelayd_snapshot_t  last;
    simrelayd_snapshot_t  middle;       /* becomes old when it is safe */
    simrelayd_snapshot_t  old;

    simrelayd_ids_t       before;       /* told from old to middle */
    simrelayd_ids_t       since;        /* told since middle */

    unsigned              epoch;        /* simrelayd_db_epoch() of last */
    unsigned              sent;         /* and of the look under way */

    unsigned              again:1;      /* asked for during a look */
    unsigned              wanted:1;     /* the look asked for events */
    unsigned              resumed:1;    /* the look goes back to old */
};


static void simrelayd_tail_free(simrelayd_tail_t *t);
static void simrelayd_tail_done(sr_pg_segment_t *s);
static int simrelayd_tail_answer(simrelayd_tail_t *t, sr_pg_segment_t *s);
static int simrelayd_tail_counts(simrelayd_tail_t *t);
static void simrelayd_tail_rows(simrelayd_tail_t *t, const PGresult *res);
static int simrelayd_tail_wakes(sr_str_t type);
static void simrelayd_tail_told(const simrelayd_tail_t *t,
    simrelayd_ids_t *told);
static void simrelayd_tail_keep(simrelayd_tail_t *t, const PGresult *res);
static void simrelayd_tail_copy(simrelayd_snapshot_t *s,
    const unsigned char *data, size_t len, uint64_t now);
static void simrelayd_tail_add(simrelayd_ids_t *ids, int64_t id);
static int simrelayd_tail_compare(const void *one, const void *two);


simrelayd_tail_t *
simrelayd_tail_start(simrelayd_t *d)
{
    simrelayd_tail_t  *t;

    t = simrelayd_calloc(1, sizeof(simrelayd_tail_t));

    t->d = d;
    simrelayd_arena_init(&t->arena);

    return t;
}


void
simrelayd_tail_look(simrelayd_t *d)
{
    sr_pg_segment_t       *s;
    simrelayd_tail_t      *t;
    simrelayd_snapshot_t  *from;

    t = d->tail;

    if (t == NULL) {
        return;
    }

    if (t->segment != NULL) {
        t->again = 1;
        return;
    }

    t->again = 0;
    t->wanted = (simrelayd_ws_count(d) != 0
                 || simrelayd_waits_count(d) != 0);
    t->sent = simrelayd_db_epoch(d);
    t->resumed = (t->sent != t->epoch);

    from = t->resumed ? &t->old : &t->last;

    s = simrelayd_db_segment(d);

    sr_pg_statement(s, SR_SQL_EVENT_TAIL);

    if (from->len != 0) {
        sr_pg_bind_bytes(s, from->data, from->len);

    } else {
        sr_pg_bind_null(s);
    }

    sr_pg_bind_bool(s, t->wanted);

    /* what was told is only known to one look */

    if (t->resumed) {
        sr_pg_bind_null(s);

    } else {
        sr_pg_bind_int8(s, SIMRELAYD_TAIL_STEP);
    }

    s->handler = simrelayd_tail_done;
    s->data = t;

    t->segment = s;

    simrelayd_db_send(d, s);
}


void
simrelayd_tail_stop(simrelayd_t *d)
{
    simrelayd_tail_t  *t;

    t = d->tail;

    if (t == NULL) {
        return;
    }

    d->tail = NULL;

    if (t->segment == NULL) {
        simrelayd_tail_free(t);
        return;
    }

    /* the segment points to a snapshot: its handler gives all of it back */

    t->d = NULL;
}


static void
simrelayd_tail_free(simrelayd_tail_t *t)
{
    free(t->last.data);
    free(t->middle.data);
    free(t->old.data);
    free(t->before.v);
    free(t->since.v);
    free(t);
}


static void
simrelayd_tail_done(sr_pg_segment_t *s)
{
    int                rc;
    simrelayd_tail_t  *t;

    t = s->data;
    t->segment = NULL;

    if (t->d == NULL) {
        simrelayd_tail_free(t);
        return;
    }

    rc = simrelayd_tail_answer(t, s);

    simrelayd_arena_reset(&t->arena);

    /* what failed is tried at the next bell or within a second */

    if (rc == 0 && t->again) {
        simrelayd_tail_look(t->d);
    }
}


static int
simrelayd_tail_answer(simrelayd_tail_t *t, sr_pg_segment_t *s)
{
    PGresult  *res;

    if (s->status == SR_PG_LOST) {
        return -1;
    }

    if (s->status == SR_PG_ERROR) {
        simrelayd_log(SIMRELAYD_ERROR, "event=tail_failed error=%s",
                      simrelayd_quote(PQresultErrorMessage(s->error),
                                      strlen(PQresultErrorMessage(s->error))));
        return -1;
    }

    res = s->results[0];

    if (PQntuples(res) == 0) {
        return -1;
    }

    if (!simrelayd_tail_counts(t)) {
        t->again = 1;
        return 0;
    }

    simrelayd_tail_rows(t, res);
    simrelayd_tail_keep(t, res);

    if (sr_pg_bool(res, 0, SR_EVENT_TAIL_MORE)) {
        t->again = 1;
    }

    return 0;
}


/* 1, or 0 where an answer is passed over and the look is to be repeated. */

static int
simrelayd_tail_counts(simrelayd_tail_t *t)
{
    /* it may have gone by a connection that is newer than it thinks */

    if (t->sent != simrelayd_db_epoch(t->d)) {
        return 0;
    }

    /*
     * Sockets, or who waits for a message, have come since a look that asked
     * for no events: what it passed over may be theirs already.
     */

    return t->wanted || (simrelayd_ws_count(t->d) == 0
                         && simrelayd_waits_count(t->d) == 0);
}


static void
simrelayd_tail_rows(simrelayd_tail_t *t, const PGresult *res)
{
    int              i, n, sent;
    int64_t          id;
    simrelayd_ids_t  told;

    n = PQntuples(res);

    if (n > SIMRELAYD_TAIL_MANY) {
        simrelayd_log(SIMRELAYD_WARN, "event=tail_behind events=%d", n);
    }

    memset(&told, 0, sizeof(simrelayd_ids_t));

    if (t->resumed) {
        simrelayd_tail_told(t, &told);
    }

    sent = 0;

    simrelayd_ws_batch(t->d);

    for (i = 0; i < n; i++) {

        if (sr_pg_null(res, i, SR_EVENT_TAIL_EVENT_ID)) {
            continue;
        }

        id = sr_pg_int8(res, i, SR_EVENT_TAIL_EVENT_ID);

        if (told.n != 0
            && bsearch(&id, told.v, told.n, sizeof(int64_t),
                       simrelayd_tail_compare)
               != NULL)
        {
            continue;
        }

        simrelayd_tail_add(&t->since, id);

        if (simrelayd_tail_wakes(sr_pg_text(res, i, SR_EVENT_TAIL_TYPE))) {
            simrelayd_wait_wake(t->d, sr_pg_int8(res, i,
                                                 SR_EVENT_TAIL_HOSTED_SIM_ID));
        }

        sent += simrelayd_push(t->d, &t->arena, res, i);
    }

    simrelayd_ws_batch_end(t->d);

    free(told.v);

    if (sent != 0) {
        simrelayd_log(SIMRELAYD_DEBUG, "event=broadcast events=%d frames=%d",
                      n, sent);
    }
}


/* may there be a message that was not there before? */

static int
simrelayd_tail_wakes(sr_str_t type)
{
    size_t              i;
    static const char  *types[] = {
        "message.inbound", "message.delivery", "sms.send"
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (type.len == strlen(types[i])
            && memcmp(type.data, types[i], type.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* All that was told since the old snapshot, in order. */

static void
simrelayd_tail_told(const simrelayd_tail_t *t, simrelayd_ids_t *told)
{
    int  i;

    for (i = 0; i < t->before.n; i++) {
        simrelayd_tail_add(told, t->before.v[i]);
    }

    for (i = 0; i < t->since.n; i++) {
        simrelayd_tail_add(told, t->since.v[i]);
    }

    if (told->n != 0) {
        qsort(told->v, told->n, sizeof(int64_t), simrelayd_tail_compare);
    }
}


static void
simrelayd_tail_keep(simrelayd_tail_t *t, const PGresult *res)
{
    sr_str_t              v;
    uint64_t              now;
    simrelayd_ids_t       ids;
    simrelayd_snapshot_t  snapshot;

    now = uv_now(&t->d->loop);
    v = sr_pg_bytes(res, 0, SR_EVENT_TAIL_SNAPSHOT);

    t->epoch = t->sent;

    simrelayd_tail_copy(&t->last, v.data, v.len, now);

    if (t->old.len == 0) {
        simrelayd_tail_copy(&t->middle, v.data, v.len, now);
        simrelayd_tail_copy(&t->old, v.data, v.len, now);
        simrelayd_ws_begin(t->d);
        return;
    }

    if (now - t->middle.at < SIMRELAYD_TAIL_SAFE) {
        return;
    }

    snapshot = t->old;
    t->old = t->middle;
    t->middle = snapshot;

    ids = t->before;
    t->before = t->since;
    t->since = ids;
    t->since.n = 0;

    simrelayd_tail_copy(&t->middle, v.data, v.len, now);
}


static void
simrelayd_tail_copy(simrelayd_snapshot_t *s, const unsigned char *data,
    size_t len, uint64_t now)
{
    if (len > s->size) {
        s->size = 2 * len;
        s->data = simrelayd_realloc(s->data, s->size);
    }

    memcpy(s->data, data, len);
    s->len = len;
    s->at = now;
}


static void
simrelayd_tail_add(simrelayd_ids_t *ids, int64_t id)
{
    if (ids->n == ids->size) {
        ids->size = ids->size != 0 ? 2 * ids->size : 64;
        ids->v = simrelayd_realloc(ids->v, ids->size * sizeof(int64_t));
    }

    ids->v[ids->n++] = id;
}


static int
simrelayd_tail_compare(const void *one, const void *two)
{
    int64_t  a, b;

    a = *(const int64_t *) one;
    b = *(const int64_t *) two;

    return (a > b) - (a < b);
}
