
/*
 * How attempts ended goes to the database in batches, one at a time.  A
 * delivery keeps its slot until its result is recorded, so that what waits
 * while the database is away is bounded.
 */


#include "simrelayd_webhooks.h"


#define SIMRELAYD_TRIES         5       /* of one that the database refuses */
#define SIMRELAYD_OUTAGE_MAILS  4       /* to one person, of one integration,
                                           in an hour */


static void simrelayd_results_bind(simrelayd_batch_t *b, sr_pg_segment_t *s);
static void simrelayd_results_done(sr_pg_segment_t *s);
static void simrelayd_results_refused(simrelayd_webhooks_t *w,
    const PGresult *error);
static void simrelayd_results_again(simrelayd_webhooks_t *w);
static int simrelayd_results_has(const PGresult *res, int64_t id);
static void simrelayd_result_release(simrelayd_webhooks_t *w,
    simrelayd_delivery_t *dl);


void
simrelayd_result_add(simrelayd_delivery_t *dl)
{
    simrelayd_webhooks_t  *w;

    w = dl->carrier->owner;

    simrelayd_endpoint_judge(w, dl->endpoint, dl->status != 0, dl->time);

    w->late -= dl->late;
    dl->late = 0;

    TAILQ_REMOVE(&w->sending, dl, link);
    TAILQ_INSERT_TAIL(&w->ended, dl, link);

    simrelayd_results_record(w);
}


void
simrelayd_results_record(simrelayd_webhooks_t *w)
{
    simrelayd_batch_t     *b;
    sr_pg_segment_t       *s;
    simrelayd_delivery_t  *dl;

    b = &w->batch;

    if (b->segment != NULL || w->stopped || TAILQ_EMPTY(&w->ended)) {
        return;
    }

    for (b->n = 0; b->n < w->batch_max; b->n++) {

        dl = TAILQ_FIRST(&w->ended);
        if (dl == NULL) {
            break;
        }

        TAILQ_REMOVE(&w->ended, dl, link);
        TAILQ_INSERT_TAIL(&b->list, dl, link);
    }

    s = simrelayd_db_segment(w->d);

    sr_pg_statement(s, SR_SQL_DELIVERY_FINISH);
    simrelayd_results_bind(b, s);

    s->handler = simrelayd_results_done;
    s->data = w;

    b->segment = s;
    w->holds++;

    simrelayd_db_send(w->d, s);
}


static void
simrelayd_results_bind(simrelayd_batch_t *b, sr_pg_segment_t *s)
{
    int                    i, n;
    size_t                 responses, errors;
    int32_t                v4[4][SIMRELAYD_RESULTS];
    int64_t                v8[3][SIMRELAYD_RESULTS];
    sr_str_t               texts[2][SIMRELAYD_RESULTS];
    sr_uuid_t              leases[SIMRELAYD_RESULTS];
    sr_alloc_t             a;
    simrelayd_delivery_t  *dl;

    n = 0;
    responses = errors = 0;

    TAILQ_FOREACH(dl, &b->list, link) {
        v8[0][n] = dl->id;
        v8[1][n] = dl->created_at;
        v8[2][n] = dl->integration_id;
        v4[0][n] = dl->outcome;
        v4[1][n] = dl->delay;
        v4[2][n] = dl->status;
        v4[3][n] = dl->time;
        texts[0][n] = dl->response;
        texts[1][n] = dl->error;
        responses += dl->response.len;
        errors += dl->error.len;
        memcpy(leases[n], dl->lease_id, sizeof(sr_uuid_t));
        n++;
    }

    a = b->arena.alloc;

    for (i = 0; i < 3; i++) {
        sr_pg_bind_int8s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 8)), v8[i],
                         n);
    }

    sr_pg_bind_uuids(s, a.alloc(a.pool,
                                SR_PG_ARRAY_SIZE(n, sizeof(sr_uuid_t))),
                     (const unsigned char (*)[16]) leases, n);

    for (i = 0; i < 4; i++) {
        sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 4)), v4[i],
                         n);
    }

    sr_pg_bind_texts(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 0) + responses),
                     texts[0], n);
    sr_pg_bind_texts(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 0) + errors),
                     texts[1], n);
    sr_pg_bind_int4(s, SIMRELAYD_OUTAGE_MAILS);
}


