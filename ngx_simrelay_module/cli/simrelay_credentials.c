
/*
 * Tokens and API keys.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_principal.h"


#define SIMRELAY_OAUTH_DAYS   "15"
#define SIMRELAY_OAUTH_SCOPE  "mobile:device"
#define SIMRELAY_DAY          (86400 * SR_TIME_SECOND)


static int simrelay_credential_show(simrelay_t *s,
    const simrelay_credential_t *c, const char *name);


int
simrelay_token_create(simrelay_t *s)
{
    simrelay_credential_t  c;

    memset(&c, 0, sizeof(simrelay_credential_t));

    c.kind = SR_KIND_TOKEN;
    c.abilities = SR_ABILITY_PERSON;
    c.name = simrelay_option(s, "name", "simrelay");
    c.user_id = simrelay_user(s, s->argv[0]);

    if (c.user_id == -1) {
        return SIMRELAY_FAILED;
    }

    return simrelay_credential_show(s, &c, "token");
}


int
simrelay_key_create(simrelay_t *s)
{
    const char             *permissions;
    simrelay_credential_t   c;

    memset(&c, 0, sizeof(simrelay_credential_t));

    c.kind = SR_KIND_API_KEY;
    c.name = s->argv[2];
    c.user_id = simrelay_user(s, s->argv[0]);

    if (c.user_id == -1 || simrelay_id(s, 1, &c.organization_id) == -1) {
        return SIMRELAY_FAILED;
    }

    permissions = simrelay_option(s, "permissions", NULL);
    c.abilities = SR_ABILITY_PERMISSIONS;

    if (permissions != NULL) {
        c.abilities = simrelay_abilities(permissions, "permission");
    }

    if (c.abilities == -1) {
        return SIMRELAY_FAILED;
    }

    if (c.abilities & ~SR_ABILITY_PERMISSIONS) {
        return simrelay_fail("an API key cannot be given mobile:device");
    }

    return simrelay_credential_show(s, &c, "key");
}


int
simrelay_oauth_token_create(simrelay_t *s)
{
    int64_t                days;
    sr_uuid_t              client;
    simrelay_credential_t  c;

    memset(&c, 0, sizeof(simrelay_credential_t));

    if (sr_uuid_parse(client, (unsigned char *) s->argv[1],
                      strlen(s->argv[1]))
        == -1)
    {
        return simrelay_fail("\"%s\" is no client's id", s->argv[1]);
    }

    if (simrelay_number(simrelay_option(s, "days", SIMRELAY_OAUTH_DAYS),
                        "--days", 1, 3650, &days)
        == -1)
    {
        return SIMRELAY_FAILED;
    }

    c.kind = SR_KIND_OAUTH;
    c.client_id = client;
    c.scope = simrelay_option(s, "scope", SIMRELAY_OAUTH_SCOPE);
    c.abilities = simrelay_abilities(c.scope, "scope");
    c.expires_at = sr_time_now() + days * SIMRELAY_DAY;
    c.user_id = simrelay_user(s, s->argv[0]);

    if (c.user_id == -1 || c.abilities == -1) {
        return SIMRELAY_FAILED;
    }

    return simrelay_credential_show(s, &c, "token");
}


int
simrelay_credential_list(simrelay_t *s)
{
    int64_t          user;
    sr_pg_segment_t  q;

    user = simrelay_user(s, s->argv[0]);

    if (user == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_CREDENTIAL_LIST);
    sr_pg_bind_int8(&q, user);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_credential_revoke(simrelay_t *s)
{
    int64_t          id;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &id) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_CREDENTIAL_REVOKE);
    sr_pg_bind_int8(&q, id);

    return simrelay_answer(s, &q, "there is no such live credential");
}


int64_t
simrelay_credential(simrelay_t *s, const simrelay_credential_t *c, char *shown)
{
    int              len;
    char             prefix[SR_KEY_PREFIX_LEN + 1];
    int64_t          id;
    unsigned char    token[SR_API_KEY_LEN + SR_TOKEN_LEN];
    unsigned char    digest[SR_SHA256_LEN];
    sr_pg_segment_t  q;

    if (c->kind == SR_KIND_API_KEY) {
        len = SR_API_KEY_LEN;

    } else {
        len = SR_TOKEN_LEN;
    }

    if ((c->kind == SR_KIND_API_KEY ? sr_api_key_make(token)
                                    : sr_token_make(token, len))
        == -1
        || sr_sha256(digest, token, len) == -1)
    {
        (void) simrelay_fail("there are no random bytes");
        return -1;
    }

    snprintf(prefix, sizeof(prefix), "%.*s", SR_KEY_PREFIX_LEN, token);

    simrelay_query(&q, SR_SQL_CREDENTIAL_CREATE);
    sr_pg_bind_bytes(&q, digest, sizeof(digest));
    sr_pg_bind_int4(&q, c->kind);
    sr_pg_bind_int4(&q, c->abilities);
    sr_pg_bind_int8(&q, c->user_id);

    if (c->organization_id != 0) {
        sr_pg_bind_int8(&q, c->organization_id);

    } else {
        sr_pg_bind_null(&q);
    }

    if (c->client_id != NULL) {
        sr_pg_bind_bytes(&q, c->client_id, sizeof(sr_uuid_t));

    } else {
        sr_pg_bind_null(&q);
    }

    simrelay_bind(&q, c->name);
    simrelay_bind(&q, c->kind == SR_KIND_API_KEY ? prefix : NULL);
    simrelay_bind(&q, c->scope);

    if (c->expires_at != 0) {
        sr_pg_bind_time(&q, c->expires_at);

    } else {
        sr_pg_bind_null(&q);
    }

    id = simrelay_run_id(s, &q, "the credential was not made");

    /* a personal token is shown with its number, as others show theirs */

    if (c->kind == SR_KIND_TOKEN) {
        snprintf(shown, SIMRELAY_SHOWN_SIZE, "%lld|%.*s", (long long) id, len,
                 token);

    } else {
        snprintf(shown, SIMRELAY_SHOWN_SIZE, "%.*s", len, token);
    }

    OPENSSL_cleanse(token, sizeof(token));

    return id;
}


int
simrelay_abilities(const char *list, const char *what)
{
    int          all, one;
    size_t       n;
    const char  *p;

    all = 0;

    for (p = list; *(p += strspn(p, ", ")) != '\0'; p += n) {

        n = strcspn(p, ", ");
        one = sr_ability((const unsigned char *) p, n);

        if (one == 0) {
            (void) simrelay_fail("\"%.*s\" is no %s", (int) n, p, what);
            return -1;
        }

        all |= one;
    }

    return all;
}


static int
simrelay_credential_show(simrelay_t *s, const simrelay_credential_t *c,
    const char *name)
{
    char     shown[SIMRELAY_SHOWN_SIZE];
    int64_t  id;

    id = simrelay_credential(s, c, shown);

    if (id == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_print_id(s, "id", id);
    simrelay_print(s, name, shown);

    OPENSSL_cleanse(shown, sizeof(shown));

    return SIMRELAY_DONE;
}
