
/*
 * Phones that people have registered: who has which, and the end of one by the
 * operator's word.
 */


#include "simrelay.h"


static int simrelay_phone_end(simrelay_t *s, sr_sql_e sql);


int
simrelay_phone_list(simrelay_t *s)
{
    int64_t           organization;
    const char       *text;
    sr_pg_segment_t   q;

    simrelay_query(&q, SR_SQL_PHONE_LIST);

    text = simrelay_option(s, "organization", NULL);

    if (text == NULL) {
        sr_pg_bind_null(&q);

    } else if (simrelay_number(text, "--organization", 1, INT64_MAX,
                               &organization)
               == -1)
    {
        return SIMRELAY_FAILED;

    } else {
        sr_pg_bind_int8(&q, organization);
    }

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_phone_revoke(simrelay_t *s)
{
    return simrelay_phone_end(s, SR_SQL_PHONE_REVOKE);
}


int
simrelay_phone_delete(simrelay_t *s)
{
    return simrelay_phone_end(s, SR_SQL_PHONE_DELETE);
}


/* the second statement sees what the phone did while it was waited for */

static int
simrelay_phone_end(simrelay_t *s, sr_sql_e sql)
{
    int64_t          phone;
    sr_pg_segment_t  q;

    if (simrelay_id(s, 0, &phone) == -1 || simrelay_exec(s, "begin") == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_PHONE_LOCK);
    sr_pg_bind_int8(&q, phone);

    if (simrelay_run_id(s, &q, "there is no such phone") == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, sql);
    sr_pg_bind_int8(&q, phone);

    if (simrelay_answer(s, &q, "there is no such phone") != SIMRELAY_DONE
        || simrelay_exec(s, "commit") == -1)
    {
        return SIMRELAY_FAILED;
    }

    return SIMRELAY_DONE;
}
