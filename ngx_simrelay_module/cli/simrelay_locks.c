
/*
 * Locks: who held which SIM when, and their end by a person's word.
 */


#include "simrelay.h"


static int simrelay_lock_id(simrelay_t *s, sr_pg_segment_t *q,
    const char *option);


int
simrelay_lock_list(simrelay_t *s)
{
    int64_t           since;
    const char       *text;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_LOCK_LIST);

    if (simrelay_lock_id(s, &q, "sim") == -1
        || simrelay_lock_id(s, &q, "organization") == -1)
    {
        return SIMRELAY_FAILED;
    }

    text = simrelay_option(s, "since", NULL);

    if (text == NULL) {
        sr_pg_bind_null(&q);

    } else if (sr_time_parse((const unsigned char *) text, strlen(text),
                             &since)
               == -1)
    {
        return simrelay_fail("--since must be a time like"
                             " 2026-01-31T12:00:00Z, not \"%s\"", text);

    } else {
        sr_pg_bind_time(&q, since);
    }

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_lock_release(simrelay_t *s)
{
    int64_t          sim;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &sim) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_LOCK_END);
    sr_pg_bind_int8(&q, sim);

    return simrelay_answer(s, &q, "nobody holds this SIM");
}


/* Binds an option that is an id; null without it.  0, or -1, said. */

static int
simrelay_lock_id(simrelay_t *s, sr_pg_segment_t *q, const char *option)
{
    char         what[32];
    int64_t      id;
    const char  *text;

    text = simrelay_option(s, option, NULL);

    if (text == NULL) {
        sr_pg_bind_null(q);
        return 0;
    }

    snprintf(what, sizeof(what), "--%s", option);

    if (simrelay_number(text, what, 1, INT64_MAX, &id) == -1) {
        return -1;
    }

    sr_pg_bind_int8(q, id);

    return 0;
}
