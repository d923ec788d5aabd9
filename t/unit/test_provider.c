
/*
 * Providers without a network: what they are asked, and what their answers
 * mean.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_answer.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_provider.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_seven.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_twilio.c"


#define ACCEPTED  SIMRELAYD_SEND_ACCEPTED
#define AGAIN     SIMRELAYD_SEND_AGAIN
#define REFUSED   SIMRELAYD_SEND_REFUSED
#define UNCLEAR   SIMRELAYD_SEND_UNCLEAR

#define OK(part)  "{\"success\":\"100\",\"messages\":[{" part "}]}"
#define X16       "xxxxxxxxxxxxxxxx"
#define X64       X16 X16 X16 X16


static const struct {
    const char        *provider;
    int                status;
    const char        *body;
    simrelayd_send_e   outcome;
    const char        *id;
    const char        *code;
} answers[] = {

    /* all is well */
    { "seven", 200, OK("\"id\":\"77\",\"success\":true,\"error\":null"),
      ACCEPTED, "77", "" },
    { "seven", 200, OK("\"id\":77,\"success\":true"),   ACCEPTED, "77", "" },
    { "seven", 200, OK("\"id\":null,\"success\":true"), ACCEPTED, "", "" },
    { "seven", 200, OK("\"id\":\"" X64 "\""),           ACCEPTED, X64, "" },
    { "seven", 200, OK("\"id\":\"" X64 "x\""),          ACCEPTED, "", "" },
    { "seven", 200, "{\"success\":100}",                ACCEPTED, "", "" },
    { "seven", 200, "{\"success\":\"100\"}",            ACCEPTED, "", "" },
    { "seven", 200, "100",                              ACCEPTED, "", "" },
    { "seven", 200, " \"100\"\n",                       ACCEPTED, "", "" },

    /* the recipient's part says otherwise */
    { "seven", 200, OK("\"success\":false,\"error\":\"202\""),
      REFUSED, "", "202" },
    { "seven", 200, OK("\"success\":false,\"error\":202"),
      REFUSED, "", "202" },
    { "seven", 200, OK("\"success\":false,\"error\":null"),
      REFUSED, "", "rejected" },
    { "seven", 200, OK("\"success\":false,\"error\":\"402\""),
      AGAIN, "", "402" },
    { "seven", 200, OK("\"success\":false,\"error\":\"700\""),
      UNCLEAR, "", "700" },

    /* codes, whatever the shape */
    { "seven", 200, "201",                         REFUSED, "", "201" },
    { "seven", 200, "\"202\"",                     REFUSED, "", "202" },
    { "seven", 200, "{\"success\":\"305\"}",       REFUSED, "", "305" },
    { "seven", 200, "{\"success\":500}",           REFUSED, "", "500" },
    { "seven", 200, "402",                         AGAIN,   "", "402" },
    { "seven", 200, "403",                         REFUSED, "", "403" },
    { "seven", 200, "600",                         REFUSED, "", "600" },
    { "seven", 200, "700",                         UNCLEAR, "", "700" },
    { "seven", 200, "900",                         REFUSED, "", "900" },
    { "seven", 401, "{\"success\":\"900\"}",       REFUSED, "", "900" },
    { "seven", 200, "999",                         UNCLEAR, "", "999" },
    { "seven", 400, "999",                         REFUSED, "", "999" },

    /* nothing that it would say */
    { "seven", 200, "",                            UNCLEAR, "", "http_200" },
    { "seven", 200, "<html>",                      UNCLEAR, "", "http_200" },
    { "seven", 200, "{\"success\":\"100\"",        UNCLEAR, "", "http_200" },
    { "seven", 200, "{}",                          UNCLEAR, "", "http_200" },
    { "seven", 200, "null",                        UNCLEAR, "", "http_200" },
    { "seven", 200, "[[[[[[[[[[1]]]]]]]]]]",       UNCLEAR, "", "http_200" },
    { "seven", 200, "1000",                        UNCLEAR, "", "http_200" },
    { "seven", 200, "100 100",                     UNCLEAR, "", "http_200" },

    /* who stands in front of it */
    { "seven", 302, "",                            AGAIN,   "", "http_302" },
    { "seven", 404, "<html>",                      REFUSED, "", "http_404" },
    { "seven", 408, "",                            AGAIN,   "", "http_408" },
    { "seven", 429, "{\"success\":\"900\"}",       AGAIN,   "", "http_429" },
    { "seven", 500, "500",                         UNCLEAR, "", "http_500" },
    { "seven", 500, "100",                         UNCLEAR, "", "http_500" },
    { "seven", 502, "",                            UNCLEAR, "", "http_502" },
    { "seven", 503, "",                            AGAIN,   "", "http_503" },
    { "seven", 504, "",                            UNCLEAR, "", "http_504" },
    { "seven", 404, "100",                         UNCLEAR, "", "http_404" },

    { "twilio", 201, "{\"sid\":\"SM1\",\"status\":\"queued\"}",
      ACCEPTED, "SM1", "" },
    { "twilio", 201, "{\"sid\":\"SM1\",\"status\":\"accepted\","
      "\"error_code\":null}", ACCEPTED, "SM1", "" },
    { "twilio", 200, "{\"sid\":\"SM1\"}",          ACCEPTED, "SM1", "" },
    { "twilio", 201, "{\"sid\":\"SM1\",\"status\":\"failed\","
      "\"error_code\":30007}", REFUSED, "", "30007" },
    { "twilio", 201, "{\"sid\":\"SM1\",\"status\":\"failed\","
      "\"error_code\":\"" X64 "x\"}", REFUSED, "", "http_201" },
    { "twilio", 201, "{\"sid\":\"SM1\",\"status\":\"undelivered\"}",
      REFUSED, "", "rejected" },
    { "twilio", 201, "{\"sid\":\"\"}",             UNCLEAR, "", "http_201" },
    { "twilio", 201, "{\"sid\":\"" X64 "x\"}",     UNCLEAR, "", "http_201" },
    { "twilio", 201, "{}",                         UNCLEAR, "", "http_201" },
    { "twilio", 201, "SM1",                        UNCLEAR, "", "http_201" },
    { "twilio", 201, "",                           UNCLEAR, "", "http_201" },

    { "twilio", 400, "{\"code\":21211,\"message\":\"no\",\"status\":400}",
      REFUSED, "", "21211" },
    { "twilio", 401, "{\"code\":20003,\"status\":401}",
      REFUSED, "", "20003" },
    { "twilio", 400, "{\"code\":21611}",           AGAIN,   "", "21611" },
    { "twilio", 429, "{\"code\":20429}",           AGAIN,   "", "20429" },
    { "twilio", 429, "",                           AGAIN,   "", "http_429" },
    { "twilio", 404, "",                           REFUSED, "", "http_404" },
    { "twilio", 400, "{}",                         REFUSED, "", "http_400" },
    { "twilio", 500, "{\"code\":20500}",           UNCLEAR, "", "20500" },
    { "twilio", 502, "<html>",                     UNCLEAR, "", "http_502" },
    { "twilio", 503, "{\"code\":20503}",           AGAIN,   "", "20503" },
    { "twilio", 503, "",                           AGAIN,   "", "http_503" },
    { "twilio", 307, "",                           AGAIN,   "", "http_307" },
};


