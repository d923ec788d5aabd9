
/*
 * SIMs and the organizations that share them.
 */


#include "simrelay.h"
#include "sr_phone.h"


#define SIMRELAY_ORGANIZATIONS  1000000


static int simrelay_sim_word(const char *word, const char *option,
    const char *const *words);


int
simrelay_sim_add(simrelay_t *s)
{
    int64_t             n;
    const char         *most, *provider, *type;
    unsigned char      *number;
    sr_pg_segment_t     q;
    static const char  *providers[] = { "seven", "twilio", "byos", NULL };
    static const char  *types[] = { "shared", "dedicated", "byos", NULL };

    number = (unsigned char *) s->argv[0];
    provider = simrelay_option(s, "provider", "seven");
    type = simrelay_option(s, "type", "shared");
    most = simrelay_option(s, "max-organizations", NULL);

    if (!sr_phone_is_e164(number, strlen(s->argv[0]))) {
        return simrelay_fail("\"%s\" is no number like +14155550123",
                             s->argv[0]);
    }

    if (simrelay_sim_word(provider, "--provider", providers) == -1
        || simrelay_sim_word(type, "--type", types) == -1)
    {
        return SIMRELAY_FAILED;
    }

    if (most != NULL
        && simrelay_number(most, "--max-organizations", 1,
                           SIMRELAY_ORGANIZATIONS, &n)
           == -1)
    {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SIM_ADD);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, sr_phone_country(number, strlen(s->argv[0])));
    simrelay_bind(&q, provider);
    simrelay_bind(&q, simrelay_option(s, "account", NULL));
    simrelay_bind(&q, type);

    if (most != NULL) {
        sr_pg_bind_int4(&q, (int32_t) n);

    } else {
        sr_pg_bind_null(&q);
    }

    return simrelay_answer(s, &q, NULL);
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

    return simrelay_answer(s, &q, "there is no such SIM, or it has as many"
                                  " organizations as it may have");
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
simrelay_sim_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_SIM_ALL);

    return simrelay_answer(s, &q, NULL);
}


static int
simrelay_sim_word(const char *word, const char *option,
    const char *const *words)
{
    int  i;

    for (i = 0; words[i] != NULL; i++) {

        if (strcmp(words[i], word) == 0) {
            return 0;
        }
    }

    (void) simrelay_fail("%s must be %s, %s or %s", option, words[0],
                         words[1], words[2]);

    return -1;
}
