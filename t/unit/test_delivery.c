
/*
 * Webhook deliveries without a network: bodies, headers, what an answer means
 * and when the next attempt is due.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_wire.c"

#include "sr_time.h"


#define NCOLUMNS  (SR_DELIVERY_CLAIM_ORGANIZATION_ID + 1)

#define DELAYS    "60 300 900 3600 14400 43200 86400"

/* 2026-01-02T03:04:05Z */
#define NOW       1767323045


static const struct {
    const char  *line;
    int          allowed;
} headers[] = {
    { "X-Token:abc",             1 },
    { "Authorization:Bearer x",  1 },
    { "User-Agent:mine",         1 },
    { "X-Empty:",                1 },
    { "X-Tab:a\tb",              1 },
    { "X-Text:\xc3\xa4",         1 },
    { "Host:evil",               0 },
    { "hOST:evil",               0 },
    { "Content-Length:1",        0 },
    { "Content-Type:text/xml",   0 },
    { "Transfer-Encoding:x",     0 },
    { "Connection:close",        0 },
    { "Keep-Alive:1",            0 },
    { "TE:trailers",             0 },
    { "Trailer:x",               0 },
    { "Upgrade:h2c",             0 },
    { "HTTP2-Settings:x",        0 },
    { "Expect:100-continue",     0 },
    { "Proxy-Authorization:x",   0 },
    { "Proxy-Anything:x",        0 },
    { "webhook-id:x",            0 },
    { "Webhook-Signature:x",     0 },
    { "webhook-timestamp:1",     0 },
    { "X-Simrelay-Signature:x",  0 },
    { "X-A",                     0 },
    { ":x",                      0 },
    { "X A:x",                   0 },
    { "X-A :x",                  0 },
    { "X-\xc3\xa4:x",            0 },
    { "X-A:a\rb",                0 },
    { "X-A:a\x7f",               0 },
    { "",                        0 },
};


static const struct {
    const char  *text;
    int64_t      seconds;
} retries[] = {
    { "120",                             120   },
    { "0",                               0     },
    { " 7 \r\n",                         7     },
    { "86400",                           86400 },
    { "86401",                           86400 },
    { "99999999999999999999",            86400 },
    { "Fri, 02 Jan 2026 03:05:05 GMT",   60    },
    { "Fri, 02 Jan 2026 03:04:05 GMT",   0     },
    { "Thu, 01 Jan 2026 00:00:00 GMT",   0     },
    { "Fri, 02 Jan 2099 00:00:00 GMT",   86400 },
    { "Fri, 02 jan 2026 03:05:05 GMT",   -1    },
    { "Fri, 02 anF 2026 03:05:05 GMT",   -1    },
    { "Fri, 32 Jan 2026 03:05:05 GMT",   -1    },
    { "Fri, 02 Jan 2026 24:05:05 GMT",   -1    },
    { "Fri, 02 Jan 2026 03:05:05 CET",   -1    },
    { "Fri, 02 Jan 2026 03:05:05 GMTx",  -1    },
    { "-1",                              -1    },
    { "1.5",                             -1    },
    { "1s",                              -1    },
    { "soon",                            -1    },
    { "",                                -1    },
    { "  ",                              -1    },
};


static const struct {
    int                  status;
    int                  complete;
    int                  attempts;
    int                  retry_count;
    simrelayd_outcome_e  outcome;
} outcomes[] = {
    { 200, 1, 1, 3, SIMRELAYD_DELIVERED },
    { 204, 1, 4, 3, SIMRELAYD_DELIVERED },
    { 299, 1, 1, 0, SIMRELAYD_DELIVERED },
    { 200, 0, 1, 3, SIMRELAYD_AGAIN     },
    { 300, 0, 1, 3, SIMRELAYD_AGAIN     },
    { 302, 0, 1, 3, SIMRELAYD_AGAIN     },
    { 199, 0, 1, 3, SIMRELAYD_AGAIN     },
    { 500, 0, 3, 3, SIMRELAYD_AGAIN     },
    { 500, 0, 4, 3, SIMRELAYD_FAILED    },
    { 500, 0, 1, 0, SIMRELAYD_FAILED    },
    { 410, 0, 1, 3, SIMRELAYD_FAILED    },
    { 0,   0, 1, 3, SIMRELAYD_AGAIN     },
    { 0,   0, 4, 3, SIMRELAYD_FAILED    },
};