static void
test_answers(void **state)
{
    size_t                       i;
    sr_alloc_t                   alloc;
    sr_test_pool_t               pool;
    simrelayd_verdict_t          v;
    const simrelayd_provider_t  *p;

    (void) state;

    for (i = 0; i < sr_test_count(answers); i++) {
        alloc = sr_test_pool(&pool, -1);
        p = simrelayd_provider(sr_test_str(answers[i].provider));
        assert_non_null(p);

        memset(&v, 0, sizeof(v));
        p->judge(&v, answers[i].status, sr_test_str(answers[i].body), alloc);

        if ((int) v.outcome != (int) answers[i].outcome) {
            fail_msg("%s %d %s: %d", answers[i].provider, answers[i].status,
                     answers[i].body, v.outcome);
        }

        assert_string_equal(v.id, answers[i].id);
        assert_string_equal(v.code, answers[i].code);
        assert_int_equal(v.error[0] == '\0', v.outcome == ACCEPTED);

        sr_test_free(&pool);
    }
}


/* no memory at any point: never accepted, never to be repeated */

static void
test_memory(void **state)
{
    int                          left;
    sr_test_pool_t               pool;
    simrelayd_verdict_t          v;
    const simrelayd_provider_t  *p;

    (void) state;

    p = simrelayd_provider(sr_test_str("twilio"));

    for (left = 0; ; left++) {
        memset(&v, 0, sizeof(v));
        p->judge(&v, 201, sr_test_str("{\"sid\":\"SM1\"}"),
                 sr_test_pool(&pool, left));
        sr_test_free(&pool);

        if (v.outcome == ACCEPTED) {
            break;
        }

        assert_int_equal(v.outcome, UNCLEAR);
    }

    assert_int_not_equal(left, 0);
}


