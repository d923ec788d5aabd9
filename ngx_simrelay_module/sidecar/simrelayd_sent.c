
/*
 * Records what became of SMS, several at once; each keeps its slot until that
 * is done.
 */


#include <stdlib.h>

#include "simrelayd_sends.h"


#define SIMRELAYD_SENT_TRIES  3


static void simrelayd_sent_bind(simrelayd_sends_t *ss, sr_pg_segment_t *s);
static void simrelayd_sent_bind_texts(simrelayd_sends_t *ss,
    sr_pg_segment_t *s, const sr_str_t *v, int n);
static sr_str_t simrelayd_sent_str(const char *text);
static void simrelayd_sent_recorded(sr_pg_segment_t *s);
static void simrelayd_sent_refused(simrelayd_sends_t *ss);
static int simrelayd_sent_has(const PGresult *res, const simrelayd_send_t *s);
static void simrelayd_sent_again(simrelayd_sends_t *ss);


void
simrelayd_sent_add(simrelayd_send_t *s)
{
    simrelayd_sends_t  *ss;

    ss = s->sends;

    TAILQ_REMOVE(&ss->sending, s, link);
    TAILQ_INSERT_TAIL(&ss->ended, s, link);

    simrelayd_sent_record(ss);
}


void
simrelayd_sent_record(simrelayd_sends_t *ss)
{
    simrelayd_send_t  *send;
    sr_pg_segment_t   *s;

    if (ss->record != NULL || TAILQ_EMPTY(&ss->ended)) {
        return;
    }

    ss->nrecorded = 0;

    while (ss->nrecorded < ss->record_max
           && (send = TAILQ_FIRST(&ss->ended)) != NULL)
    {
        TAILQ_REMOVE(&ss->ended, send, link);
        TAILQ_INSERT_TAIL(&ss->recorded, send, link);
        ss->nrecorded++;
    }

    s = simrelayd_db_segment(ss->d);

    simrelayd_sent_bind(ss, s);

    s->handler = simrelayd_sent_recorded;
    s->data = ss;

    ss->record = s;
    ss->holds++;

    simrelayd_db_send(ss->d, s);
}


static void
simrelayd_sent_bind(simrelayd_sends_t *ss, sr_pg_segment_t *s)
{
    int                 n;
    int32_t             outcomes[SIMRELAYD_SENT_BATCH];
    int32_t             delays[SIMRELAYD_SENT_BATCH];
    int64_t             ids[2][SIMRELAYD_SENT_BATCH];
    sr_str_t            texts[5][SIMRELAYD_SENT_BATCH];
    sr_uuid_t           leases[SIMRELAYD_SENT_BATCH];
    sr_alloc_t          a;
    unsigned char      *arrays[2];
    simrelayd_send_t   *send;

    a = ss->record_arena.alloc;
    n = 0;

    TAILQ_FOREACH(send, &ss->recorded, link) {
        ids[0][n] = send->organization_id;
        ids[1][n] = send->message_id;
        memcpy(leases[n], send->lease_id, sizeof(sr_uuid_t));
        outcomes[n] = send->verdict.outcome;
        delays[n] = send->delay;
        texts[0][n] = simrelayd_sent_str(send->provider->name);
        texts[1][n] = send->account;
        texts[2][n] = simrelayd_sent_str(send->verdict.id);
        texts[3][n] = simrelayd_sent_str(send->verdict.code);
        texts[4][n] = simrelayd_sent_str(send->verdict.error);
        n++;
    }

    arrays[0] = a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 8));
    arrays[1] = a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 8));

    sr_pg_statement(s, SR_SQL_SEND_FINISH_BEGIN);
    simrelayd_sent_bind_texts(ss, s, texts[0], n);
    simrelayd_sent_bind_texts(ss, s, texts[1], n);
    simrelayd_sent_bind_texts(ss, s, texts[2], n);

    sr_pg_statement(s, SR_SQL_SEND_FINISH);
    sr_pg_bind_int8s(s, arrays[0], ids[0], n);
    sr_pg_bind_int8s(s, arrays[1], ids[1], n);
    sr_pg_bind_uuids(s, a.alloc(a.pool,
                                SR_PG_ARRAY_SIZE(n, sizeof(sr_uuid_t))),
                     (const unsigned char (*)[16]) leases, n);
    sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 4)), outcomes, n);
    sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 4)), delays, n);
    simrelayd_sent_bind_texts(ss, s, texts[2], n);
    simrelayd_sent_bind_texts(ss, s, texts[3], n);
    simrelayd_sent_bind_texts(ss, s, texts[4], n);

    sr_pg_statement(s, SR_SQL_SEND_FINISH_REPORTS);
    sr_pg_bind_int8s(s, arrays[0], ids[0], n);
    sr_pg_bind_int8s(s, arrays[1], ids[1], n);
}


