
/*
 * Two demo organizations, and what they hold as variables of a shell.  What is
 * there is kept; passwords and credentials are made anew, since they cannot be
 * read back.
 */


#include <openssl/crypto.h>

#include "simrelay.h"
#include "sr_password.h"
#include "sr_phone.h"
#include "sr_principal.h"


#define SIMRELAY_SEED_DAYS    3650
#define SIMRELAY_SEED_NAME    "demo"
#define SIMRELAY_SEED_CLIENT  "SimRelay demo"
#define SIMRELAY_SEED_URI     "http://127.0.0.1/callback"
#define SIMRELAY_SEED_SHARED  "+14155550100"
#define SIMRELAY_SEED_PHONE   "00000000000000d0"
#define SIMRELAY_SEED_ORGS    5


typedef struct {
    const char  *prefix;
    const char  *organization;
    const char  *team;
    const char  *name;
    const char  *email;
    const char  *number;
} simrelay_seed_t;


typedef struct {
    int64_t      organization;
    int64_t      team;
    int64_t      user;
} simrelay_tenant_t;


static int simrelay_seed_all(simrelay_t *s);
static int simrelay_seed_client(simrelay_t *s, unsigned char *client);
static int simrelay_seed_tenant(simrelay_t *s, const simrelay_seed_t *seed,
    simrelay_tenant_t *t);
static int simrelay_seed_credentials(simrelay_t *s,
    const simrelay_seed_t *seed, const simrelay_tenant_t *t,
    const unsigned char *client);
static int simrelay_seed_credential(simrelay_t *s, const char *prefix,
    const char *name, const simrelay_credential_t *c);
static int64_t simrelay_seed_sim(simrelay_t *s, const char *number);
static int simrelay_seed_attach(simrelay_t *s, int64_t sim,
    const simrelay_tenant_t *t, int64_t team);
static int simrelay_seed_shared(simrelay_t *s, const simrelay_tenant_t *t,
    int n);
static void simrelay_seed_id(const char *prefix, const char *name, int64_t id);
static void simrelay_seed_text(const char *prefix, const char *name,
    const char *value);


static const simrelay_seed_t  simrelay_seeds[] = {
    { "SIMRELAY_", "Demo", "Support", "Ada Demo", "ada@example.com",
      "+14155550101" },
    { "SIMRELAY2_", "Other", "Sales", "Otto Other", "otto@example.com",
      "+14155550102" }
};

#define SIMRELAY_SEEDS  (sizeof(simrelay_seeds) / sizeof(simrelay_seeds[0]))


int
simrelay_seed(simrelay_t *s)
{
    if (simrelay_exec(s, "begin") == -1
        || simrelay_seed_all(s) == -1
        || simrelay_exec(s, "commit") == -1)
    {
        return SIMRELAY_FAILED;
    }

    return SIMRELAY_DONE;
}


static int
simrelay_seed_all(simrelay_t *s)
{
    size_t                  i;
    int64_t                 sim;
    sr_uuid_t               client;
    simrelay_tenant_t       tenants[SIMRELAY_SEEDS];
    const simrelay_seed_t  *seed;

    if (simrelay_seed_client(s, client) == -1) {
        return -1;
    }

    for (i = 0; i < SIMRELAY_SEEDS; i++) {
        seed = &simrelay_seeds[i];

        if (simrelay_seed_tenant(s, seed, &tenants[i]) == -1
            || simrelay_seed_credentials(s, seed, &tenants[i], client) == -1)
        {
            return -1;
        }

        sim = simrelay_seed_sim(s, seed->number);

        if (sim == -1
            || simrelay_seed_attach(s, sim, &tenants[i], tenants[i].team)
               == -1)
        {
            return -1;
        }

        simrelay_seed_id(seed->prefix, "SIM_ID", sim);
    }

    return simrelay_seed_shared(s, tenants, SIMRELAY_SEEDS);
}


static int
simrelay_seed_client(simrelay_t *s, unsigned char *client)
{
    sr_str_t          uri;
    PGresult         *res;
    unsigned char     array[SR_PG_ARRAY_SIZE(1, sizeof(SIMRELAY_SEED_URI))];
    sr_pg_segment_t   q;

    uri = simrelay_str(SIMRELAY_SEED_URI);

    simrelay_query(&q, SR_SQL_SEED_CLIENT);
    simrelay_bind(&q, SIMRELAY_SEED_CLIENT);
    sr_pg_bind_texts(&q, array, &uri, 1);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    memcpy(client, PQgetvalue(res, 0, SR_SEED_CLIENT_ID), sizeof(sr_uuid_t));
    PQclear(res);

    return 0;
}


static int
simrelay_seed_tenant(simrelay_t *s, const simrelay_seed_t *seed,
    simrelay_tenant_t *t)
{
    char              password[SIMRELAY_PASSWORD_LEN + 1];
    char              hash[SR_PASSWORD_SIZE];
    PGresult         *res;
    sr_pg_segment_t   q;

    if (simrelay_password(password) == -1
        || sr_password_hash(hash, simrelay_str(password)) == -1)
    {
        (void) simrelay_fail("no password can be made");
        return -1;
    }

    simrelay_query(&q, SR_SQL_SEED_TENANT);
    simrelay_bind(&q, seed->organization);
    simrelay_bind(&q, seed->team);
    simrelay_bind(&q, seed->name);
    simrelay_bind(&q, seed->email);
    simrelay_bind(&q, hash);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    t->organization = sr_pg_int8(res, 0, SR_SEED_TENANT_ORGANIZATION_ID);
    t->team = sr_pg_int8(res, 0, SR_SEED_TENANT_TEAM_ID);
    t->user = sr_pg_int8(res, 0, SR_SEED_TENANT_USER_ID);
    PQclear(res);

    simrelay_seed_id(seed->prefix, "ORGANIZATION_ID", t->organization);
    simrelay_seed_id(seed->prefix, "TEAM_ID", t->team);
    simrelay_seed_id(seed->prefix, "USER_ID", t->user);
    simrelay_seed_text(seed->prefix, "USER_EMAIL", seed->email);
    simrelay_seed_text(seed->prefix, "USER_PASSWORD", password);

    OPENSSL_cleanse(password, sizeof(password));

    return 0;
}


