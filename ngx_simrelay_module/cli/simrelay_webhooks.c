
/*
 * Webhook integrations and their mappings.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_url.h"


/* what a secret is sealed for (sr_seal.h) */
#define SIMRELAY_WEBHOOK_CONTEXT  "webhook"

#define SIMRELAY_WEBHOOK_SHOWN    "20"      /* deliveries, of at most */
#define SIMRELAY_WEBHOOK_MOST     10000


int
simrelay_webhook_create(simrelay_t *s)
{
    char         secret[SR_SECRET_LEN + 1];
    int64_t      organization, timeout, retries, id;
    const char  *name;

    if (simrelay_id(s, 0, &organization) == -1
        || simrelay_number(simrelay_option(s, "timeout", "30"), "--timeout",
                           1, SR_WEBHOOK_TIMEOUT_MAX, &timeout)
           == -1
        || simrelay_number(simrelay_option(s, "retries", "3"), "--retries",
                           0, SR_WEBHOOK_RETRIES_MAX, &retries)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    name = simrelay_option(s, "name", "webhook");

    id = simrelay_webhook(s, organization, name, s->argv[1], (int) timeout,
                          (int) retries, secret);
    if (id == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_print_id(s, "id", id);
    simrelay_print(s, "secret", secret);

    OPENSSL_cleanse(secret, sizeof(secret));

    return SIMRELAY_DONE;
}


int
simrelay_webhook_list(simrelay_t *s)
{
    int64_t          organization;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &organization) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_ALL);
    sr_pg_bind_int8(&q, organization);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_webhook_map(simrelay_t *s)
{
    int64_t          webhook, team;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &webhook) == -1 || simrelay_id(s, 1, &team) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_MAP);
    sr_pg_bind_int8(&q, webhook);
    sr_pg_bind_int8(&q, team);
    simrelay_bind(&q, simrelay_option(s, "mode", "always"));

    return simrelay_answer(s, &q, "there is no such integration");
}


int
simrelay_webhook_deliveries(simrelay_t *s)
{
    int64_t          webhook, limit;
    const char      *status;
    sr_pg_segment_t  q;

    status = simrelay_option(s, "status", NULL);

    if (simrelay_id(s, 0, &webhook) == -1
        || simrelay_number(simrelay_option(s, "limit", SIMRELAY_WEBHOOK_SHOWN),
                           "--limit", 1, SIMRELAY_WEBHOOK_MOST, &limit)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    if (status != NULL && strcmp(status, "pending") != 0
        && strcmp(status, "delivered") != 0 && strcmp(status, "failed") != 0)
    {
        return simrelay_fail("--status is pending, delivered or failed");
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_DELIVERIES);
    sr_pg_bind_int8(&q, webhook);
    simrelay_bind(&q, status);
    sr_pg_bind_int4(&q, (int32_t) limit);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_webhook_redeliver(simrelay_t *s)
{
    int64_t          webhook, delivery, us, n;
    const char      *since;
    sr_pg_segment_t  q;

    since = simrelay_option(s, "since", NULL);

    if (simrelay_id(s, 0, &webhook) == -1
        || (s->argc == 2 && simrelay_id(s, 1, &delivery) == -1))
    {
        return SIMRELAY_FAILED;
    }

    if ((s->argc == 2) == (since != NULL)) {
        return simrelay_fail("a delivery or --since is needed, not both");
    }

    if (since != NULL
        && sr_time_parse((unsigned char *) since, strlen(since), &us) == -1)
    {
        return simrelay_fail("\"%s\" is no time such as 2026-01-02T03:04:05Z",
                             since);
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_REDELIVER);
    sr_pg_bind_int8(&q, webhook);

    if (since != NULL) {
        sr_pg_bind_null(&q);
        sr_pg_bind_time(&q, us);

    } else {
        sr_pg_bind_int8(&q, delivery);
        sr_pg_bind_null(&q);
    }

    n = simrelay_run_id(s, &q, "there is no such integration, or it is not"
                        " active");
    if (n == -1) {
        return SIMRELAY_FAILED;
    }

    if (n == 0 && since == NULL) {
        return simrelay_fail("there is no such delivery, or it is being sent");
    }

    simrelay_print_id(s, "count", n);

    return SIMRELAY_DONE;
}


int
simrelay_webhook_remove(simrelay_t *s)
{
    int64_t          webhook;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &webhook) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_REMOVE);
    sr_pg_bind_int8(&q, webhook);

    return simrelay_answer(s, &q, "there is no such integration");
}


int64_t
simrelay_webhook(simrelay_t *s, int64_t organization_id, const char *name,
    const char *url, int timeout, int retries, char *secret)
{
    sr_url_t         u;
    ptrdiff_t        len;
    unsigned char    sealed[SR_SECRET_LEN + SR_SEAL_OVERHEAD];
    sr_pg_segment_t  q;

    if (strlen(url) > SR_URL
        || sr_url_parse(&u, (unsigned char *) url, strlen(url)) == -1)
    {
        (void) simrelay_fail("\"%s\" is no http or https URL", url);
        return -1;
    }

    if (sr_secret_make((unsigned char *) secret) == -1) {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    secret[SR_SECRET_LEN] = '\0';

    len = sr_seal(&s->seal, sealed, SIMRELAY_WEBHOOK_CONTEXT, secret,
                  SR_SECRET_LEN);
    if (len == -1) {
        (void) simrelay_fail("the secret cannot be sealed");
        return -1;
    }

    simrelay_query(&q, SR_SQL_WEBHOOK_CREATE);
    sr_pg_bind_int8(&q, organization_id);
    simrelay_bind(&q, name);
    simrelay_bind(&q, url);
    sr_pg_bind_bytes(&q, sealed, len);
    sr_pg_bind_int4(&q, timeout);
    sr_pg_bind_int4(&q, retries);

    return simrelay_run_id(s, &q, "the integration was not made");
}