static const struct {
    const char  *delays;
    int          attempts;
    int64_t      retry_after;
    uint32_t     chance;
    int32_t      ms;
} delays[] = {
    { DELAYS,    1,  -1,    100, 60000    },
    { DELAYS,    1,  -1,    0,   54000    },
    { DELAYS,    1,  -1,    200, 66000    },
    { DELAYS,    1,  -1,    201, 54000    },
    { DELAYS,    2,  -1,    100, 300000   },
    { DELAYS,    6,  -1,    100, 43200000 },
    { DELAYS,    7,  -1,    100, 86400000 },
    { DELAYS,    8,  -1,    200, 95040000 },
    { DELAYS,    99, -1,    100, 86400000 },
    { DELAYS,    1,  10,    100, 60000    },
    { DELAYS,    1,  3600,  100, 3600000  },
    { DELAYS,    1,  86400, 100, 86400000 },
    { " 2  5 ",  1,  -1,    100, 2000     },
    { " 2  5 ",  3,  -1,    100, 5000     },
    { "1",       1,  -1,    0,   900      },
};


/* a row in binary, nulls but for what the test sets */

static PGresult *
row_make(void)
{
    int            i;
    PGresult      *res;
    PGresAttDesc   columns[NCOLUMNS];

    memset(columns, 0, sizeof(columns));

    for (i = 0; i < NCOLUMNS; i++) {
        columns[i].name = "c";
        columns[i].format = 1;
    }

    res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    assert_non_null(res);
    assert_int_equal(PQsetResultAttrs(res, NCOLUMNS, columns), 1);

    for (i = 0; i < NCOLUMNS; i++) {
        assert_int_equal(PQsetvalue(res, 0, i, NULL, -1), 1);
    }

    return res;
}


static void
row_text(PGresult *res, int column, const char *text)
{
    assert_int_equal(PQsetvalue(res, 0, column, (char *) text,
                                (int) strlen(text)),
                     1);
}


static void
row_int(PGresult *res, int column, int64_t v)
{
    int            i;
    unsigned char  p[8];

    for (i = 7; i >= 0; i--) {
        p[i] = (unsigned char) v;
        v >>= 8;
    }

    assert_int_equal(PQsetvalue(res, 0, column, (char *) p, 8), 1);
}


static void
row_time(PGresult *res, int column, int64_t seconds)
{
    row_int(res, column, seconds * SR_TIME_SECOND - SR_TIME_PG_EPOCH);
}


static void
body_is(PGresult *res, const char *expected)
{
    sr_buf_t        buf;
    sr_test_pool_t  pool;

    sr_buf_init(&buf, sr_test_pool(&pool, -1), 64, 4096);

    if (expected == NULL) {
        assert_int_equal(simrelayd_wire_body(&buf, res, 0), -1);

    } else {
        assert_int_equal(simrelayd_wire_body(&buf, res, 0), 0);
        sr_test_equal(buf.data, buf.len, expected);
    }

    sr_test_free(&pool);
}


