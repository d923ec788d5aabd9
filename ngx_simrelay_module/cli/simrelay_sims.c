
/*
 * SIMs and the organizations that share them.
 */


#include "simrelay.h"
#include "sr_phone.h"


#define SIMRELAY_ORGANIZATIONS  1000000


#define SIMRELAY_INTERVAL       86400000    /* ms */


static int simrelay_sim_word(const char *word, const char *option,
    const char *const *words);
static int simrelay_sim_number(simrelay_t *s, sr_pg_segment_t *q,
    const char *option, const char *none, int64_t min, int64_t max);


static const char *const  simrelay_sim_providers[] = {
    "seven", "twilio", "byos", NULL
};

static const char *const  simrelay_sim_types[] = {
    "shared", "dedicated", "byos", NULL
};

static const char *const  simrelay_sim_statuses[] = {
    "active", "inactive", NULL
};


int
simrelay_sim_add(simrelay_t *s)
{
    const char       *provider, *type;
    unsigned char    *number;
    sr_pg_segment_t   q;

    number = (unsigned char *) s->argv[0];
    provider = simrelay_option(s, "provider", "seven");
    type = simrelay_option(s, "type", "shared");

    if (!sr_phone_is_e164(number, strlen(s->argv[0]))) {
        return simrelay_fail("\"%s\" is no number like +14155550123",
                             s->argv[0]);
    }

    if (simrelay_sim_word(provider, "--provider", simrelay_sim_providers) == -1
        || simrelay_sim_word(type, "--type", simrelay_sim_types) == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_ADD);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, sr_phone_country(number, strlen(s->argv[0])));
    simrelay_bind(&q, provider);
    simrelay_bind(&q, simrelay_option(s, "account", NULL));
    simrelay_bind(&q, type);

    if (simrelay_sim_number(s, &q, "max-organizations", NULL, 1,
                            SIMRELAY_ORGANIZATIONS)
        == -1)
    {
        return SIMRELAY_FAILED;
    }

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_sim_update(simrelay_t *s)
{
    int64_t           sim;
    const char       *provider, *status, *type;
    sr_pg_segment_t   q;

    provider = simrelay_option(s, "provider", NULL);
    status = simrelay_option(s, "status", NULL);
    type = simrelay_option(s, "type", NULL);

    if (simrelay_id(s, 0, &sim) == -1
        || simrelay_sim_word(provider, "--provider", simrelay_sim_providers)
           == -1
        || simrelay_sim_word(type, "--type", simrelay_sim_types) == -1
        || simrelay_sim_word(status, "--status", simrelay_sim_statuses) == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_UPDATE);
    sr_pg_bind_int8(&q, sim);
    simrelay_bind(&q, provider);
    simrelay_bind(&q, simrelay_option(s, "account", NULL));
    simrelay_bind(&q, type);
    simrelay_bind(&q, status);

    if (simrelay_sim_number(s, &q, "max-organizations", "any", 1,
                            SIMRELAY_ORGANIZATIONS)
        == -1
        || simrelay_sim_number(s, &q, "send-interval", "default", 0,
                               SIMRELAY_INTERVAL)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    return simrelay_answer(s, &q, "there is no such SIM");
}


int
simrelay_sim_attach(simrelay_t *s)
{
    int64_t           sim, organization, team;
    const char       *id;
    sr_pg_segment_t   q;

    id = simrelay_option(s, "team", NULL);

    if (simrelay_id(s, 0, &sim) == -1
        || simrelay_id(s, 1, &organization) == -1
        || (id != NULL
            && simrelay_number(id, "--team", 1, INT64_MAX, &team) == -1))
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_ATTACH);
    sr_pg_bind_int8(&q, sim);
    sr_pg_bind_int8(&q, organization);

    if (id != NULL) {
        sr_pg_bind_int8(&q, team);

    } else {
        sr_pg_bind_null(&q);
    }

    simrelay_bind(&q, simrelay_option(s, "alias", NULL));

    return simrelay_answer(s, &q, "there is no such SIM");
}


int
simrelay_sim_detach(simrelay_t *s)
{
    int64_t          sim, organization;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &sim) == -1
        || simrelay_id(s, 1, &organization) == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_DETACH);
    sr_pg_bind_int8(&q, sim);
    sr_pg_bind_int8(&q, organization);

    return simrelay_answer(s, &q, "the organization does not have this SIM");
}


int
simrelay_sim_retire(simrelay_t *s)
{
    int               rc;
    int64_t           sim;
    PGresult         *res;
    sr_pg_segment_t   q;

    if (simrelay_id(s, 0, &sim) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_RETIRE);
    sr_pg_bind_int8(&q, sim);

    res = simrelay_run(s, &q);
    if (res == NULL) {
        return SIMRELAY_FAILED;
    }

    if (PQntuples(res) == 0) {
        rc = simrelay_fail("there is no such SIM");

    } else if (sr_pg_bool(res, 0, SR_SIM_RETIRE_IS_CARD)) {
        rc = simrelay_fail("a phone has this SIM: it goes with the phone's"
                           " SIM card");

    } else {
        simrelay_print_id(s, "hosted_sim_id", sim);
        rc = SIMRELAY_DONE;
    }

    PQclear(res);

    return rc;
}


int
simrelay_sim_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_SIM_ALL);

    return simrelay_answer(s, &q, NULL);
}


/* Is it one of the words, or NULL?  0, or -1, said. */

static int
simrelay_sim_word(const char *word, const char *option,
    const char *const *words)
{
    int   i;
    char  list[64];

    if (word == NULL) {
        return 0;
    }

    list[0] = '\0';

    for (i = 0; words[i] != NULL; i++) {

        if (strcmp(words[i], word) == 0) {
            return 0;
        }

        if (i != 0) {
            strcat(list, words[i + 1] != NULL ? ", " : " or ");
        }

        strcat(list, words[i]);
    }

    (void) simrelay_fail("%s must be %s", option, list);

    return -1;
}


/*
 * Binds an option that is a number; null without it, and what is below the
 * least one for the word "none".  0, or -1, said.
 */

static int
simrelay_sim_number(simrelay_t *s, sr_pg_segment_t *q, const char *option,
    const char *none, int64_t min, int64_t max)
{
    char         what[32];
    int64_t      n;
    const char  *text;

    text = simrelay_option(s, option, NULL);

    if (text == NULL) {
        sr_pg_bind_null(q);
        return 0;
    }

    if (none != NULL && strcmp(text, none) == 0) {
        sr_pg_bind_int4(q, (int32_t) min - 1);
        return 0;
    }

    snprintf(what, sizeof(what), "--%s", option);

    if (simrelay_number(text, what, min, max, &n) == -1) {
        return -1;
    }

    sr_pg_bind_int4(q, (int32_t) n);

    return 0;
}
