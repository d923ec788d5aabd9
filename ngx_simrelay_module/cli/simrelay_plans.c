
/*
 * Plans: how many phones and messages an organization may have.
 */


#include "simrelay.h"


static int simrelay_plan_bind(simrelay_t *s, sr_pg_segment_t *q, int must);
static int simrelay_plan_number(simrelay_t *s, sr_pg_segment_t *q,
    const char *option, int must);
static int simrelay_plan_switch(simrelay_t *s, sr_pg_segment_t *q,
    const char *option);


int
simrelay_plan_list(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_PLAN_LIST);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_plan_create(simrelay_t *s)
{
    sr_pg_segment_t  q;

    simrelay_query(&q, SR_SQL_PLAN_CREATE);
    simrelay_bind(&q, s->argv[0]);

    if (simrelay_plan_bind(s, &q, 1) == -1) {
        return SIMRELAY_FAILED;
    }

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_plan_update(simrelay_t *s)
{
    sr_pg_segment_t  q;

    if (s->noptions == 0) {
        return simrelay_fail("nothing is given that would change");
    }

    simrelay_query(&q, SR_SQL_PLAN_UPDATE);
    simrelay_bind(&q, s->argv[0]);
    simrelay_bind(&q, simrelay_option(s, "name", NULL));

    if (simrelay_plan_bind(s, &q, 0) == -1) {
        return SIMRELAY_FAILED;
    }

    return simrelay_answer(s, &q, "there is no such plan");
}


/* Binds what both take; with "must" the limits are needed.  0, or -1, said. */

static int
simrelay_plan_bind(simrelay_t *s, sr_pg_segment_t *q, int must)
{
    if (simrelay_plan_number(s, q, "max-devices", must) == -1
        || simrelay_plan_number(s, q, "monthly-messages", must) == -1
        || simrelay_plan_switch(s, q, "compression") == -1
        || simrelay_plan_switch(s, q, "priority-support") == -1
        || simrelay_plan_switch(s, q, "debug-mode") == -1)
    {
        return -1;
    }

    return 0;
}


static int
simrelay_plan_number(simrelay_t *s, sr_pg_segment_t *q, const char *option,
    int must)
{
    char         what[32];
    int64_t      n;
    const char  *text;

    snprintf(what, sizeof(what), "--%s", option);
    text = simrelay_option(s, option, NULL);

    if (text == NULL && must) {
        (void) simrelay_fail("%s is missing", what);
        return -1;
    }

    if (text == NULL) {
        sr_pg_bind_null(q);
        return 0;
    }

    if (simrelay_number(text, what, 0, INT32_MAX, &n) == -1) {
        return -1;
    }

    sr_pg_bind_int4(q, (int32_t) n);

    return 0;
}


static int
simrelay_plan_switch(simrelay_t *s, sr_pg_segment_t *q, const char *option)
{
    const char  *text;

    text = simrelay_option(s, option, NULL);

    if (text == NULL) {
        sr_pg_bind_null(q);
        return 0;
    }

    if (strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
        (void) simrelay_fail("--%s must be on or off, not \"%s\"", option,
                             text);
        return -1;
    }

    sr_pg_bind_bool(q, strcmp(text, "on") == 0);

    return 0;
}
