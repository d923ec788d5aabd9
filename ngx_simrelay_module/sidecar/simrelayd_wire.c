
/*
 * Webhook deliveries on the wire: the body, the rules of headers, and what an
 * answer means.
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "simrelayd_wire.h"
#include "sr_header.h"
#include "sr_pg_value.h"
#include "sr_sql.h"
#include "sr_utf8.h"


#define SIMRELAYD_WIRE_GONE  410


/* an event's name, its data, and the column that is null if that is gone */

typedef struct {
    const char           *name;         /* NULL ends the table */
    int                   object;
    const sr_pg_field_t  *fields;
} simrelayd_wire_event_t;


static int64_t simrelayd_wire_date(const char *text);


/* all three statements have these columns in one order */

_Static_assert((int) SR_DELIVERY_CLAIM_ORGANIZATION_ID
               == (int) SR_EVENT_PLAN_ORGANIZATION_ID
               && (int) SR_DELIVERY_CLAIM_URL == (int) SR_EVENT_PLAN_URL
               && (int) SR_DELIVERY_CLAIM_BODY == (int) SR_EVENT_PLAN_BODY,
               "event_plan.sql and delivery_claim.sql differ");

_Static_assert((int) SR_DELIVERY_CLAIM_ORGANIZATION_ID
               == (int) SR_WEBHOOK_TEST_BEGIN_ORGANIZATION_ID
               && (int) SR_DELIVERY_CLAIM_URL
                  == (int) SR_WEBHOOK_TEST_BEGIN_URL
               && (int) SR_DELIVERY_CLAIM_BODY
                  == (int) SR_WEBHOOK_TEST_BEGIN_BODY,
               "webhook_test_begin.sql and delivery_claim.sql differ");