static void
simrelayd_sent_bind_texts(simrelayd_sends_t *ss, sr_pg_segment_t *s,
    const sr_str_t *v, int n)
{
    int         i;
    size_t      len;
    sr_alloc_t  a;

    a = ss->record_arena.alloc;
    len = 0;

    for (i = 0; i < n; i++) {
        len += v[i].len;
    }

    sr_pg_bind_texts(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 0) + len), v, n);
}


/* nothing is null */

static sr_str_t
simrelayd_sent_str(const char *text)
{
    sr_str_t  s;

    s.len = strlen(text);
    s.data = s.len != 0 ? (unsigned char *) text : NULL;

    return s;
}


static void
simrelayd_sent_recorded(sr_pg_segment_t *s)
{
    simrelayd_send_t   *send;
    simrelayd_sends_t  *ss;

    ss = s->data;

    ss->record = NULL;
    simrelayd_arena_reset(&ss->record_arena);

    if (ss->stopped) {
        simrelayd_sends_unhold(ss);
        return;
    }

    ss->holds--;

    if (s->status == SR_PG_ERROR) {
        simrelayd_sends_failed(s, "send_record_failed");
        simrelayd_sent_refused(ss);
        return;
    }

    if (s->status != SR_PG_OK) {

        /* the second's look tries again */

        simrelayd_sent_again(ss);
        return;
    }

    ss->tries = 0;
    ss->record_max = SIMRELAYD_SENT_BATCH;

    while ((send = TAILQ_FIRST(&ss->recorded)) != NULL) {

        if (!simrelayd_sent_has(s->results[1], send)) {
            simrelayd_log(SIMRELAYD_INFO, "send=%lld.%lld event=lease_lost",
                          (long long) send->organization_id,
                          (long long) send->message_id);
        }

        TAILQ_REMOVE(&ss->recorded, send, link);
        simrelayd_send_destroy(send);
        ss->running--;
    }

    simrelayd_sent_record(ss);

    if (ss->more) {
        simrelayd_sends_claim(ss);
    }
}


/*
 * The database has no use for one of them: they go one by one, and the one at
 * fault is left to its lease.
 */

static void
simrelayd_sent_refused(simrelayd_sends_t *ss)
{
    simrelayd_send_t  *send;

    if (ss->nrecorded == 1 && ++ss->tries == SIMRELAYD_SENT_TRIES) {
        send = TAILQ_FIRST(&ss->recorded);

        simrelayd_log(SIMRELAYD_ERROR, "send=%lld.%lld event=not_recorded",
                      (long long) send->organization_id,
                      (long long) send->message_id);

        TAILQ_REMOVE(&ss->recorded, send, link);
        simrelayd_send_destroy(send);

        ss->running--;
        ss->tries = 0;
    }

    ss->record_max = 1;

    simrelayd_sent_again(ss);
}


/* back to where they were taken from, in their order */

static void
simrelayd_sent_again(simrelayd_sends_t *ss)
{
    simrelayd_send_t  *send, *before;

    before = TAILQ_FIRST(&ss->ended);

    while ((send = TAILQ_FIRST(&ss->recorded)) != NULL) {
        TAILQ_REMOVE(&ss->recorded, send, link);

        if (before != NULL) {
            TAILQ_INSERT_BEFORE(before, send, link);

        } else {
            TAILQ_INSERT_TAIL(&ss->ended, send, link);
        }
    }
}


static int
simrelayd_sent_has(const PGresult *res, const simrelayd_send_t *s)
{
    int  i;

    for (i = 0; i < PQntuples(res); i++) {
        if (sr_pg_int8(res, i, SR_SEND_FINISH_ORGANIZATION_ID)
            == s->organization_id
            && sr_pg_int8(res, i, SR_SEND_FINISH_MESSAGE_ID) == s->message_id)
        {
            return 1;
        }
    }

    return 0;
}
