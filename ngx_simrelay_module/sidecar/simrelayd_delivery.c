
/*
 * One webhook delivery: resolves its host, sends it, and says how the attempt
 * ended.
 */


#include <stdlib.h>

#include "simrelayd_request.h"


#define SIMRELAYD_CONNECT_MAX  10000        /* ms; for the resolver, too */


static void simrelayd_delivery_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error);
static int simrelayd_delivery_allowed(const void *data,
    const struct sockaddr *sa);
static void simrelayd_delivery_send(simrelayd_delivery_t *dl);
static int32_t simrelayd_delivery_age(const simrelayd_delivery_t *dl);
static void simrelayd_delivery_end(simrelayd_delivery_t *dl,
    const char *error);
static void simrelayd_delivery_log(const simrelayd_delivery_t *dl);


simrelayd_delivery_t *
simrelayd_delivery_create(const simrelayd_carrier_t *carrier)
{
    simrelayd_delivery_t  *dl;

    dl = simrelayd_calloc(1, sizeof(simrelayd_delivery_t));

    dl->carrier = carrier;
    simrelayd_arena_init(&dl->arena);

    return dl;
}


void
simrelayd_delivery_start(simrelayd_delivery_t *dl, const PGresult *res,
    int row)
{
    int64_t           timeout;
    const char       *error;
    sr_host_e         host;

    dl->id = sr_pg_int8(res, row, SR_DELIVERY_CLAIM_ID);
    dl->created_at = sr_pg_time(res, row, SR_DELIVERY_CLAIM_CREATED_AT);
    dl->integration_id = sr_pg_int8(res, row,
                                    SR_DELIVERY_CLAIM_WEBHOOK_INTEGRATION_ID);
    dl->attempts = sr_pg_int4(res, row, SR_DELIVERY_CLAIM_ATTEMPTS);
    dl->retry_count = sr_pg_int4(res, row, SR_DELIVERY_CLAIM_RETRY_COUNT);
    dl->timeout = sr_pg_int4(res, row, SR_DELIVERY_CLAIM_TIMEOUT_SECONDS);
    dl->timeout *= 1000;
    dl->started = uv_hrtime();
    dl->retry_after = -1;

    memcpy(dl->lease_id,
           sr_pg_bytes(res, row, SR_DELIVERY_CLAIM_LEASE_ID).data,
           sizeof(sr_uuid_t));

    error = simrelayd_request_make(dl, res, row, &host);

    if (error != NULL) {
        simrelayd_delivery_end(dl, error);
        return;
    }

    if (host == SR_HOST_ADDRESS) {
        simrelayd_delivery_send(dl);
        return;
    }

    timeout = dl->timeout < SIMRELAYD_CONNECT_MAX ? dl->timeout
                                                  : SIMRELAYD_CONNECT_MAX;

    dl->lookup.data = dl;
    dl->lookup.handler = simrelayd_delivery_resolved;

    simrelayd_resolve_ask(dl->carrier->resolve, &dl->lookup, dl->host,
                          timeout);
}


void
simrelayd_delivery_clear(simrelayd_delivery_t *dl)
{
    simrelayd_resolve_cancel(dl->carrier->resolve, &dl->lookup);

    if (dl->sending) {
        simrelayd_curl_remove(dl->carrier->curl, dl->easy);
    }

    if (dl->easy != NULL) {
        curl_easy_reset(dl->easy);
    }

    curl_slist_free_all(dl->headers);
    curl_slist_free_all(dl->addresses);

    simrelayd_arena_reset(&dl->arena);

    dl->headers = NULL;
    dl->addresses = NULL;
    dl->event_id.len = 0;
    dl->error.len = 0;
    dl->error.data = NULL;
    dl->response.len = 0;
    dl->response.data = NULL;
    dl->status = 0;
    dl->delay = 0;
    dl->read = NULL;
    dl->nread = 0;
    dl->nbody = 0;
    dl->nheader = 0;
    dl->sending = 0;
    dl->refused = 0;
    dl->flooded = 0;
    dl->cut = 0;
    dl->final = 0;
}


void
simrelayd_delivery_destroy(simrelayd_delivery_t *dl)
{
    simrelayd_delivery_clear(dl);

    if (dl->easy != NULL) {
        curl_easy_cleanup(dl->easy);
    }

    free(dl);
}


