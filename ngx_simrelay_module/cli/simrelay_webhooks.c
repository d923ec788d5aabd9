
/*
 * Webhook integrations and their mappings.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_url.h"


/* what a secret is sealed for (sr_seal.h) */
#define SIMRELAY_WEBHOOK_CONTEXT  "webhook"

#define SIMRELAY_WEBHOOK_TIMEOUT  120
#define SIMRELAY_WEBHOOK_RETRIES  10


int
simrelay_webhook_create(simrelay_t *s)
{
    char         secret[SR_SECRET_LEN + 1];
    int64_t      organization, timeout, retries, id;
    const char  *name;

    if (simrelay_id(s, 0, &organization) == -1
        || simrelay_number(simrelay_option(s, "timeout", "30"), "--timeout",
                           1, SIMRELAY_WEBHOOK_TIMEOUT, &timeout)
           == -1
        || simrelay_number(simrelay_option(s, "retries", "3"), "--retries",
                           0, SIMRELAY_WEBHOOK_RETRIES, &retries)
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
