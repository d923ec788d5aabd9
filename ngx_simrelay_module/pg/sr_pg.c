
/*
 * One libpq connection in pipeline mode: sends segments, reads their results,
 * hands them back.
 */


#include "sr_pg_private.h"
#include "sr_time.h"


/* PQgetResult() separates results by one NULL */
#define SR_PG_NULLS  3


static int sr_pg_finish(sr_pg_t *pg);
static int sr_pg_read(sr_pg_t *pg);
static int sr_pg_result(sr_pg_t *pg, PGresult *res);
static void sr_pg_synced(sr_pg_t *pg);
static void sr_pg_end(sr_pg_segment_t *s);
static void sr_pg_notifications(sr_pg_t *pg);


static const int  sr_pg_formats[SR_PG_PARAMS] = {
    [0 ... SR_PG_PARAMS - 1] = SR_PG_BINARY
};


void
sr_pg_init(sr_pg_t *pg, int users, const char *channel)
{
    memset(pg, 0, sizeof(sr_pg_t));

    pg->users = users;
    pg->channel = channel;
    pg->last = &pg->first;
}


int
sr_pg_socket(sr_pg_t *pg)
{
    return PQsocket(pg->conn);
}


int
sr_pg_event(sr_pg_t *pg)
{
    int  alive;

    if (pg->state == SR_PG_CLOSED) {
        return -1;
    }

    if (pg->state == SR_PG_CONNECTING) {
        return sr_pg_poll(pg);
    }

    alive = PQconsumeInput(pg->conn);

    /* what came before the connection went still counts */

    if (sr_pg_read(pg) != 0) {
        return -1;
    }

    if (!alive || pg->broken) {
        return sr_pg_broken(pg);
    }

    if (pg->state == SR_PG_READY) {
        sr_pg_notifications(pg);
    }

    return sr_pg_flush(pg);
}


int
sr_pg_send(sr_pg_t *pg, sr_pg_segment_t *s)
{
    int                 i;
    sr_pg_statement_t  *st;

    if (pg->state != SR_PG_READY || pg->broken) {
        return -1;
    }

    if (s->alone && sr_pg_finish(pg) != 0) {
        return -1;
    }

    for (i = 0; i < s->nstatements; i++) {
        st = &s->statements[i];

        if (PQsendQueryPrepared(pg->conn, sr_sql[st->sql].name, st->n,
                                st->values, st->lengths, sr_pg_formats,
                                SR_PG_BINARY)
            == 0)
        {
            return sr_pg_broken(pg);
        }
    }

    s->next = NULL;
    s->status = SR_PG_OK;
    s->nresults = 0;
    s->answers = 0;
    s->synced = 0;
    s->error = NULL;
    s->sent_at = sr_time_ticks();
    s->done_at = 0;

    *pg->last = s;
    pg->last = &s->next;
    pg->newest = s;
    pg->inflight++;
    pg->unsynced++;

    if (pg->current == NULL) {
        pg->current = s;
    }

    if (pg->share && !s->alone && pg->unsynced < SR_PG_BATCH) {
        return 0;
    }

    /* the segment is taken: where this fails, it ends with the connection */

    (void) sr_pg_finish(pg);

    return 0;
}


/* Ends what was sent since the last Sync. */

static int
sr_pg_finish(sr_pg_t *pg)
{
    if (pg->unsynced == 0) {
        return 0;
    }

    pg->unsynced = 0;
    pg->newest->synced = 1;

    return sr_pg_sync(pg->conn) == 0 ? sr_pg_broken(pg) : 0;
}


int
sr_pg_flush(sr_pg_t *pg)
{
    int  rc;

    if (pg->state != SR_PG_PREPARING && pg->state != SR_PG_READY) {
        return -1;
    }

    if (pg->broken || sr_pg_finish(pg) != 0) {
        return -1;
    }

    rc = PQflush(pg->conn);

    if (rc < 0) {
        return sr_pg_broken(pg);
    }

    /* libpq has to read while it waits to write, or both ends may wait */

    pg->wants = rc == 0 ? SR_PG_READ : SR_PG_READ | SR_PG_WRITE;

    return 0;
}


int
sr_pg_ring(sr_pg_t *pg)
{
    if (pg->bell) {
        pg->again = 1;
        return 0;
    }

    sr_pg_segment_reset(&pg->ring);
    sr_pg_statement(&pg->ring, SR_SQL_BELL_RING);
    pg->ring.alone = 1;

    if (sr_pg_send(pg, &pg->ring) != 0) {
        return -1;
    }

    pg->bell = 1;

    return sr_pg_flush(pg);
}


void
sr_pg_close(sr_pg_t *pg)
{
    sr_pg_segment_t  *s, *next;

    s = pg->first;

    pg->first = NULL;
    pg->last = &pg->first;
    pg->newest = NULL;
    pg->current = NULL;
    pg->inflight = 0;
    pg->unsynced = 0;

    PQfinish(pg->conn);

    pg->conn = NULL;
    pg->state = SR_PG_CLOSED;
    pg->wants = 0;
    pg->schema = 0;
    pg->bell = 0;
    pg->again = 0;
    pg->broken = 0;

    for ( /* void */ ; s != NULL; s = next) {
        next = s->next;
        s->status = SR_PG_LOST;
        sr_pg_end(s);
    }
}