void
simrelayd_delivery_done(CURL *easy, CURLcode rc)
{
    char                  *p;
    long                   status;
    const char            *error;
    simrelayd_delivery_t  *dl;

    (void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &p);
    (void) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);

    dl = (simrelayd_delivery_t *) p;

    dl->sending = 0;
    dl->status = (int) status;

    error = NULL;

    if (dl->flooded) {
        error = "the response's header is too large";

    } else if (rc == CURLE_OK || dl->cut) {

        if (dl->status >= 300 && dl->status <= 399) {
            error = "redirects are not followed";

        } else if (dl->status < 200 || dl->status > 299) {
            error = "the receiver did not accept it";
        }

    } else if (dl->refused) {
        error = "the address is not public";

    } else if (rc == CURLE_OPERATION_TIMEDOUT) {
        error = "no complete answer in time";

    } else {
        error = curl_easy_strerror(rc);
    }

    simrelayd_delivery_end(dl, error);
}


static void
simrelayd_delivery_resolved(simrelayd_lookup_t *l,
    const simrelayd_address_t *addresses, int n, const char *error)
{
    simrelayd_delivery_t  *dl;

    dl = l->data;

    if (n == 0) {
        simrelayd_delivery_end(dl, error);
        return;
    }

    dl->addresses = simrelayd_curl_pin(dl->host, dl->port, addresses, n,
                                       simrelayd_delivery_allowed, dl);

    if (dl->addresses == NULL) {
        simrelayd_delivery_end(dl, "the address is not public");
        return;
    }

    curl_easy_setopt(dl->easy, CURLOPT_RESOLVE, dl->addresses);

    simrelayd_delivery_send(dl);
}


static int
simrelayd_delivery_allowed(const void *data, const struct sockaddr *sa)
{
    return simrelayd_request_allowed(data, sa);
}


static void
simrelayd_delivery_send(simrelayd_delivery_t *dl)
{
    long  left, connect;

    left = (long) (dl->timeout - simrelayd_delivery_age(dl));

    if (left < 1) {
        left = 1;
    }

    connect = left < SIMRELAYD_CONNECT_MAX ? left : SIMRELAYD_CONNECT_MAX;

    curl_easy_setopt(dl->easy, CURLOPT_TIMEOUT_MS, left);
    curl_easy_setopt(dl->easy, CURLOPT_CONNECTTIMEOUT_MS, connect);

    if (simrelayd_curl_add(dl->carrier->curl, dl->easy) == -1) {
        simrelayd_delivery_end(dl, "it could not be sent");
        return;
    }

    dl->sending = 1;
}


static int32_t
simrelayd_delivery_age(const simrelayd_delivery_t *dl)
{
    return (int32_t) ((uv_hrtime() - dl->started) / 1000000);
}


static void
simrelayd_delivery_end(simrelayd_delivery_t *dl, const char *error)
{
    size_t         len;
    uint32_t       chance;
    unsigned char  text[3 * SIMRELAYD_WIRE_READ];

    dl->time = simrelayd_delivery_age(dl);

    dl->outcome = simrelayd_wire_outcome(dl->status, error == NULL,
                                         dl->attempts, dl->retry_count);

    if (dl->final) {
        dl->outcome = SIMRELAYD_FAILED;
    }

    if (dl->outcome == SIMRELAYD_AGAIN) {

        if (sr_random(&chance, sizeof(chance)) == -1) {
            chance = 0;
        }

        dl->delay = simrelayd_wire_delay(dl->carrier->d->conf.retry_delays,
                                         dl->attempts, dl->retry_after,
                                         chance);
    }

    if (error != NULL) {
        dl->error.len = strlen(error);
        dl->error.data = (unsigned char *) error;
    }

    if (dl->nread != 0) {
        len = simrelayd_wire_response(text, dl->read, dl->nread);

        dl->response.len = len;
        dl->response.data = dl->arena.alloc.alloc(&dl->arena, len);
        memcpy(dl->response.data, text, len);
    }

    simrelayd_delivery_log(dl);

    dl->carrier->done(dl);
}


static void
simrelayd_delivery_log(const simrelayd_delivery_t *dl)
{
    static const char  *outcomes[] = { "delivered", "again", "failed" };

    simrelayd_log(SIMRELAYD_INFO,
                  "delivery=%lld event_id=%.*s integration=%lld attempt=%d "
                  "outcome=%s status=%d ms=%d error=%s",
                  (long long) dl->id,
                  (int) dl->event_id.len, (char *) dl->event_id.data,
                  (long long) dl->integration_id, dl->attempts,
                  outcomes[dl->outcome], dl->status, (int) dl->time,
                  simrelayd_quote((char *) dl->error.data, dl->error.len));
}
