
/*
 * Tests of webhooks: a person asks, nginx hands the request over, and the
 * receiver's answer is the answer.  They take no slots of deliveries, and none
 * of them is in the database.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_http.h"
#include "simrelayd_webhooks.h"


#define SIMRELAYD_TESTS       64        /* under way at once */
#define SIMRELAYD_TESTS_EACH  8         /* of these, of one organization */
#define SIMRELAYD_TEST_JSON   512       /* bytes, to begin with */


struct simrelayd_webhook_test_s {
    TAILQ_ENTRY(simrelayd_webhook_test_s)  link;

    simrelayd_webhooks_t   *w;              /* gone once nobody waits */
    simrelayd_call_t       *call;           /* NULL once nobody waits */
    simrelayd_delivery_t   *delivery;       /* NULL while it is read */
    int64_t                 integration_id;
    int64_t                 organization_id;
};


static int simrelayd_webhook_test_refuse(simrelayd_webhooks_t *w,
    simrelayd_call_t *call, int64_t integration_id, int64_t organization_id);
static void simrelayd_webhook_test_found(sr_pg_segment_t *s);
static void simrelayd_webhook_test_ended(simrelayd_delivery_t *dl);
static void simrelayd_webhook_test_reply(simrelayd_call_t *call,
    const simrelayd_delivery_t *dl);
static void simrelayd_webhook_test_gone(simrelayd_call_t *call);
static simrelayd_call_t *simrelayd_webhook_test_leave(
    simrelayd_webhook_test_t *t);
static void simrelayd_webhook_test_free(simrelayd_webhook_test_t *t);


void
simrelayd_webhook_tests_init(simrelayd_webhooks_t *w)
{
    TAILQ_INIT(&w->tests);

    w->test_carrier = w->carrier;
    w->test_carrier.done = simrelayd_webhook_test_ended;
}


void
simrelayd_webhook_tests_stop(simrelayd_webhooks_t *w)
{
    simrelayd_call_t          *call;
    simrelayd_webhook_test_t  *t;

    while ((t = TAILQ_FIRST(&w->tests)) != NULL) {

        call = simrelayd_webhook_test_leave(t);

        if (t->delivery != NULL) {
            simrelayd_webhook_test_free(t);
        }

        if (call != NULL) {
            simrelayd_http_fail(call, 503, "Service Unavailable");
        }
    }
}


void
simrelayd_webhook_test_call(simrelayd_call_t *call)
{
    int64_t                    integration_id, organization_id;
    sr_pg_segment_t           *s;
    simrelayd_webhooks_t      *w;
    simrelayd_webhook_test_t  *t;

    w = call->d->webhooks;

    integration_id = simrelayd_http_number(call, "integration");
    organization_id = simrelayd_http_number(call, "organization");

    if (simrelayd_webhook_test_refuse(w, call, integration_id,
                                      organization_id))
    {
        return;
    }

    t = simrelayd_calloc(1, sizeof(simrelayd_webhook_test_t));

    t->w = w;
    t->call = call;
    t->integration_id = integration_id;
    t->organization_id = organization_id;

    TAILQ_INSERT_TAIL(&w->tests, t, link);
    w->ntests++;

    call->data = t;
    call->gone = simrelayd_webhook_test_gone;

    s = simrelayd_db_segment(w->d);

    sr_pg_statement(s, SR_SQL_WEBHOOK_TEST_BEGIN);
    sr_pg_bind_int8(s, integration_id);
    sr_pg_bind_int8(s, organization_id);

    s->handler = simrelayd_webhook_test_found;
    s->data = t;

    simrelayd_db_send(w->d, s);
}


static int
simrelayd_webhook_test_refuse(simrelayd_webhooks_t *w, simrelayd_call_t *call,
    int64_t integration_id, int64_t organization_id)
{
    int                        n;
    simrelayd_webhook_test_t  *t;

    if (integration_id == -1 || organization_id == -1) {
        simrelayd_http_fail(call, 400, "The arguments are wrong.");
        return 1;
    }

    if (w == NULL || w->drained || w->ntests == SIMRELAYD_TESTS) {
        simrelayd_http_fail(call, 503, "Service Unavailable");
        return 1;
    }

    n = 0;

    TAILQ_FOREACH(t, &w->tests, link) {

        if (t->integration_id == integration_id) {
            simrelayd_http_fail(call, 409, "A test of this webhook integration"
                                " is under way.");
            return 1;
        }

        n += (t->organization_id == organization_id);
    }

    if (n >= SIMRELAYD_TESTS_EACH) {
        simrelayd_http_fail(call, 409, "Too many tests of webhook integrations"
                            " are under way.");
        return 1;
    }

    return 0;
}