/*
 * Reads the results that are there.  A handler may send, so that the queue
 * grows meanwhile.
 */

static int
sr_pg_read(sr_pg_t *pg)
{
    int        rc, nulls;
    PGresult  *res;

    nulls = 0;

    while (!PQisBusy(pg->conn)
           && (pg->state == SR_PG_PREPARING || pg->first != NULL))
    {
        res = PQgetResult(pg->conn);

        if (res == NULL) {
            if (++nulls < SR_PG_NULLS) {
                continue;
            }

            /* libpq forgets what it waits for, where it has lost the server */

            if (PQstatus(pg->conn) == CONNECTION_BAD) {
                return sr_pg_broken(pg);
            }

            return sr_pg_fail(pg, NULL, "the server's answers are out of step");
        }

        nulls = 0;

        if (pg->state == SR_PG_PREPARING) {
            rc = sr_pg_preparing(pg, res);
            PQclear(res);

        } else {
            rc = sr_pg_result(pg, res);
        }

        if (rc != 0) {
            return -1;
        }
    }

    return 0;
}


static int
sr_pg_result(sr_pg_t *pg, PGresult *res)
{
    sr_pg_segment_t  *s;

    if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
        PQclear(res);
        sr_pg_synced(pg);
        return 0;
    }

    while (pg->current->answers == pg->current->nstatements
           && !pg->current->synced && pg->current->next != NULL)
    {
        pg->current = pg->current->next;
    }

    s = pg->current;
    s->answers++;

    switch (PQresultStatus(res)) {

    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        if (s->answers > s->nstatements) {
            PQclear(res);
            return sr_pg_fail(pg, NULL, "the server answers too much");
        }

        s->results[s->nresults++] = res;
        return 0;

    case PGRES_PIPELINE_ABORTED:
        if (s->status == SR_PG_OK) {
            s->status = SR_PG_ABORTED;
        }

        PQclear(res);
        return 0;

    default:
        break;
    }

    if (sr_pg_fatal(res)) {
        (void) sr_pg_fail(pg, NULL, sr_pg_message(res));
        PQclear(res);
        return -1;
    }

    /* one that comes after all answers is the commit's, hence everybody's */

    s->status = s->answers > s->nstatements && s != pg->first ? SR_PG_ABORTED
                                                              : SR_PG_ERROR;

    if (s->error != NULL || s->status == SR_PG_ABORTED) {
        PQclear(res);
        return 0;
    }

    s->error = res;

    return 0;
}


/*
 * All that share this Sync are committed, or none is.  A handler may send, and
 * give its segment back.
 */

static void
sr_pg_synced(sr_pg_t *pg)
{
    int               failed, last;
    sr_pg_segment_t  *s;

    failed = 0;

    for (s = pg->first; s != NULL; s = s->next) {
        failed |= s->status != SR_PG_OK;

        if (s->synced) {
            break;
        }
    }

    pg->current = s != NULL ? s->next : NULL;

    do {
        s = pg->first;
        last = s->synced;
        pg->first = s->next;

        if (pg->first == NULL) {
            pg->last = &pg->first;
            pg->newest = NULL;
        }

        pg->inflight--;

        if (failed && s->status == SR_PG_OK) {
            s->status = SR_PG_ABORTED;
        }

        if (s == &pg->ring) {
            pg->bell = 0;
        }

        sr_pg_end(s);

    } while (!last && pg->first != NULL);

    if (!pg->bell && pg->again) {
        pg->again = 0;

        if (sr_pg_ring(pg) != 0) {
            pg->broken = 1;
        }
    }
}


/* The handler may have sent the segment again, or given it back. */

static void
sr_pg_end(sr_pg_segment_t *s)
{
    int        i, n;
    PGresult  *error, *results[SR_PG_STATEMENTS];

    n = s->nresults;
    error = s->error;

    for (i = 0; i < n; i++) {
        results[i] = s->results[i];
    }

    s->next = NULL;
    s->done_at = sr_time_ticks();

    if (s->handler != NULL) {
        s->handler(s);
    }

    for (i = 0; i < n; i++) {
        PQclear(results[i]);
    }

    PQclear(error);
}


static void
sr_pg_notifications(sr_pg_t *pg)
{
    int        n;
    PGnotify  *notify;

    n = 0;

    while ((notify = PQnotifies(pg->conn)) != NULL) {

        if (pg->letters == NULL || strcmp(notify->relname, pg->letters) != 0) {
            n++;

        } else if (pg->told != NULL) {
            pg->told(pg, notify->extra);
        }

        PQfreemem(notify);
    }

    if (n > 0 && pg->notified != NULL) {
        pg->notified(pg);
    }
}