static void
test_error(void **state)
{
    size_t               i;
    char                 body[2048];
    sr_test_pool_t       pool;
    simrelayd_verdict_t  v;

    (void) state;

    i = snprintf(body, sizeof(body), "{\"code\":1,\"message\":\"");

    while (i < 1900) {
        memcpy(body + i, "\xc3\xbc", 2);
        i += 2;
    }

    memcpy(body + i, "\"}", 3);

    memset(&v, 0, sizeof(v));
    simrelayd_twilio_judge(&v, 400, sr_test_str(body),
                           sr_test_pool(&pool, -1));
    sr_test_free(&pool);

    assert_true(strlen(v.error) > 60);
    assert_true(strlen(v.error) <= SIMRELAYD_PROVIDER_ERROR);
}


static simrelayd_sms_t
test_sms(const char *text)
{
    simrelayd_sms_t  sms;

    memset(&sms, 0, sizeof(sms));

    sms.organization_id = 3;
    sms.message_id = 44;
    sms.from = sr_test_str("+14155550199");
    sms.to = sr_test_str("+491701234567");
    sms.text = sr_test_str(text);
    sms.account = sr_test_str("AC1");
    sms.key = sr_test_str("key");
    sms.base = "https://p.example/x";
    sms.public_url = "https://sms.example";

    return sms;
}


static void
test_seven(void **state)
{
    sr_test_pool_t      pool;
    simrelayd_sms_t     sms;
    simrelayd_asking_t  a;

    (void) state;

    sms = test_sms("a\"\xc3\xbc\n");

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_seven_ask(&a, &sms), 0);

    assert_string_equal(a.url, "https://p.example/x/sms");
    assert_int_equal(a.nheaders, 4);
    assert_string_equal(a.headers[0], "X-Api-Key: key");
    assert_string_equal(a.headers[1], "SentWith: SimRelay");
    assert_string_equal(a.headers[2], "Content-Type: application/json");
    assert_null(a.headers[4]);

    sr_buf_add(&a.body, "", 1);
    assert_string_equal(a.body.data, "{\"to\":\"+491701234567\","
                        "\"from\":\"+14155550199\","
                        "\"text\":\"a\\\"\xc3\xbc\\n\","
                        "\"foreign_id\":\"3.44\"}");

    sr_test_free(&pool);
}


static void
test_twilio(void **state)
{
    sr_test_pool_t      pool;
    simrelayd_sms_t     sms;
    simrelayd_asking_t  a;

    (void) state;

    sms = test_sms("a &=+%\xc3\xbc-._~*");

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_twilio_ask(&a, &sms), 0);

    assert_string_equal(a.url,
                        "https://p.example/x/2010-04-01/Accounts/AC1/"
                        "Messages.json");
    assert_string_equal(a.headers[0], "Authorization: Basic QUMxOmtleQ==");

    sr_buf_add(&a.body, "", 1);
    assert_string_equal(a.body.data, "To=%2B491701234567&From=%2B14155550199"
                        "&Body=a%20%26%3D%2B%25%C3%BC-._%7E%2A"
                        "&StatusCallback=https%3A%2F%2Fsms.example%2Fapi%2F"
                        "webhooks%2Ftwilio%2Fstatus%3Fmessage%3D3.44");
    sr_test_free(&pool);

    /* nobody could be called back */

    sms.public_url = "";

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_twilio_ask(&a, &sms), 0);

    sr_buf_add(&a.body, "", 1);
    assert_null(strstr((char *) a.body.data, "StatusCallback"));
    sr_test_free(&pool);
}


/* what does not fit is not asked */

static void
test_too_long(void **state)
{
    char                *text;
    sr_test_pool_t       pool;
    simrelayd_sms_t      sms;
    simrelayd_asking_t   a;

    (void) state;

    text = malloc(SIMRELAYD_PROVIDER_BODY);
    memset(text, 'a', SIMRELAYD_PROVIDER_BODY - 1);
    text[SIMRELAYD_PROVIDER_BODY - 1] = '\0';

    sms = test_sms(text);

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_seven_ask(&a, &sms), -1);
    sr_test_free(&pool);

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_twilio_ask(&a, &sms), -1);
    sr_test_free(&pool);

    sms = test_sms("a");
    sms.key = sr_test_str(text);
    sms.key.len = 300;

    simrelayd_asking_init(&a, sr_test_pool(&pool, -1));
    assert_int_equal(simrelayd_twilio_ask(&a, &sms), -1);
    sr_test_free(&pool);

    free(text);
}


static void
test_table(void **state)
{
    (void) state;

    assert_null(simrelayd_provider(sr_test_str("byos")));
    assert_null(simrelayd_provider(sr_test_str("")));

    assert_int_equal(simrelayd_provider(sr_test_str("seven"))
                         ->report(sr_test_str("DELIVERED")),
                     SR_REPORT_DELIVERED);
    assert_int_equal(simrelayd_provider(sr_test_str("twilio"))
                         ->report(sr_test_str("undelivered")),
                     SR_REPORT_FAILED);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_seven),
        cmocka_unit_test(test_twilio),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
