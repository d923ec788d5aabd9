
/*
 * What the demo does in the database itself: a webhook before, cleaning up
 * after.
 */


#include <openssl/crypto.h>
#include <stdio.h>

#include "simrelay_demo_private.h"
#include "sr_pg_value.h"
#include "sr_seal.h"
#include "sr_sql.h"


#define SIMRELAY_DEMO_PARAMS  4
#define SIMRELAY_DEMO_BINARY  1


/* a parameter; its data NULL: null */

typedef struct {
    sr_str_t   value;
    int        binary;
} simrelay_demo_param_t;


static int simrelay_demo_names(simrelay_demo_t *d);
static int simrelay_demo_seal(simrelay_demo_t *d, unsigned char *sealed);
static int simrelay_demo_connect(simrelay_demo_t *d);
static PGresult *simrelay_demo_query(simrelay_demo_t *d, sr_sql_e statement,
    const simrelay_demo_param_t *params);
static void simrelay_demo_pg_error(simrelay_demo_t *d, const char *what,
    const char *message);
static sr_str_t simrelay_demo_id(char *dst, size_t size, int64_t id);


/* what simrelayd says of a delivery that cannot succeed */

static const struct {
    const char  *error;
    const char  *hint;
} simrelay_demo_errors[] = {

    { "the address is not public",
      "simrelayd.conf has to have allow_private_addresses = on: the demo's "
      "receiver is on this machine." },

    { "the secret cannot be opened",
      "SIMRELAY_KEY_FILE has to be the key file of nginx and simrelayd." },

    { NULL, NULL }
};


int
simrelay_demo_begin(simrelay_demo_t *d)
{
    char                   url[64];
    PGresult              *res;
    sr_str_t               number;
    unsigned char          sealed[SR_SECRET_LEN + SR_SEAL_OVERHEAD];
    simrelay_demo_param_t  params[3];

    if (simrelay_demo_names(d) == -1
        || simrelay_demo_seal(d, sealed) == -1
        || simrelay_demo_receiver_open(d) == -1
        || simrelay_demo_connect(d) == -1)
    {
        return -1;
    }

    (void) snprintf(url, sizeof(url), "http://127.0.0.1:%d/",
                    simrelay_demo_receiver_port(d));

    memset(params, 0, sizeof(params));
    params[0].value = simrelay_demo_str(d->env[SIMRELAY_DEMO_TEAM_ID]);
    params[1].value = simrelay_demo_str(url);
    params[2].value.data = sealed;
    params[2].value.len = sizeof(sealed);
    params[2].binary = SIMRELAY_DEMO_BINARY;

    res = simrelay_demo_query(d, SR_SQL_DEMO_BEGIN, params);
    if (res == NULL) {
        return -1;
    }

    if (PQntuples(res) == 0) {
        PQclear(res);
        return simrelay_demo_fail(d, "SIMRELAY_TEAM_ID has to be a team of "
                                  "SIMRELAY_DATABASE_URL.",
                                  "there is no team %s",
                                  d->env[SIMRELAY_DEMO_TEAM_ID]);
    }

    d->begun = 1;
    d->webhook_id = sr_pg_int8(res, 0, SR_DEMO_BEGIN_WEBHOOK_INTEGRATION_ID);

    number = sr_pg_text(res, 0, SR_DEMO_BEGIN_NUMBER);
    (void) snprintf(d->number, sizeof(d->number), "%.*s", (int) number.len,
                    number.data);

    PQclear(res);

    simrelay_demo_say(d, "made webhook %lld of team %s, to a receiver on %s",
                      (long long) d->webhook_id,
                      d->env[SIMRELAY_DEMO_TEAM_ID], url);
    return 0;
}


int
simrelay_demo_end(simrelay_demo_t *d)
{
    char                    id[32];
    PGresult               *res;
    simrelay_demo_param_t   params[3];

    memset(params, 0, sizeof(params));
    params[0].value = simrelay_demo_id(id, sizeof(id), d->webhook_id);
    params[1].value = simrelay_demo_str(d->android_id);
    params[2].value = simrelay_demo_str(d->message_sid);

    res = simrelay_demo_query(d, SR_SQL_DEMO_END, params);

    if (res == NULL && PQstatus(d->db) != CONNECTION_OK) {
        PQreset(d->db);
        d->error[0] = '\0';

        res = simrelay_demo_query(d, SR_SQL_DEMO_END, params);
    }

    /* what is left counts more than where to look */

    if (res == NULL) {
        d->hint[0] = '\0';
        return -1;
    }

    simrelay_demo_say(d, "removed what was made: webhooks %lld, deliveries "
                      "%lld, devices %lld, SIMs %lld, messages %lld",
                      (long long) sr_pg_int8(res, 0, SR_DEMO_END_WEBHOOKS),
                      (long long) sr_pg_int8(res, 0, SR_DEMO_END_DELIVERIES),
                      (long long) sr_pg_int8(res, 0, SR_DEMO_END_DEVICES),
                      (long long) sr_pg_int8(res, 0, SR_DEMO_END_SIMS),
                      (long long) sr_pg_int8(res, 0, SR_DEMO_END_MESSAGES));
    PQclear(res);

    return 0;
}


