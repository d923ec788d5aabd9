
/*
 * SMS that providers are to send: claims those that are due, gives back what
 * was claimed for nothing, and ends what nobody knows or does anything of.
 */


#include <stdlib.h>

#include "simrelayd_sends.h"


#define SIMRELAYD_SENDS_LOOK    1000        /* ms */
#define SIMRELAYD_SENDS_LEASE   5000        /* ms beyond send_timeout */
#define SIMRELAYD_SENDS_EXPIRE  500         /* at once */


static void simrelayd_sends_empty(simrelayd_send_list_t *list);
static void simrelayd_sends_tick(uv_timer_t *timer);
static void simrelayd_sends_expire(simrelayd_sends_t *ss);
static void simrelayd_sends_expired(sr_pg_segment_t *s);
static void simrelayd_sends_release(simrelayd_sends_t *ss);
static void simrelayd_sends_released(sr_pg_segment_t *s);
static void simrelayd_sends_ask(simrelayd_sends_t *ss);
static void simrelayd_sends_busy(simrelayd_sends_t *ss, sr_pg_segment_t *s);
static void simrelayd_sends_claimed(sr_pg_segment_t *s);
static void simrelayd_sends_next(simrelayd_sends_t *ss, const PGresult *res);
static void simrelayd_sends_due(uv_timer_t *timer);
static void simrelayd_sends_closed(uv_handle_t *handle);


simrelayd_sends_t *
simrelayd_sends_start(simrelayd_t *d)
{
    simrelayd_sends_t  *ss;

    ss = simrelayd_calloc(1, sizeof(simrelayd_sends_t));

    ss->d = d;
    ss->holds = 1;
    ss->record_max = SIMRELAYD_SENT_BATCH;

    TAILQ_INIT(&ss->sending);
    TAILQ_INIT(&ss->ended);
    TAILQ_INIT(&ss->recorded);

    simrelayd_arena_init(&ss->claim_arena);
    simrelayd_arena_init(&ss->record_arena);

    ss->resolve = simrelayd_resolve_start(&d->loop, d->conf.resolvers);

    if (ss->resolve == NULL) {
        free(ss);
        return NULL;
    }

    /* no connection is used twice (simrelayd_send.c), so none is kept */

    ss->curl = simrelayd_curl_start(&d->loop, 1, simrelayd_send_done);

    if (ss->curl == NULL) {
        simrelayd_resolve_stop(ss->resolve);
        free(ss);
        return NULL;
    }

    (void) uv_timer_init(&d->loop, &ss->timer);
    ss->timer.data = ss;
    (void) uv_timer_start(&ss->timer, simrelayd_sends_tick, 0,
                          SIMRELAYD_SENDS_LOOK);

    (void) uv_timer_init(&d->loop, &ss->due);
    ss->due.data = ss;
    ss->holds++;

    return ss;
}


void
simrelayd_sends_look(simrelayd_t *d)
{
    if (d->sends != NULL) {
        simrelayd_sends_claim(d->sends);
    }
}


int
simrelayd_sends_running(const simrelayd_t *d)
{
    const simrelayd_sends_t  *ss;

    ss = d->sends;

    return ss != NULL ? ss->running + (ss->claim != NULL) + ss->lost : 0;
}


void
simrelayd_sends_drain(simrelayd_t *d)
{
    if (d->sends != NULL) {
        d->sends->drained = 1;
    }
}


void
simrelayd_sends_stop(simrelayd_t *d)
{
    simrelayd_sends_t  *ss;

    ss = d->sends;

    if (ss == NULL) {
        return;
    }

    d->sends = NULL;
    ss->stopped = 1;

    simrelayd_sends_empty(&ss->sending);
    simrelayd_sends_empty(&ss->ended);
    simrelayd_sends_empty(&ss->recorded);

    simrelayd_curl_stop(ss->curl);
    simrelayd_resolve_stop(ss->resolve);

    uv_close((uv_handle_t *) &ss->timer, simrelayd_sends_closed);
    uv_close((uv_handle_t *) &ss->due, simrelayd_sends_closed);
}


void
simrelayd_sends_claim(simrelayd_sends_t *ss)
{
    simrelayd_t  *d;

    d = ss->d;

    if (ss->claim != NULL) {
        ss->again = 1;
        return;
    }

    if (ss->lost) {
        simrelayd_sends_release(ss);
        return;
    }

    if (ss->drained || ss->running >= d->conf.sends
        || !simrelayd_db_ready(d))
    {
        return;
    }

    simrelayd_sends_ask(ss);
}


void
simrelayd_sends_failed(const sr_pg_segment_t *s, const char *event)
{
    const char  *text;

    if (s->status != SR_PG_ERROR) {
        return;
    }

    text = s->error != NULL ? PQresultErrorField(s->error,
                                                 PG_DIAG_MESSAGE_PRIMARY)
                            : NULL;

    if (text == NULL) {
        text = "";
    }

    simrelayd_log(SIMRELAYD_ERROR, "event=%s error=%s", event,
                  simrelayd_quote(text, strlen(text)));
}


