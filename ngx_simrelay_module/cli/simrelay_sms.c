
/*
 * SMS on their way out, and what a person decides about those that simrelayd
 * does not hand over by itself.
 */


#include "simrelay.h"


#define SIMRELAY_SMS_LIST  1000


static int simrelay_sms_id(const simrelay_t *s, int64_t *organization,
    int64_t *message);


int
simrelay_sms_list(simrelay_t *s)
{
    int                 i;
    const char         *state;
    sr_pg_segment_t     q;
    static const char  *states[] = {
        "queued", "leased", "accepted", "unconfirmed", "ended", NULL
    };

    state = simrelay_option(s, "state", "unconfirmed");

    for (i = 0; states[i] != NULL && strcmp(states[i], state) != 0; i++) {
        /* void */
    }

    if (states[i] == NULL) {
        return simrelay_fail("--state must be queued, leased, accepted,"
                             " unconfirmed or ended");
    }

    simrelay_query(&q, SR_SQL_SMS_LIST);
    simrelay_bind(&q, state);
    sr_pg_bind_int4(&q, SIMRELAY_SMS_LIST);

    return simrelay_answer(s, &q, NULL);
}


int
simrelay_sms_resend(simrelay_t *s)
{
    int64_t          organization, message;
    sr_pg_segment_t  q;

    if (simrelay_sms_id(s, &organization, &message) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SMS_RESEND);
    sr_pg_bind_int8(&q, organization);
    sr_pg_bind_int8(&q, message);

    return simrelay_answer(s, &q, "there is no such SMS that is unconfirmed or"
                                  " has failed");
}


int
simrelay_sms_settle(simrelay_t *s)
{
    int              sent;
    int64_t          organization, message;
    sr_pg_segment_t  q;

    sent = strcmp(s->argv[1], "sent") == 0;

    if (!sent && strcmp(s->argv[1], "failed") != 0) {
        return simrelay_fail("an SMS was either sent or has failed");
    }

    if (simrelay_sms_id(s, &organization, &message) == -1) {
        return SIMRELAY_FAILED;
    }

    simrelay_query(&q, SR_SQL_SMS_SETTLE);
    sr_pg_bind_int8(&q, organization);
    sr_pg_bind_int8(&q, message);
    sr_pg_bind_bool(&q, sent);

    return simrelay_answer(s, &q, "there is no such SMS that is unconfirmed");
}


/* `<organization>.<message>` */

static int
simrelay_sms_id(const simrelay_t *s, int64_t *organization, int64_t *message)
{
    char        text[48];
    char       *dot;
    const char *id;

    id = s->argv[0];

    (void) snprintf(text, sizeof(text), "%s", id);
    dot = strchr(text, '.');

    if (strlen(id) >= sizeof(text) || dot == NULL) {
        (void) simrelay_fail("\"%s\" is no SMS: <organization>.<message>", id);
        return -1;
    }

    *dot = '\0';

    return simrelay_number(text, "the organization", 1, INT64_MAX,
                           organization)
           == -1
           || simrelay_number(dot + 1, "the message", 1, INT64_MAX, message)
              == -1
           ? -1 : 0;
}