static PGresult *
row_message(const char *event)
{
    PGresult  *res;

    res = row_make();

    row_text(res, SR_DELIVERY_CLAIM_EVENT, event);
    row_text(res, SR_DELIVERY_CLAIM_EVENT_ID, "evt_9007199254740993");
    row_time(res, SR_DELIVERY_CLAIM_EVENT_CREATED_AT, NOW);
    row_text(res, SR_DELIVERY_CLAIM_MESSAGE_ID, "msg_7");
    row_int(res, SR_DELIVERY_CLAIM_HOSTED_SIM_ID, 5);
    row_text(res, SR_DELIVERY_CLAIM_SENDER, "Bank");
    row_text(res, SR_DELIVERY_CLAIM_RECIPIENT, "+14155550123");
    row_text(res, SR_DELIVERY_CLAIM_BODY, "\"1\"\n\xf0\x9f\x98\x80");
    row_text(res, SR_DELIVERY_CLAIM_STATUS, "failed");
    row_text(res, SR_DELIVERY_CLAIM_ERROR_CODE, "30006");
    row_time(res, SR_DELIVERY_CLAIM_RECEIVED_AT, NOW - 5);
    row_time(res, SR_DELIVERY_CLAIM_UPDATED_AT, NOW + 5);

    return res;
}


static void
test_body_messages(void **state)
{
    PGresult  *res;

    res = row_message("message.inbound");

    body_is(res, "{\"event\":\"message.inbound\","
                 "\"event_id\":\"evt_9007199254740993\","
                 "\"timestamp\":\"2026-01-02T03:04:05Z\","
                 "\"data\":{\"message_id\":\"msg_7\",\"hosted_sim_id\":5,"
                 "\"from\":\"Bank\",\"to\":\"+14155550123\","
                 "\"body\":\"\\\"1\\\"\\n\xf0\x9f\x98\x80\","
                 "\"received_at\":\"2026-01-02T03:04:00Z\"}}");

    row_text(res, SR_DELIVERY_CLAIM_EVENT, "message.delivery");

    body_is(res, "{\"event\":\"message.delivery\","
                 "\"event_id\":\"evt_9007199254740993\","
                 "\"timestamp\":\"2026-01-02T03:04:05Z\","
                 "\"data\":{\"message_id\":\"msg_7\",\"hosted_sim_id\":5,"
                 "\"to\":\"+14155550123\",\"from\":\"Bank\","
                 "\"status\":\"failed\",\"error_code\":\"30006\","
                 "\"updated_at\":\"2026-01-02T03:04:10Z\"}}");

    /* its message is gone, or nobody knows the event */

    assert_int_equal(PQsetvalue(res, 0, SR_DELIVERY_CLAIM_MESSAGE_ID, NULL,
                                -1),
                     1);
    body_is(res, NULL);
    PQclear(res);

    res = row_message("message.inboun");
    body_is(res, NULL);
    PQclear(res);
}


static void
test_body_numbers(void **state)
{
    PGresult  *res;

    res = row_make();

    row_text(res, SR_DELIVERY_CLAIM_EVENT, "number.locked");
    row_text(res, SR_DELIVERY_CLAIM_EVENT_ID, "evt_1");
    row_time(res, SR_DELIVERY_CLAIM_EVENT_CREATED_AT, NOW);

    body_is(res, NULL);

    row_int(res, SR_DELIVERY_CLAIM_HOSTED_SIM_ID, 5);
    row_text(res, SR_DELIVERY_CLAIM_NUMBER, "+14155550123");
    row_int(res, SR_DELIVERY_CLAIM_LOCK_ID, 8);
    row_int(res, SR_DELIVERY_CLAIM_USER_ID, 3);
    row_time(res, SR_DELIVERY_CLAIM_EXPIRES_AT, NOW + 300);
    row_int(res, SR_DELIVERY_CLAIM_ORGANIZATION_ID, 2);

    body_is(res, "{\"event\":\"number.locked\",\"event_id\":\"evt_1\","
                 "\"timestamp\":\"2026-01-02T03:04:05Z\","
                 "\"data\":{\"hosted_sim_id\":5,\"number\":\"+14155550123\","
                 "\"lock_id\":8,\"user_id\":3,\"team_id\":null,"
                 "\"expires_at\":\"2026-01-02T03:09:05Z\"}}");

    row_text(res, SR_DELIVERY_CLAIM_EVENT, "number.released");

    body_is(res, "{\"event\":\"number.released\",\"event_id\":\"evt_1\","
                 "\"timestamp\":\"2026-01-02T03:04:05Z\","
                 "\"data\":{\"hosted_sim_id\":5,\"number\":\"+14155550123\","
                 "\"organization_id\":2}}");

    PQclear(res);
}


