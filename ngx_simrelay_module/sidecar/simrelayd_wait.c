
/*
 * Who waits for a newer message: nginx hands the request over, and gets it back
 * once there is one or the time is over.  What is answered is decided there,
 * anew; here it is only found out when.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "simrelayd_http.h"
#include "simrelayd_wait.h"
#include "sr_digest.h"
#include "sr_principal.h"


#define SIMRELAYD_WAIT_BUCKETS  1024    /* a power of 2 */


typedef struct simrelayd_waiter_s  simrelayd_waiter_t;

struct simrelayd_waiter_s {
    simrelayd_t          *d;
    simrelayd_call_t     *call;         /* NULL: it is answered, or gone */
    simrelayd_waiter_t   *next;         /* of the bucket of its SIM */
    simrelayd_waiter_t  **prev;
    simrelayd_waiter_t   *same;         /* of that of its credential */
    simrelayd_waiter_t  **before;

    int64_t               hosted_sim_id;
    int64_t               after_id;
    int32_t               kinds;
    unsigned char         digest[SR_SHA256_LEN];
    sr_str_t              to;

    uv_timer_t            timer;
    unsigned              timed:1;      /* the timer is not closed */
    unsigned              checking:1;   /* a check is under way */
    unsigned              again:1;      /* one more is to follow */
};


struct simrelayd_waits_s {
    int                   n;
    simrelayd_waiter_t   *sims[SIMRELAYD_WAIT_BUCKETS];
    simrelayd_waiter_t   *credentials[SIMRELAYD_WAIT_BUCKETS];
};


static int simrelayd_wait_read(simrelayd_call_t *call,
    simrelayd_waiter_t *w);
static int simrelayd_wait_same(const simrelayd_waits_t *waits,
    const simrelayd_waiter_t *w);
static void simrelayd_wait_add(simrelayd_waits_t *waits,
    simrelayd_waiter_t *w);
static void simrelayd_wait_check(simrelayd_waiter_t *w);
static void simrelayd_wait_checked(sr_pg_segment_t *s);
static void simrelayd_wait_over(uv_timer_t *timer);
static void simrelayd_wait_answer(simrelayd_waiter_t *w);
static void simrelayd_wait_gone(simrelayd_call_t *call);
static void simrelayd_wait_end(simrelayd_waiter_t *w);
static void simrelayd_wait_closed(uv_handle_t *handle);
static void simrelayd_wait_free(simrelayd_waiter_t *w);
static simrelayd_waiter_t **simrelayd_wait_sim(simrelayd_waits_t *waits,
    int64_t hosted_sim_id);
static simrelayd_waiter_t **simrelayd_wait_credential(
    simrelayd_waits_t *waits, const unsigned char *digest);


simrelayd_waits_t *
simrelayd_waits_start(simrelayd_t *d)
{
    return simrelayd_calloc(1, sizeof(simrelayd_waits_t));
}


int
simrelayd_waits_count(const simrelayd_t *d)
{
    return d->waits != NULL ? d->waits->n : 0;
}


void
simrelayd_wait_call(simrelayd_call_t *call)
{
    int                  seconds;
    simrelayd_waits_t   *waits;
    simrelayd_waiter_t  *w;

    waits = call->d->waits;
    w = simrelayd_calloc(1, sizeof(simrelayd_waiter_t));

    seconds = simrelayd_wait_read(call, w);

    if (seconds == -1) {
        simrelayd_http_fail(call, 400, "Bad Request");
        simrelayd_wait_free(w);
        return;
    }

    if (waits == NULL || call->d->draining) {
        simrelayd_http_redirect(call, w->to);
        simrelayd_wait_free(w);
        return;
    }

    if (waits->n >= SR_WAITS) {
        simrelayd_http_fail(call, 503, "Service Unavailable");
        simrelayd_wait_free(w);
        return;
    }

    if (simrelayd_wait_same(waits, w) >= SR_WAITS_CREDENTIAL) {
        call->limit = SR_WAITS_CREDENTIAL;
        simrelayd_http_fail(call, 429, "Too Many Attempts.");
        simrelayd_wait_free(w);
        return;
    }

    w->d = call->d;
    w->call = call;

    call->data = w;
    call->gone = simrelayd_wait_gone;

    (void) uv_timer_init(&w->d->loop, &w->timer);
    (void) uv_timer_start(&w->timer, simrelayd_wait_over,
                          (uint64_t) seconds * 1000, 0);
    w->timer.data = w;
    w->timed = 1;

    /* what comes from now on wakes it; what came before, this finds */

    simrelayd_wait_add(waits, w);
    simrelayd_wait_check(w);
}