static void
simrelayd_webhook_test_found(sr_pg_segment_t *s)
{
    char                       text[96];
    simrelayd_call_t          *call;
    simrelayd_webhook_test_t  *t;

    t = s->data;

    if (t->call == NULL || s->status != SR_PG_OK
        || PQntuples(s->results[0]) == 0)
    {
        call = simrelayd_webhook_test_leave(t);
        simrelayd_webhook_test_free(t);

        if (call == NULL) {
            return;
        }

        if (s->status != SR_PG_OK) {
            simrelayd_http_fail(call, 503, "Service Unavailable");
            return;
        }

        /* it was deleted meanwhile */

        (void) snprintf(text, sizeof(text), "No query results for model"
                        " [App\\Models\\WebhookIntegration] %lld",
                        (long long) simrelayd_http_number(call,
                                                          "integration"));
        simrelayd_http_fail(call, 404, text);
        return;
    }

    t->delivery = simrelayd_delivery_create(&t->w->test_carrier);
    t->delivery->endpoint = t;

    simrelayd_delivery_start(t->delivery, s->results[0], 0);
}


static void
simrelayd_webhook_test_ended(simrelayd_delivery_t *dl)
{
    simrelayd_call_t          *call;
    simrelayd_webhook_test_t  *t;

    t = dl->endpoint;
    call = simrelayd_webhook_test_leave(t);

    simrelayd_webhook_test_reply(call, dl);
    simrelayd_webhook_test_free(t);
}


static void
simrelayd_webhook_test_reply(simrelayd_call_t *call,
    const simrelayd_delivery_t *dl)
{
    sr_buf_t   buf;
    sr_json_t  j;
    sr_str_t   json;

    sr_buf_init(&buf, call->arena.alloc, SIMRELAYD_TEST_JSON,
                SR_PAYLOAD_BYTES);
    sr_json_init(&j, &buf);

    sr_json_object(&j);

    sr_json_key(&j, "success");
    sr_json_bool(&j, dl->outcome == SIMRELAYD_DELIVERED);

    sr_json_key(&j, "http_status");

    if (dl->status != 0) {
        sr_json_int(&j, dl->status);

    } else {
        sr_json_null(&j);
    }

    sr_json_key(&j, "response_body");

    if (dl->status != 0) {
        sr_json_str(&j, dl->response);

    } else {
        sr_json_null(&j);
    }

    sr_json_key(&j, "response_time_ms");
    sr_json_int(&j, dl->time);

    sr_json_key(&j, "error");

    if (dl->error.data != NULL) {
        sr_json_str(&j, dl->error);

    } else {
        sr_json_null(&j);
    }

    sr_json_object_end(&j);

    json.len = buf.len;
    json.data = buf.data;

    simrelayd_http_reply(call, 200, json);
}


/* whoever asked is gone, and so is the test, as soon as it can be */

static void
simrelayd_webhook_test_gone(simrelayd_call_t *call)
{
    simrelayd_webhook_test_t  *t;

    t = call->data;

    (void) simrelayd_webhook_test_leave(t);

    if (t->delivery != NULL) {
        simrelayd_webhook_test_free(t);
    }
}


/* It stands in the list as long as somebody waits for it; returns who did. */

static simrelayd_call_t *
simrelayd_webhook_test_leave(simrelayd_webhook_test_t *t)
{
    simrelayd_call_t  *call;

    call = t->call;

    if (call != NULL) {
        call->gone = NULL;
        t->call = NULL;

        TAILQ_REMOVE(&t->w->tests, t, link);
        t->w->ntests--;
    }

    return call;
}


static void
simrelayd_webhook_test_free(simrelayd_webhook_test_t *t)
{
    if (t->delivery != NULL) {
        simrelayd_delivery_destroy(t->delivery);
    }

    free(t);
}