static void
test_body_test(void **state)
{
    PGresult  *res;

    res = row_make();

    row_text(res, SR_DELIVERY_CLAIM_EVENT, "webhook.test");
    row_text(res, SR_DELIVERY_CLAIM_EVENT_ID, "evt_2");
    row_time(res, SR_DELIVERY_CLAIM_EVENT_CREATED_AT, NOW);
    row_int(res, SR_DELIVERY_CLAIM_WEBHOOK_INTEGRATION_ID, 9);

    body_is(res, NULL);

    row_text(res, SR_DELIVERY_CLAIM_BODY, "a test");

    body_is(res, "{\"event\":\"webhook.test\",\"event_id\":\"evt_2\","
                 "\"timestamp\":\"2026-01-02T03:04:05Z\","
                 "\"data\":{\"webhook_integration_id\":9,"
                 "\"message\":\"a test\"}}");

    PQclear(res);
}


/* a body that does not fit is none */

static void
test_body_ceiling(void **state)
{
    sr_buf_t         buf;
    PGresult        *res;
    sr_test_pool_t   pool;

    res = row_message("message.inbound");

    sr_buf_init(&buf, sr_test_pool(&pool, -1), 16, 100);

    assert_int_equal(simrelayd_wire_body(&buf, res, 0), -1);

    sr_test_free(&pool);
    PQclear(res);
}


static void
test_headers(void **state)
{
    size_t  i;

    for (i = 0; i < sr_test_count(headers); i++) {
        if (simrelayd_wire_header((unsigned char *) headers[i].line,
                                  strlen(headers[i].line))
            != headers[i].allowed)
        {
            fail_msg("%s", headers[i].line);
        }
    }
}


static void
test_retry_after(void **state)
{
    size_t  i;

    for (i = 0; i < sr_test_count(retries); i++) {
        if (simrelayd_wire_retry_after((unsigned char *) retries[i].text,
                                       strlen(retries[i].text), NOW)
            != retries[i].seconds)
        {
            fail_msg("\"%s\"", retries[i].text);
        }
    }
}


static void
test_outcomes(void **state)
{
    size_t  i;

    for (i = 0; i < sr_test_count(outcomes); i++) {
        assert_int_equal(simrelayd_wire_outcome(outcomes[i].status,
                                                outcomes[i].complete,
                                                outcomes[i].attempts,
                                                outcomes[i].retry_count),
                         outcomes[i].outcome);
    }
}


static void
test_delays(void **state)
{
    size_t  i;

    for (i = 0; i < sr_test_count(delays); i++) {
        assert_int_equal(simrelayd_wire_delay(delays[i].delays,
                                              delays[i].attempts,
                                              delays[i].retry_after,
                                              delays[i].chance),
                         delays[i].ms);
    }
}


static void
test_response(void **state)
{
    size_t         i, len;
    unsigned char  in[SIMRELAYD_WIRE_READ], out[3 * SIMRELAYD_WIRE_READ];

    len = simrelayd_wire_response(out, (unsigned char *) "a\0\xff" "b", 4);
    sr_test_equal(out, len, "a\xef\xbf\xbd\xef\xbf\xbd" "b");

    /* 1,000 of the longest characters; what is cut at the end is not seen */

    for (i = 0; i < sizeof(in); i += 4) {
        memcpy(in + i, "\xf0\x9f\x98\x80", 4);
    }

    len = simrelayd_wire_response(out, in, sizeof(in) - 1);

    assert_int_equal(len, 4000);
    assert_memory_equal(out, in, 4000);

    memset(in, 0xff, sizeof(in));

    len = simrelayd_wire_response(out, in, sizeof(in));

    assert_int_equal(len, 3000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_body_messages),
        cmocka_unit_test(test_body_numbers),
        cmocka_unit_test(test_body_test),
        cmocka_unit_test(test_body_ceiling),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_delays),
        cmocka_unit_test(test_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