/* The seconds that it waits, or -1. */

static int
simrelayd_wait_read(simrelayd_call_t *call, simrelayd_waiter_t *w)
{
    int64_t   seconds, kinds;
    sr_str_t  digest;

    seconds = simrelayd_http_number(call, "seconds");
    kinds = simrelayd_http_number(call, "kinds");

    w->hosted_sim_id = simrelayd_http_number(call, "sim");
    w->after_id = simrelayd_http_number(call, "after");
    w->kinds = (int32_t) kinds;

    if (w->hosted_sim_id < 1 || w->after_id == -1
        || seconds == -1 || seconds > SR_WAIT_MAX
        || kinds < 1 || kinds > INT32_MAX
        || !simrelayd_http_arg(call, "to", &w->to)
        || w->to.len == 0 || w->to.data[0] != '/'
        || !simrelayd_http_arg(call, "digest", &digest)
        || digest.len != 2 * SR_SHA256_LEN
        || sr_unhex(w->digest, digest.data, digest.len) != SR_SHA256_LEN)
    {
        return -1;
    }

    return (int) seconds;
}


static int
simrelayd_wait_same(const simrelayd_waits_t *waits,
    const simrelayd_waiter_t *w)
{
    int                   n;
    simrelayd_waiter_t   *o;

    n = 0;
    o = *simrelayd_wait_credential((simrelayd_waits_t *) waits, w->digest);

    for ( /* void */ ; o != NULL; o = o->same) {
        if (memcmp(o->digest, w->digest, SR_SHA256_LEN) == 0) {
            n++;
        }
    }

    return n;
}


static void
simrelayd_wait_add(simrelayd_waits_t *waits, simrelayd_waiter_t *w)
{
    waits->n++;

    w->prev = simrelayd_wait_sim(waits, w->hosted_sim_id);
    w->next = *w->prev;
    *w->prev = w;

    if (w->next != NULL) {
        w->next->prev = &w->next;
    }

    simrelayd_log(SIMRELAYD_DEBUG, "event=waits hosted_sim=%lld waits=%d",
                  (long long) w->hosted_sim_id, waits->n);

    w->before = simrelayd_wait_credential(waits, w->digest);
    w->same = *w->before;
    *w->before = w;

    if (w->same != NULL) {
        w->same->before = &w->same;
    }
}


void
simrelayd_wait_wake(simrelayd_t *d, int64_t hosted_sim_id)
{
    simrelayd_waiter_t  *w, *next;

    if (simrelayd_waits_count(d) == 0) {
        return;
    }

    w = *simrelayd_wait_sim(d->waits, hosted_sim_id);

    for ( /* void */ ; w != NULL; w = next) {
        next = w->next;

        if (w->hosted_sim_id == hosted_sim_id) {
            simrelayd_wait_check(w);
        }
    }
}


static void
simrelayd_wait_check(simrelayd_waiter_t *w)
{
    sr_pg_segment_t  *s;

    if (w->checking) {
        w->again = 1;
        return;
    }

    w->checking = 1;
    w->again = 0;

    s = simrelayd_db_segment(w->d);

    sr_pg_statement(s, SR_SQL_WAIT_CHECK);
    sr_pg_bind_bytes(s, w->digest, SR_SHA256_LEN);
    sr_pg_bind_int4(s, w->kinds);
    sr_pg_bind_int4(s, SR_ABILITY_MESSAGES_READ);
    sr_pg_bind_int8(s, w->hosted_sim_id);
    sr_pg_bind_int8(s, w->after_id);

    s->handler = simrelayd_wait_checked;
    s->data = w;

    simrelayd_db_send(w->d, s);
}