int
simrelay_demo_progress(simrelay_demo_t *d)
{
    int                     i;
    char                    id[32];
    PGresult               *res;
    sr_str_t                error;
    simrelay_demo_param_t   params[1];

    memset(params, 0, sizeof(params));
    params[0].value = simrelay_demo_id(id, sizeof(id), d->webhook_id);

    d->error[0] = '\0';

    res = simrelay_demo_query(d, SR_SQL_DEMO_PROGRESS, params);
    if (res == NULL) {
        return -1;
    }

    error = sr_pg_text(res, 0, SR_DEMO_PROGRESS_ERROR);

    if (sr_pg_int8(res, 0, SR_DEMO_PROGRESS_SIDECARS) == 0) {
        (void) simrelay_demo_fail(d, "Start simrelayd; its log tells more.",
                                  "no webhook has come: no simrelayd has "
                                  "given a sign of life for 10 s");

    } else if (error.data != NULL) {

        for (i = 0; simrelay_demo_errors[i].error != NULL; i++) {
            if (simrelay_demo_is(error, simrelay_demo_errors[i].error)) {
                break;
            }
        }

        (void) simrelay_demo_fail(d, simrelay_demo_errors[i].hint,
                                  "no webhook has come: simrelayd could not "
                                  "deliver it: %.*s", (int) error.len,
                                  error.data);

    } else {
        (void) simrelay_demo_fail(d, NULL, "no webhook has come within %d s: "
                                  "simrelayd has %s",
                                  SIMRELAY_DEMO_LIMIT_MS / 1000,
                                  sr_pg_null(res, 0,
                                             SR_DEMO_PROGRESS_ATTEMPTS)
                                  ? "planned no delivery"
                                  : "planned a delivery, and not ended it");
    }

    PQclear(res);

    return -1;
}


/* what is random in this run */

static int
simrelay_demo_names(simrelay_demo_t *d)
{
    unsigned char  bytes[16];

    if (sr_random(bytes, sizeof(bytes)) == -1
        || sr_secret_make((unsigned char *) d->secret) == -1)
    {
        return simrelay_demo_fail(d, NULL, "OpenSSL has no random numbers");
    }

    (void) sr_hex((unsigned char *) d->android_id, bytes,
                  SIMRELAY_DEMO_ANDROID_ID_LEN / 2);

    if (sr_random(bytes, sizeof(bytes)) == -1) {
        return simrelay_demo_fail(d, NULL, "OpenSSL has no random numbers");
    }

    memcpy(d->message_sid, "SM", 2);
    (void) sr_hex((unsigned char *) d->message_sid + 2, bytes, sizeof(bytes));

    return 0;
}


static int
simrelay_demo_seal(simrelay_demo_t *d, unsigned char *sealed)
{
    int          line;
    ptrdiff_t    n;
    sr_seal_t    seal;
    const char  *wrong;

    line = 0;
    wrong = sr_seal_read(&seal, d->env[SIMRELAY_DEMO_KEY_FILE], &line);

    if (wrong != NULL) {
        return simrelay_demo_fail(d, "SIMRELAY_KEY_FILE has to be the key "
                                  "file of nginx and simrelayd.",
                                  line != 0 ? "\"%s\" %s (line %d)"
                                            : "\"%s\" %s",
                                  d->env[SIMRELAY_DEMO_KEY_FILE], wrong,
                                  line);
    }

    n = sr_seal(&seal, sealed, "webhook", d->secret, SR_SECRET_LEN);

    OPENSSL_cleanse(&seal, sizeof(sr_seal_t));

    return n == SR_SECRET_LEN + SR_SEAL_OVERHEAD
           ? 0 : simrelay_demo_fail(d, NULL, "the webhook's secret cannot be "
                                    "sealed");
}


/* what the URL says comes last, so it counts */

static int
simrelay_demo_connect(simrelay_demo_t *d)
{
    static const char *const  keywords[] = {
        "connect_timeout", "options", "fallback_application_name", "dbname",
        NULL
    };

    const char  *values[] = {
        "5", "-c statement_timeout=5s", "simrelay demo",
        d->env[SIMRELAY_DEMO_DATABASE_URL], NULL
    };

    d->db = PQconnectdbParams(keywords, values, 1);

    if (PQstatus(d->db) != CONNECTION_OK) {
        simrelay_demo_pg_error(d, "the database cannot be reached",
                               PQerrorMessage(d->db));
        return -1;
    }

    return 0;
}


static PGresult *
simrelay_demo_query(simrelay_demo_t *d, sr_sql_e statement,
    const simrelay_demo_param_t *params)
{
    int              i, lengths[SIMRELAY_DEMO_PARAMS];
    int              formats[SIMRELAY_DEMO_PARAMS];
    PGresult        *res;
    const char      *values[SIMRELAY_DEMO_PARAMS];
    const sr_sql_t  *sql;

    sql = &sr_sql[statement];

    for (i = 0; i < sql->nparams; i++) {
        values[i] = (const char *) params[i].value.data;
        lengths[i] = (int) params[i].value.len;
        formats[i] = params[i].binary;
    }

    res = PQexecParams(d->db, sql->text, sql->nparams, sql->params, values,
                       lengths, formats, 1);

    if (PQresultStatus(res) == PGRES_TUPLES_OK) {
        return res;
    }

    simrelay_demo_pg_error(d, "the database refuses", PQerrorMessage(d->db));
    PQclear(res);

    return NULL;
}


/* libpq's messages end in a newline, and may have several lines */

static void
simrelay_demo_pg_error(simrelay_demo_t *d, const char *what,
    const char *message)
{
    (void) simrelay_demo_fail(d, "SIMRELAY_DATABASE_URL has to be the "
                              "database of the server; \"simrelay doctor\" "
                              "looks at it.",
                              "%s: %.*s", what,
                              (int) strcspn(message, "\n"), message);
}


static sr_str_t
simrelay_demo_id(char *dst, size_t size, int64_t id)
{
    (void) snprintf(dst, size, "%lld", (long long) id);

    return simrelay_demo_str(dst);
}
