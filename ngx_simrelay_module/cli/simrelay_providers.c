
/*
 * Accounts at providers.  Their secrets come from the standard input or from a
 * file, a line each, and never from the command line.
 */


#include <unistd.h>

#include <openssl/crypto.h>

#include "simrelay.h"


/* what the secrets are sealed for (sr_seal.h) */
#define SIMRELAY_PROVIDER_KEY      "provider_key"
#define SIMRELAY_PROVIDER_SIGNING  "provider_signing"

#define SIMRELAY_PROVIDER_SECRET   256
#define SIMRELAY_PROVIDER_NAME     64


/* both sealed; len 0: none */

typedef struct {
    ptrdiff_t      nkey;
    ptrdiff_t      nsigning;
    unsigned char  key[SIMRELAY_PROVIDER_SECRET + SR_SEAL_OVERHEAD];
    unsigned char  signing[SIMRELAY_PROVIDER_SECRET + SR_SEAL_OVERHEAD];
} simrelay_provider_secrets_t;


static int simrelay_provider_read(simrelay_t *s, int seven,
    simrelay_provider_secrets_t *secrets);
static int simrelay_provider_seal(simrelay_t *s, unsigned char *dst,
    ptrdiff_t *len, const char *context, const char *prompt);
static int simrelay_provider_more(void);
static void simrelay_provider_bind(sr_pg_segment_t *q,
    const simrelay_provider_secrets_t *secrets);
static int simrelay_provider_switch(simrelay_t *s, int on);
static int simrelay_provider_is_name(const char *p);


int
simrelay_provider_add(simrelay_t *s)
{
    int                          seven;
    const char                  *name;
    sr_pg_segment_t              q;
    simrelay_provider_secrets_t  secrets;

    seven = strcmp(s->argv[0], "seven") == 0;

    if (!seven && strcmp(s->argv[0], "twilio") != 0) {
        return simrelay_fail("a provider is seven or twilio");
    }

    name = simrelay_option(s, "name", NULL);

    if (name == NULL || !simrelay_provider_is_name(name)) {
        return simrelay_fail("--name must be given: up to %d letters, digits,"
                             " \"-\" and \"_\"; of Twilio the AccountSid",
                             SIMRELAY_PROVIDER_NAME);
    }

    if (simrelay_provider_read(s, seven, &secrets) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_ADD);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, name);
    simrelay_provider_bind(&q, &secrets);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_provider_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_ALL);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_provider_update(simrelay_t *s)
{
    int                          seven;
    int64_t                      id;
    PGresult                    *res;
    sr_pg_segment_t              q;
    simrelay_provider_secrets_t  secrets;

    if (simrelay_id(s, 0, &id) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_FIND);
    sr_pg_bind_int8(&q, id);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return SIMRELAY_FAILED;
    }

    if (PQntuples(res) == 0) {
        PQclear(res);
        return simrelay_fail("there is no such account");
    }

    seven = strcmp(PQgetvalue(res, 0, SR_PROVIDER_ACCOUNT_FIND_PROVIDER),
                   "seven") == 0;
    PQclear(res);

    if (simrelay_provider_read(s, seven, &secrets) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_UPDATE);
    sr_pg_bind_int8(&q, id);
    simrelay_provider_bind(&q, &secrets);

    return simrelay_answer(s, &q, "there is no such account");
}


int
simrelay_provider_disable(simrelay_t *s)
{
    return simrelay_provider_switch(s, 0);
}


int
simrelay_provider_enable(simrelay_t *s)
{
    return simrelay_provider_switch(s, 1);
}


int
simrelay_provider_remove(simrelay_t *s)
{
    int64_t          id;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &id) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_REMOVE);
    sr_pg_bind_int8(&q, id);

    return simrelay_answer(s, &q, "there is no such account, or SMS wait for"
                                  " it");
}


static int
simrelay_provider_switch(simrelay_t *s, int on)
{
    int64_t          id;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &id) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PROVIDER_ACCOUNT_SWITCH);
    sr_pg_bind_int8(&q, id);
    sr_pg_bind_bool(&q, on);

    return simrelay_answer(s, &q, "there is no such account");
}


/* of seven.io the signing secret is a second line, or there is none */

static int
simrelay_provider_read(simrelay_t *s, int seven,
    simrelay_provider_secrets_t *secrets)
{
    const char  *path;

    path = simrelay_option(s, "secrets", NULL);

    if (path != NULL && freopen(path, "r", stdin) == NULL) {
        (void) simrelay_fail("\"%s\" cannot be read", path);
        return -1;
    }

    secrets->nkey = 0;
    secrets->nsigning = 0;

    if (simrelay_provider_seal(s, secrets->key, &secrets->nkey,
                               SIMRELAY_PROVIDER_KEY,
                               seven ? "API key: " : "Auth token: ")
        == -1)
    {
        return -1;
    }

    if (secrets->nkey == 0) {
        (void) simrelay_fail("the first line is empty");
        return -1;
    }

    if (!seven || !simrelay_provider_more()) {
        return 0;
    }

    return simrelay_provider_seal(s, secrets->signing, &secrets->nsigning,
                                  SIMRELAY_PROVIDER_SIGNING,
                                  "Signing secret (or nothing): ");
}


static int
simrelay_provider_seal(simrelay_t *s, unsigned char *dst, ptrdiff_t *len,
    const char *context, const char *prompt)
{
    char       text[SIMRELAY_PROVIDER_SECRET];
    size_t     i;
    ptrdiff_t  n;

    n = simrelay_line(text, sizeof(text), prompt, 1);

    if (n <= 0) {
        return n == 0 ? 0 : -1;
    }

    for (i = 0; text[i] != '\0'; i++) {

        /* it stands in a header */

        if (text[i] <= ' ' || text[i] >= 0x7f) {
            OPENSSL_cleanse(text, sizeof(text));
            (void) simrelay_fail("a secret has no blanks and no letters"
                                 " beyond ASCII");
            return -1;
        }
    }

    *len = sr_seal(&s->seal, dst, context, text, n);

    OPENSSL_cleanse(text, sizeof(text));

    if (*len == -1) {
        (void) simrelay_fail("the secret cannot be sealed");
        return -1;
    }

    return 0;
}


/* is there another line? */

static int
simrelay_provider_more(void)
{
    int  c;

    if (isatty(STDIN_FILENO)) {
        return 1;
    }

    c = getchar();

    if (c == EOF) {
        return 0;
    }

    (void) ungetc(c, stdin);

    return 1;
}


static void
simrelay_provider_bind(sr_pg_segment_t *q,
    const simrelay_provider_secrets_t *secrets)
{
    sr_pg_bind_bytes(q, secrets->key, secrets->nkey);

    if (secrets->nsigning == 0) {
        sr_pg_bind_null(q);
        return;
    }

    sr_pg_bind_bytes(q, secrets->signing, secrets->nsigning);
}


/* it stands in a path */

static int
simrelay_provider_is_name(const char *p)
{
    size_t  len;

    len = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "0123456789-_");

    return len > 0 && len <= SIMRELAY_PROVIDER_NAME && p[len] == '\0';
}