static void
simrelayd_wait_checked(sr_pg_segment_t *s)
{
    simrelayd_waiter_t  *w;

    w = s->data;
    w->checking = 0;

    if (w->call == NULL) {
        simrelayd_wait_free(w);
        return;
    }

    if (s->status == SR_PG_ERROR) {
        simrelayd_log(SIMRELAYD_ERROR, "event=wait_failed error=%s",
                      simrelayd_quote(PQresultErrorMessage(s->error),
                                      strlen(PQresultErrorMessage(s->error))));
    }

    /* where nothing can be found out, nginx says so */

    if (s->status != SR_PG_OK
        || sr_pg_bool(s->results[0], 0, SR_WAIT_CHECK_IS_OVER))
    {
        simrelayd_wait_answer(w);
        return;
    }

    if (w->again) {
        simrelayd_wait_check(w);
        return;
    }

    simrelayd_log(SIMRELAYD_DEBUG, "event=waits_on hosted_sim=%lld",
                  (long long) w->hosted_sim_id);
}


static void
simrelayd_wait_over(uv_timer_t *timer)
{
    simrelayd_wait_answer(timer->data);
}


static void
simrelayd_wait_answer(simrelayd_waiter_t *w)
{
    sr_str_t           to;
    simrelayd_call_t  *call;

    to = w->to;
    call = w->call;

    simrelayd_wait_end(w);
    simrelayd_http_redirect(call, to);
}


static void
simrelayd_wait_gone(simrelayd_call_t *call)
{
    simrelayd_wait_end(call->data);
}


/* The call is not touched any more. */

static void
simrelayd_wait_end(simrelayd_waiter_t *w)
{
    w->call->gone = NULL;
    w->call = NULL;

    w->d->waits->n--;

    simrelayd_log(SIMRELAYD_DEBUG, "event=waited hosted_sim=%lld waits=%d",
                  (long long) w->hosted_sim_id, w->d->waits->n);

    *w->prev = w->next;

    if (w->next != NULL) {
        w->next->prev = w->prev;
    }

    *w->before = w->same;

    if (w->same != NULL) {
        w->same->before = w->before;
    }

    uv_close((uv_handle_t *) &w->timer, simrelayd_wait_closed);
}


static void
simrelayd_wait_closed(uv_handle_t *handle)
{
    simrelayd_waiter_t  *w;

    w = handle->data;
    w->timed = 0;

    simrelayd_wait_free(w);
}


/* Unless a check or the timer still knows it. */

static void
simrelayd_wait_free(simrelayd_waiter_t *w)
{
    if (w->timed || w->checking) {
        return;
    }

    OPENSSL_cleanse(w->digest, SR_SHA256_LEN);
    free(w);
}


void
simrelayd_waits_drain(simrelayd_t *d)
{
    int  i;

    for (i = 0; i < SIMRELAYD_WAIT_BUCKETS; i++) {
        while (d->waits->sims[i] != NULL) {
            simrelayd_wait_answer(d->waits->sims[i]);
        }
    }
}


/* Nobody is left by now: whoever had waited is answered, or gone. */

void
simrelayd_waits_stop(simrelayd_t *d)
{
    free(d->waits);
    d->waits = NULL;
}


static simrelayd_waiter_t **
simrelayd_wait_sim(simrelayd_waits_t *waits, int64_t hosted_sim_id)
{
    return &waits->sims[hosted_sim_id & (SIMRELAYD_WAIT_BUCKETS - 1)];
}


static simrelayd_waiter_t **
simrelayd_wait_credential(simrelayd_waits_t *waits,
    const unsigned char *digest)
{
    return &waits->credentials[(digest[0] << 8 | digest[1])
                               & (SIMRELAYD_WAIT_BUCKETS - 1)];
}