void
simrelayd_sends_unhold(simrelayd_sends_t *ss)
{
    if (--ss->holds == 0) {
        simrelayd_arena_reset(&ss->claim_arena);
        simrelayd_arena_reset(&ss->record_arena);
        free(ss);
    }
}


static void
simrelayd_sends_empty(simrelayd_send_list_t *list)
{
    simrelayd_send_t  *s;

    while ((s = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, s, link);
        simrelayd_send_destroy(s);
    }
}


static void
simrelayd_sends_tick(uv_timer_t *timer)
{
    simrelayd_sends_t  *ss;

    ss = timer->data;

    if (!simrelayd_db_ready(ss->d)) {
        return;
    }

    simrelayd_sent_record(ss);
    simrelayd_sends_expire(ss);
    simrelayd_sends_claim(ss);
}


static void
simrelayd_sends_expire(simrelayd_sends_t *ss)
{
    sr_pg_segment_t  *s;

    if (ss->expire != NULL || ss->drained) {
        return;
    }

    s = simrelayd_db_segment(ss->d);

    sr_pg_statement(s, SR_SQL_SEND_EXPIRE);
    sr_pg_bind_int4(s, SIMRELAYD_SENDS_EXPIRE);

    sr_pg_statement(s, SR_SQL_SEND_GIVE_UP);
    sr_pg_bind_int8(s, ss->d->conf.send_max_wait);
    sr_pg_bind_int4(s, SIMRELAYD_SENDS_EXPIRE);

    s->handler = simrelayd_sends_expired;
    s->data = ss;

    ss->expire = s;
    ss->holds++;

    simrelayd_db_send(ss->d, s);
}


static void
simrelayd_sends_expired(sr_pg_segment_t *s)
{
    int                 i, n;
    simrelayd_sends_t  *ss;

    ss = s->data;
    ss->expire = NULL;

    if (ss->stopped) {
        simrelayd_sends_unhold(ss);
        return;
    }

    ss->holds--;

    if (s->status != SR_PG_OK) {
        simrelayd_sends_failed(s, "send_expire_failed");
        return;
    }

    n = PQntuples(s->results[0]);

    for (i = 0; i < n; i++) {
        simrelayd_log(SIMRELAYD_WARN,
                      "send=%lld.%lld outcome=unclear error=\"no result was "
                      "recorded\"",
                      (long long) sr_pg_int8(s->results[0], i,
                                             SR_SEND_EXPIRE_ORGANIZATION_ID),
                      (long long) sr_pg_int8(s->results[0], i,
                                             SR_SEND_EXPIRE_MESSAGE_ID));
    }

    n = PQntuples(s->results[1]);

    for (i = 0; i < n; i++) {
        simrelayd_log(SIMRELAYD_WARN,
                      "send=%lld.%lld outcome=refused error=\"nobody has "
                      "handed it over in time\"",
                      (long long) sr_pg_int8(s->results[1], i,
                                             SR_SEND_GIVE_UP_ORGANIZATION_ID),
                      (long long) sr_pg_int8(s->results[1], i,
                                             SR_SEND_GIVE_UP_MESSAGE_ID));
    }
}


/* what was leased by a claim that we never heard of was not handed over */

static void
simrelayd_sends_release(simrelayd_sends_t *ss)
{
    sr_pg_segment_t  *s;

    if (!simrelayd_db_ready(ss->d)) {
        return;
    }

    s = simrelayd_db_segment(ss->d);

    sr_pg_statement(s, SR_SQL_SEND_RELEASE);
    sr_pg_bind_bytes(s, ss->claim_id, sizeof(sr_uuid_t));

    s->handler = simrelayd_sends_released;
    s->data = ss;

    ss->claim = s;
    ss->holds++;

    simrelayd_db_send(ss->d, s);
}


static void
simrelayd_sends_released(sr_pg_segment_t *s)
{
    int                 n;
    simrelayd_sends_t  *ss;

    ss = s->data;
    ss->claim = NULL;

    if (ss->stopped) {
        simrelayd_sends_unhold(ss);
        return;
    }

    ss->holds--;

    if (s->status != SR_PG_OK) {
        simrelayd_sends_failed(s, "send_release_failed");
        return;
    }

    n = PQntuples(s->results[0]);

    if (n != 0) {
        simrelayd_log(SIMRELAYD_INFO, "event=sends_released sends=%d", n);
    }

    ss->lost = 0;
    ss->again = 0;

    simrelayd_sends_claim(ss);
}


