
/*
 * The signature of seven.io, by vectors that were made with Python's hmac.
 */


#include "sr_test.h"
#include "sr_sign.h"


#define NONCE  "0123456789abcdefghijklmnopqrstuv"
#define PATH   "/api/webhooks/seven?a=%20b"
#define URL    "https://sms.example.com" PATH
#define BODY   "{\"a\":1}"
#define FULL                                                                  \
    "f4f651e8fc125b592f323c57bf54c48e2ebe304eaa03a14dcba4cce3c509d19c"
#define SHORT                                                                 \
    "72e53a54367406191de4d01fbd7c9ce4dff6e9d12e699f448ab9273f1b2b16f0"
#define NOW    1634641200


static const struct {
    const char  *secret;
    const char  *timestamp;
    const char  *verb;
    const char  *url;
    const char  *body;
    const char  *signature;
} vectors[] = {
    { "secret", "1634641200", "POST", URL, BODY, FULL },
    { "secret", "1634641200", "POST", PATH, BODY, SHORT },
    { "", "0", "GET", "https://sms.example.com", "",
      "f727a38b40fe4b99771f4b033135eb91be0fddc184eebdcb2c034efd4278c5ea" },
    { "secret", "0", "GET", "", "",
      "01770511ca443ac17f193c05a08990d7bd8471c179a36e9052ecfae9723ccfd6" },
};


static const struct {
    const char  *signature;
    const char  *secret;
    const char  *timestamp;
    const char  *nonce;
    const char  *url;
    const char  *body;
    int          right;
} checks[] = {
    { FULL, "secret", "1634641200", NONCE, URL, BODY, 1 },

    /* over the path and query alone, and in upper case */
    { SHORT, "secret", "1634641200", NONCE, URL, BODY, 1 },
    { "F4F651E8FC125B592F323C57BF54C48E2EBE304EAA03A14DCBA4CCE3C509D19C",
      "secret", "1634641200", NONCE, URL, BODY, 1 },

    { FULL, "Secret", "1634641200", NONCE, URL, BODY, 0 },
    { FULL, "", "1634641200", NONCE, URL, BODY, 0 },
    { FULL, "secret", "1634641201", NONCE, URL, BODY, 0 },
    { FULL, "secret", "1634641200", "x" NONCE, URL, BODY, 0 },
    { FULL, "secret", "1634641200", NONCE, URL "&", BODY, 0 },
    { FULL, "secret", "1634641200", NONCE, "http://sms.example.com" PATH,
      BODY, 0 },
    { SHORT, "secret", "1634641200", NONCE, URL "&", BODY, 0 },
    { FULL, "secret", "1634641200", NONCE, URL, "{\"a\":2}", 0 },
    { FULL, "secret", "1634641200", NONCE, URL, "", 0 },
    { "", "secret", "1634641200", NONCE, URL, BODY, 0 },
    { "f4", "secret", "1634641200", NONCE, URL, BODY, 0 },
    { FULL "00", "secret", "1634641200", NONCE, URL, BODY, 0 },
    { "g4f651e8fc125b592f323c57bf54c48e2ebe304eaa03a14dcba4cce3c509d19c",
      "secret", "1634641200", NONCE, URL, BODY, 0 },
};


static const struct {
    const char  *timestamp;
    const char  *nonce;
    int          fresh;
} times[] = {
    { "1634641200", NONCE, 1 },
    { "1634640900", NONCE, 1 },
    { "1634641500", NONCE, 1 },
    { "1634640899", NONCE, 0 },
    { "1634641501", NONCE, 0 },
    { "0", NONCE, 0 },
    { "", NONCE, 0 },
    { "-1634641200", NONCE, 0 },
    { "1634641200.0", NONCE, 0 },
    { " 1634641200", NONCE, 0 },
    { "1634641200000", NONCE, 0 },
    { "99999999999999999999", NONCE, 0 },
    { "1634641200", "", 0 },
    { "1634641200", NONCE "w", 0 },
    { "1634641200", "0123456789abcdefghijklmnopqrstu", 0 },
};


static void
test_set(sr_seven_t *req, const char *timestamp, const char *nonce,
    const char *verb, const char *url, const char *body)
{
    req->timestamp = sr_test_str(timestamp);
    req->nonce = sr_test_str(nonce);
    req->verb = sr_test_str(verb);
    req->url = sr_test_str(url);

    assert_int_equal(sr_seven_body(req, sr_test_str(body)), 0);
}


static void
test_seven(void **state)
{
    size_t         i;
    sr_seven_t     req;
    unsigned char  hex[SR_SIGN_SEVEN_LEN];

    (void) state;

    for (i = 0; i < sr_test_count(vectors); i++) {

        test_set(&req, vectors[i].timestamp, NONCE, vectors[i].verb,
                 vectors[i].url, vectors[i].body);

        assert_int_equal(sr_sign_seven(hex, sr_test_str(vectors[i].secret),
                                       &req), 0);
        sr_test_equal(hex, sizeof(hex), vectors[i].signature);
    }
}


static void
test_seven_check(void **state)
{
    size_t      i;
    sr_seven_t  req;

    (void) state;

    for (i = 0; i < sr_test_count(checks); i++) {

        test_set(&req, checks[i].timestamp, checks[i].nonce, "POST",
                 checks[i].url, checks[i].body);

        assert_int_equal(sr_sign_seven_check(sr_test_str(checks[i].signature),
                                             sr_test_str(checks[i].secret),
                                             &req),
                         checks[i].right);
    }

    test_set(&req, "1634641200", NONCE, "GET", URL, BODY);

    assert_int_equal(sr_sign_seven_check(sr_test_str(FULL),
                                         sr_test_str("secret"), &req), 0);
}


static void
test_seven_fresh(void **state)
{
    size_t      i;
    sr_seven_t  req;

    (void) state;

    for (i = 0; i < sr_test_count(times); i++) {

        test_set(&req, times[i].timestamp, times[i].nonce, "POST", URL, BODY);

        assert_int_equal(sr_seven_is_fresh(&req, NOW), times[i].fresh);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_seven),
        cmocka_unit_test(test_seven_check),
        cmocka_unit_test(test_seven_fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