static int
simrelay_seed_credentials(simrelay_t *s, const simrelay_seed_t *seed,
    const simrelay_tenant_t *t, const unsigned char *client)
{
    char                   id[37];
    PGresult              *res;
    sr_pg_segment_t        q;
    simrelay_credential_t  c;

    simrelay_query(&q, SR_SQL_SEED_FORGET);
    sr_pg_bind_int8(&q, t->user);
    simrelay_bind(&q, SIMRELAY_SEED_NAME);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return -1;
    }

    PQclear(res);

    sr_uuid_format((unsigned char *) id, client);
    id[36] = '\0';
    simrelay_seed_text(seed->prefix, "OAUTH_CLIENT_ID", id);

    memset(&c, 0, sizeof(simrelay_credential_t));

    c.user_id = t->user;
    c.name = SIMRELAY_SEED_NAME;
    c.kind = SR_KIND_TOKEN;
    c.abilities = SR_ABILITY_PERSON;

    if (simrelay_seed_credential(s, seed->prefix, "TOKEN", &c) == -1) {
        return -1;
    }

    c.kind = SR_KIND_OAUTH;
    c.abilities = SR_ABILITY_DEVICE;
    c.client_id = client;
    c.scope = "mobile:device";
    c.expires_at = sr_time_now()
                   + SIMRELAY_SEED_DAYS * 86400 * SR_TIME_SECOND;

    if (simrelay_seed_credential(s, seed->prefix, "OAUTH_TOKEN", &c) == -1) {
        return -1;
    }

    c.kind = SR_KIND_API_KEY;
    c.abilities = SR_ABILITY_PERMISSIONS;
    c.organization_id = t->organization;
    c.client_id = NULL;
    c.scope = NULL;
    c.expires_at = 0;

    return simrelay_seed_credential(s, seed->prefix, "API_KEY", &c);
}


static int
simrelay_seed_credential(simrelay_t *s, const char *prefix, const char *name,
    const simrelay_credential_t *c)
{
    char  shown[SIMRELAY_SHOWN_SIZE];

    if (simrelay_credential(s, c, shown) == -1) {
        return -1;
    }

    simrelay_seed_text(prefix, name, shown);
    OPENSSL_cleanse(shown, sizeof(shown));

    return 0;
}


static int64_t
simrelay_seed_sim(simrelay_t *s, const char *number)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_SEED_SIM);
    simrelay_bind(&q, number);
    simrelay_bind(&q, sr_phone_country((const unsigned char *) number,
                                       strlen(number)));
    simrelay_bind(&q, "seven");
    simrelay_bind(&q, "shared");
    sr_pg_bind_int4(&q, SIMRELAY_SEED_ORGS);

    return simrelay_run_id(s, &q, "the SIM was not made");
}


static int
simrelay_seed_attach(simrelay_t *s, int64_t sim, const simrelay_tenant_t *t,
    int64_t team)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_SIM_ATTACH);
    sr_pg_bind_int8(&q, sim);
    sr_pg_bind_int8(&q, t->organization);

    if (team != 0) {
        sr_pg_bind_int8(&q, team);

    } else {
        sr_pg_bind_null(&q);
    }

    sr_pg_bind_null(&q);

    return simrelay_run_id(s, &q, "the SIM was not attached") == -1 ? -1 : 0;
}


/* The SIM that all of them share is in a phone of the first one's. */

static int
simrelay_seed_shared(simrelay_t *s, const simrelay_tenant_t *t, int n)
{
    int              i;
    int64_t          sim, device;
    sr_pg_segment_t  q;

    sim = simrelay_seed_sim(s, SIMRELAY_SEED_SHARED);

    if (sim == -1) {
        return -1;
    }

    for (i = 0; i < n; i++) {

        if (simrelay_seed_attach(s, sim, &t[i], 0) == -1) {
            return -1;
        }
    }

    simrelay_query(&q, SR_SQL_SEED_DEVICE);
    sr_pg_bind_int8(&q, t[0].organization);
    sr_pg_bind_int8(&q, t[0].user);
    simrelay_bind(&q, SIMRELAY_SEED_PHONE);
    sr_pg_bind_int8(&q, sim);
    simrelay_bind(&q, SIMRELAY_SEED_SHARED);

    device = simrelay_run_id(s, &q, "the phone was not made");

    if (device == -1) {
        return -1;
    }

    simrelay_seed_id("SIMRELAY_", "SHARED_SIM_ID", sim);
    simrelay_seed_id("SIMRELAY_", "SHARED_DEVICE_ID", device);

    return 0;
}


static void
simrelay_seed_id(const char *prefix, const char *name, int64_t id)
{
    printf("%s%s='%lld'\n", prefix, name, (long long) id);
}


static void
simrelay_seed_text(const char *prefix, const char *name, const char *value)
{
    printf("%s%s='%s'\n", prefix, name, value);
}