static void
simrelayd_sends_ask(simrelayd_sends_t *ss)
{
    sr_pg_segment_t         *s;
    const simrelayd_conf_t  *conf;

    conf = &ss->d->conf;

    if (sr_uuid_make(ss->claim_id) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        return;
    }

    s = simrelayd_db_segment(ss->d);

    sr_pg_statement(s, SR_SQL_SEND_CLAIM);
    sr_pg_bind_int4(s, (int32_t) conf->sends - ss->running);
    sr_pg_bind_bytes(s, ss->claim_id, sizeof(sr_uuid_t));
    sr_pg_bind_int4(s, (int32_t) conf->sends_per_account);
    simrelayd_sends_busy(ss, s);
    sr_pg_bind_int4(s, (int32_t) conf->send_interval);
    sr_pg_bind_int4(s, (int32_t) conf->send_timeout + SIMRELAYD_SENDS_LEASE);

    sr_pg_statement(s, SR_SQL_SEND_NEXT);

    s->handler = simrelayd_sends_claimed;
    s->data = ss;

    ss->claim = s;
    ss->again = 0;
    ss->claimed = uv_hrtime();
    ss->holds++;

    simrelayd_db_send(ss->d, s);
}


/* which accounts have how many under way */

static void
simrelayd_sends_busy(simrelayd_sends_t *ss, sr_pg_segment_t *s)
{
    int                     i, n, list;
    int32_t                *running;
    int64_t                *accounts;
    sr_alloc_t              a;
    simrelayd_send_t       *send;
    simrelayd_send_list_t  *lists[] = {
        &ss->sending, &ss->ended, &ss->recorded
    };

    a = ss->claim_arena.alloc;

    accounts = a.alloc(a.pool, (ss->running + 1) * sizeof(int64_t));
    running = a.alloc(a.pool, (ss->running + 1) * sizeof(int32_t));

    n = 0;

    for (list = 0; list < 3; list++) {

        TAILQ_FOREACH(send, lists[list], link) {

            for (i = 0; i < n && accounts[i] != send->account_id; i++) {
                /* void */
            }

            if (i == n) {
                accounts[n] = send->account_id;
                running[n++] = 0;
            }

            running[i]++;
        }
    }

    sr_pg_bind_int8s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 8)), accounts, n);
    sr_pg_bind_int4s(s, a.alloc(a.pool, SR_PG_ARRAY_SIZE(n, 4)), running, n);
}


static void
simrelayd_sends_claimed(sr_pg_segment_t *s)
{
    int                 i, n;
    simrelayd_sends_t  *ss;

    ss = s->data;

    ss->claim = NULL;
    simrelayd_arena_reset(&ss->claim_arena);

    if (ss->stopped) {
        simrelayd_sends_unhold(ss);
        return;
    }

    ss->holds--;

    if (s->status != SR_PG_OK) {
        simrelayd_sends_failed(s, "send_claim_failed");
        ss->lost = (s->status == SR_PG_LOST);
        ss->again = 0;
        return;
    }

    n = PQntuples(s->results[0]);

    /* those that run may be why there are none */

    ss->more = (n != 0 || ss->running != 0);

    if (n != 0 && (ss->drained || uv_hrtime() - ss->claimed
                                  > (uint64_t) ss->d->conf.send_timeout
                                    * 1000000))
    {
        /* asked to stop meanwhile, or the lease is as good as over */

        ss->lost = 1;
        simrelayd_sends_release(ss);
        return;
    }

    simrelayd_sends_next(ss, s->results[1]);

    for (i = 0; i < n; i++) {

        /* who waits for messages of the SIM sees this one already */

        simrelayd_wait_wake(ss->d, sr_pg_int8(s->results[0], i,
                                              SR_SEND_CLAIM_HOSTED_SIM_ID));

        if (sr_pg_bool(s->results[0], i, SR_SEND_CLAIM_LEASED)) {
            simrelayd_send_start(ss, s->results[0], i);
        }
    }

    if (ss->again || n != 0) {
        simrelayd_sends_claim(ss);
    }
}


static void
simrelayd_sends_next(simrelayd_sends_t *ss, const PGresult *res)
{
    int64_t  wait;

    if (PQntuples(res) == 0 || sr_pg_null(res, 0, SR_SEND_NEXT_WAIT_MS)) {
        return;
    }

    wait = sr_pg_int8(res, 0, SR_SEND_NEXT_WAIT_MS);

    if (wait < SIMRELAYD_SENDS_LOOK) {
        (void) uv_timer_start(&ss->due, simrelayd_sends_due,
                              wait > 0 ? (uint64_t) wait : 1, 0);
    }
}


static void
simrelayd_sends_due(uv_timer_t *timer)
{
    simrelayd_sends_claim(timer->data);
}


static void
simrelayd_sends_closed(uv_handle_t *handle)
{
    simrelayd_sends_unhold(handle->data);
}