static const sr_pg_field_t  simrelayd_wire_inbound[] = {
    { "message_id",     SR_DELIVERY_CLAIM_MESSAGE_ID,     SR_PG_TEXT },
    { "hosted_sim_id",  SR_DELIVERY_CLAIM_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "from",           SR_DELIVERY_CLAIM_SENDER,         SR_PG_TEXT },
    { "to",             SR_DELIVERY_CLAIM_RECIPIENT,      SR_PG_TEXT },
    { "body",           SR_DELIVERY_CLAIM_BODY,           SR_PG_TEXT },
    { "received_at",    SR_DELIVERY_CLAIM_RECEIVED_AT,    SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_wire_delivery[] = {
    { "message_id",     SR_DELIVERY_CLAIM_MESSAGE_ID,     SR_PG_TEXT },
    { "hosted_sim_id",  SR_DELIVERY_CLAIM_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "to",             SR_DELIVERY_CLAIM_RECIPIENT,      SR_PG_TEXT },
    { "from",           SR_DELIVERY_CLAIM_SENDER,         SR_PG_TEXT },
    { "status",         SR_DELIVERY_CLAIM_STATUS,         SR_PG_TEXT },
    { "error_code",     SR_DELIVERY_CLAIM_ERROR_CODE,     SR_PG_TEXT },
    { "updated_at",     SR_DELIVERY_CLAIM_UPDATED_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_wire_lock[] = {
    { "hosted_sim_id",  SR_DELIVERY_CLAIM_HOSTED_SIM_ID,  SR_PG_INT8 },
    { "number",         SR_DELIVERY_CLAIM_NUMBER,         SR_PG_TEXT },
    { "lock_id",        SR_DELIVERY_CLAIM_LOCK_ID,        SR_PG_INT8 },
    { "user_id",        SR_DELIVERY_CLAIM_USER_ID,        SR_PG_INT8 },
    { "team_id",        SR_DELIVERY_CLAIM_TEAM_ID,        SR_PG_INT8 },
    { "expires_at",     SR_DELIVERY_CLAIM_EXPIRES_AT,     SR_PG_TIME },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_wire_number[] = {
    { "hosted_sim_id",    SR_DELIVERY_CLAIM_HOSTED_SIM_ID,    SR_PG_INT8 },
    { "number",           SR_DELIVERY_CLAIM_NUMBER,           SR_PG_TEXT },
    { "organization_id",  SR_DELIVERY_CLAIM_ORGANIZATION_ID,  SR_PG_INT8 },
    { NULL, 0, 0 }
};

static const sr_pg_field_t  simrelayd_wire_test[] = {
    { "webhook_integration_id", SR_DELIVERY_CLAIM_WEBHOOK_INTEGRATION_ID,
      SR_PG_INT8 },
    { "message",  SR_DELIVERY_CLAIM_BODY,  SR_PG_TEXT },
    { NULL, 0, 0 }
};

static const simrelayd_wire_event_t  simrelayd_wire_events[] = {

    { "message.inbound", SR_DELIVERY_CLAIM_MESSAGE_ID,
      simrelayd_wire_inbound },

    { "message.delivery", SR_DELIVERY_CLAIM_MESSAGE_ID,
      simrelayd_wire_delivery },

    { "number.locked", SR_DELIVERY_CLAIM_LOCK_ID, simrelayd_wire_lock },

    { "number.unlocked", SR_DELIVERY_CLAIM_LOCK_ID, simrelayd_wire_lock },

    { "number.claimed", SR_DELIVERY_CLAIM_HOSTED_SIM_ID,
      simrelayd_wire_number },

    { "number.released", SR_DELIVERY_CLAIM_HOSTED_SIM_ID,
      simrelayd_wire_number },

    { "webhook.test", SR_DELIVERY_CLAIM_BODY, simrelayd_wire_test },

    { NULL, 0, NULL }
};


int
simrelayd_wire_body(sr_buf_t *buf, const PGresult *res, int row)
{
    sr_str_t                       name;
    sr_json_t                      j;
    const simrelayd_wire_event_t  *e;

    name = sr_pg_text(res, row, SR_DELIVERY_CLAIM_EVENT);

    for (e = simrelayd_wire_events; e->name != NULL; e++) {
        if (strlen(e->name) == name.len
            && memcmp(e->name, name.data, name.len) == 0)
        {
            break;
        }
    }

    if (e->name == NULL || sr_pg_null(res, row, e->object)) {
        return -1;
    }

    sr_json_init(&j, buf);

    sr_json_object(&j);

    sr_json_key(&j, "event");
    sr_json_str(&j, name);
    sr_json_key(&j, "event_id");
    sr_json_str(&j, sr_pg_text(res, row, SR_DELIVERY_CLAIM_EVENT_ID));
    sr_json_key(&j, "timestamp");
    sr_json_time(&j, sr_pg_time(res, row,
                                SR_DELIVERY_CLAIM_EVENT_CREATED_AT));
    sr_json_key(&j, "data");
    sr_pg_row(&j, res, row, e->fields);

    sr_json_object_end(&j);

    return buf->failed ? -1 : 0;
}


int
simrelayd_wire_header(const unsigned char *p, size_t len)
{
    size_t                name;
    const unsigned char  *colon;

    colon = memchr(p, ':', len);
    if (colon == NULL) {
        return 0;
    }

    name = colon - p;

    return sr_header_name(p, name) == 1
           && sr_header_value(colon + 1, len - name - 1);
}


int64_t
simrelayd_wire_retry_after(const unsigned char *p, size_t len, int64_t now)
{
    char     text[64];
    size_t   n;
    int64_t  seconds;

    while (len > 0 && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }

    while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'
                       || p[len - 1] == '\r' || p[len - 1] == '\n'))
    {
        len--;
    }

    if (len == 0 || len >= sizeof(text)) {
        return -1;
    }

    memcpy(text, p, len);
    text[len] = '\0';

    n = strspn(text, "0123456789");

    if (n == len) {
        seconds = n > 9 ? SIMRELAYD_WIRE_DAY : strtol(text, NULL, 10);

    } else {
        seconds = simrelayd_wire_date(text);

        if (seconds == -1) {
            return -1;
        }

        seconds = seconds > now ? seconds - now : 0;
    }

    return seconds < SIMRELAYD_WIRE_DAY ? seconds : SIMRELAYD_WIRE_DAY;
}


simrelayd_outcome_e
simrelayd_wire_outcome(int status, int complete, int attempts,
    int retry_count)
{
    if (complete && status >= 200 && status <= 299) {
        return SIMRELAYD_DELIVERED;
    }

    if (status == SIMRELAYD_WIRE_GONE || attempts > retry_count) {
        return SIMRELAYD_FAILED;
    }

    return SIMRELAYD_AGAIN;
}


int32_t
simrelayd_wire_delay(const char *delays, int attempts, int64_t retry_after,
    uint32_t chance)
{
    long     n, delay;
    char    *end;
    int64_t  ms;

    delay = 0;

    while (attempts-- > 0) {
        n = strtol(delays, &end, 10);

        if (end == delays) {
            break;
        }

        delay = n;
        delays = end;
    }

    if (delay < 1 || delay > SIMRELAYD_WIRE_DAY) {
        delay = SIMRELAYD_WIRE_DAY;
    }

    /* from 90 % to 110 % */

    ms = (int64_t) delay * (900 + chance % 201);

    if (ms < retry_after * 1000) {
        ms = retry_after * 1000;
    }

    return (int32_t) ms;
}


size_t
simrelayd_wire_response(unsigned char *dst, const unsigned char *p, size_t len)
{
    len = sr_utf8_clean(dst, p, len);

    return sr_utf8_cut(dst, len, SIMRELAYD_WIRE_RESPONSE);
}


/* IMF-fixdate (RFC 9110, section 5.6.7), which alone is still sent */

static int64_t
simrelayd_wire_date(const char *text)
{
    int          n;
    char         month[4];
    struct tm    tm;
    const char  *p;

    static const char  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    memset(&tm, 0, sizeof(struct tm));

    n = 0;

    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n",
               &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec, &n)
        != 6
        || n == 0 || text[n] != '\0')
    {
        return -1;
    }

    p = strstr(months, month);

    if (p == NULL || strlen(month) != 3 || (p - months) % 3 != 0
        || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_year < 1970
        || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0
        || tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
    {
        return -1;
    }

    tm.tm_mon = (int) (p - months) / 3;
    tm.tm_year -= 1900;

    return (int64_t) timegm(&tm);
}