static void
simrelayd_results_done(sr_pg_segment_t *s)
{
    simrelayd_batch_t     *b;
    simrelayd_delivery_t  *dl;
    simrelayd_webhooks_t  *w;

    w = s->data;
    b = &w->batch;

    b->segment = NULL;
    simrelayd_arena_reset(&b->arena);

    if (w->stopped) {
        simrelayd_webhooks_unhold(w);
        return;
    }

    w->holds--;

    if (s->status == SR_PG_ERROR) {
        simrelayd_results_refused(w, s->error);
        return;
    }

    if (s->status != SR_PG_OK) {

        /* the second's look tries again */

        simrelayd_results_again(w);
        return;
    }

    b->tries = 0;
    w->batch_max = SIMRELAYD_RESULTS;

    while ((dl = TAILQ_FIRST(&b->list)) != NULL) {

        if (!simrelayd_results_has(s->results[0], dl->id)) {
            simrelayd_log(SIMRELAYD_INFO, "delivery=%lld event=lease_lost",
                          (long long) dl->id);
        }

        TAILQ_REMOVE(&b->list, dl, link);
        simrelayd_result_release(w, dl);
    }

    simrelayd_results_record(w);
    simrelayd_webhooks_run(w);
}


/*
 * The database has no use for one of them: they go one by one, and the one at
 * fault is left to its lease.
 */

static void
simrelayd_results_refused(simrelayd_webhooks_t *w, const PGresult *error)
{
    const char            *text;
    simrelayd_batch_t     *b;
    simrelayd_delivery_t  *dl;

    b = &w->batch;

    text = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);

    if (text == NULL) {
        text = "";
    }

    simrelayd_log(SIMRELAYD_ERROR, "event=record_failed results=%d error=%s",
                  b->n, simrelayd_quote(text, strlen(text)));

    if (b->n == 1 && ++b->tries == SIMRELAYD_TRIES) {
        dl = TAILQ_FIRST(&b->list);

        simrelayd_log(SIMRELAYD_ERROR, "delivery=%lld event=not_recorded",
                      (long long) dl->id);

        TAILQ_REMOVE(&b->list, dl, link);
        simrelayd_result_release(w, dl);

        b->tries = 0;
    }

    w->batch_max = 1;

    simrelayd_results_again(w);
}


/* back to where they were taken from, in their order */

static void
simrelayd_results_again(simrelayd_webhooks_t *w)
{
    simrelayd_delivery_t  *dl;

    while ((dl = TAILQ_LAST(&w->batch.list, simrelayd_deliveries_s))
           != NULL)
    {
        TAILQ_REMOVE(&w->batch.list, dl, link);
        TAILQ_INSERT_HEAD(&w->ended, dl, link);
    }
}


static int
simrelayd_results_has(const PGresult *res, int64_t id)
{
    int  i;

    for (i = 0; i < PQntuples(res); i++) {
        if (sr_pg_int8(res, i, SR_DELIVERY_FINISH_ID) == id) {
            return 1;
        }
    }

    return 0;
}


static void
simrelayd_result_release(simrelayd_webhooks_t *w, simrelayd_delivery_t *dl)
{
    simrelayd_endpoint_t  *e;

    e = dl->endpoint;

    simrelayd_delivery_clear(dl);

    dl->endpoint = NULL;

    TAILQ_INSERT_HEAD(&w->free, dl, link);

    simrelayd_endpoint_run(w, e, -1);
    simrelayd_endpoint_drop(w, e);
}
