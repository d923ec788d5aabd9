
/*
 * Signatures, by the vectors of those who check them.
 */


#include "sr_test.h"
#include "sr_sign.h"


#define URL    "https://mycompany.com/myapp.php?foo=1&bar=2"
#define PAIRS  8


/* the form that Twilio's libraries are tested with */

#define FORM  "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234"   \
              "&From=%2B14158675309&To=%2B18005551212"


static const struct {
    const char  *url;
    const char  *form;
    const char  *signature;
} twilio[] = {
    { URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
    { "http://mycompany.com:1234/myapp.php?foo=1&bar=2", FORM,
      "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=" },
    { "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM,
      "kvajT1Ptam85bY51eRf/AJRuM3w=" },
    { "http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM,
      "0ZXoZLH/DfblKGATFgpif+LLRf4=" },
    { "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", FORM,
      "CukzLTc1tT5dXEDIHm/tKBanW10=" },
    { "https://user:pass@mycompany.com:443/myapp.php?foo=1&bar=2", FORM,
      "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=" },
    { "https://user@mycompany.com/myapp.php?foo=1&bar=2", FORM,
      "2YRLlVAflCqxaNicjMpJcSTgzSs=" },

    /* a repeated field: each value once, sorted */
    { URL, "MessagingBinding.Address=%2B1325xxxxxxx"
      "&MessagingBinding.Address=%2B1415xxxxxxx",
      "83O6e2vORAoJHUNzJjDWN1jz+BA=" },
    { URL, "MessagingBinding.Address=%2B1415xxxxxxx"
      "&MessagingBinding.Address=%2B1325xxxxxxx",
      "83O6e2vORAoJHUNzJjDWN1jz+BA=" },
    { URL, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
      "IK+Dwps556ElfBT0I3Rgjkr1wJU=" },

    /* no form: the digest of the body is in the URL */
    { URL "&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf196326"
      "32f96e6620", "", "a9nBmqA0ju/hNViExpshrM61xv4=" },
    { "https://mycompany.com:443/myapp.php?foo=1&bar=2&bodySHA256=44136fa3"
      "55b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "",
      "Ldidvp12m26NI7eqEvxnEpkd9Hc=" },
};


static int
test_pairs(sr_alloc_t alloc, const char *form, sr_pair_t *pairs)
{
    int  n;

    n = sr_form_pairs(alloc, (unsigned char *) form, strlen(form), pairs,
                      PAIRS);
    assert_true(n >= 0);

    return n;
}


static void
test_twilio(void **state)
{
    int             n;
    size_t          i;
    sr_str_t        token = sr_string("12345");
    sr_pair_t       pairs[PAIRS];
    sr_alloc_t      alloc;
    unsigned char   text[SR_SIGN_TWILIO_LEN];
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(twilio); i++) {

        alloc = sr_test_pool(&pool, -1);
        n = test_pairs(alloc, twilio[i].form, pairs);

        assert_int_equal(sr_sign_twilio(text, token,
                                        sr_test_str(twilio[i].url), pairs, n,
                                        alloc), 0);
        sr_test_equal(text, sizeof(text), twilio[i].signature);

        assert_int_equal(sr_sign_twilio_check(
                             sr_test_str(twilio[i].signature), token,
                             sr_test_str(twilio[i].url), pairs, n, alloc), 1);
        sr_test_free(&pool);
    }
}


static const struct {
    const char  *url;
    const char  *form;
    const char  *token;
    const char  *signature;
    int          right;
} checks[] = {
    /* with its standard port and without it */
    { URL, FORM, "12345", "kvajT1Ptam85bY51eRf/AJRuM3w=", 1 },
    { "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 1 },
    { "http://mycompany.com/myapp.php?foo=1&bar=2", FORM, "12345",
      "0ZXoZLH/DfblKGATFgpif+LLRf4=", 1 },
    { "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", FORM, "12345",
      "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=", 1 },

    /* without whatever port it has, as Twilio's own package takes it */
    { "https://mycompany.com:80/myapp.php?foo=1&bar=2", FORM, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 1 },

    /* no other port, scheme or path */
    { "https://mycompany.com:80/myapp.php?foo=1&bar=2", FORM, "12345",
      "kvajT1Ptam85bY51eRf/AJRuM3w=", 0 },
    { "http://mycompany.com:443/myapp.php?foo=1&bar=2", FORM, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { "https://mycompany.com/myapp.php?foo=1&bar=3", FORM, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { "https://mycompany.com", FORM, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { "", FORM, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { "https://[::1]/x", FORM, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },

    { URL, FORM "&x=", "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { URL, FORM, "12346", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { URL, FORM, "", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", 0 },
    { URL, FORM, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B9=", 0 },
    { URL, FORM, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8", 0 },
    { URL, FORM, "12345", "", 0 },
};


static void
test_twilio_check(void **state)
{
    int             n;
    size_t          i;
    sr_pair_t       pairs[PAIRS];
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(checks); i++) {

        alloc = sr_test_pool(&pool, -1);
        n = test_pairs(alloc, checks[i].form, pairs);

        assert_int_equal(sr_sign_twilio_check(
                             sr_test_str(checks[i].signature),
                             sr_test_str(checks[i].token),
                             sr_test_str(checks[i].url), pairs, n, alloc),
                         checks[i].right);
        sr_test_free(&pool);
    }
}


/* U+FF5E stands after U+1F600 in bytes, before it in UTF-16's surrogates */

static void
test_twilio_order(void **state)
{
    int             n;
    sr_str_t        token = sr_string("t");
    sr_str_t        url = sr_string("https://x/");
    sr_str_t        parts = sr_string("https://x/" "\xf0\x9f\x98\x80" "1"
                                      "\xef\xbd\x9e" "2");
    sr_pair_t       pairs[PAIRS];
    sr_alloc_t      alloc;
    unsigned char   mac[SR_SHA1_LEN], text[SR_SIGN_TWILIO_LEN];
    unsigned char   expected[SR_SIGN_TWILIO_LEN];
    sr_test_pool_t  pool;

    (void) state;

    alloc = sr_test_pool(&pool, -1);
    n = test_pairs(alloc, "\xef\xbd\x9e=2&\xf0\x9f\x98\x80=1", pairs);

    assert_int_equal(sr_sign_twilio(text, token, url, pairs, n, alloc), 0);

    assert_int_equal(sr_hmac_sha1(mac, token, &parts, 1), 0);
    assert_int_equal(sr_base64(expected, mac, sizeof(mac)), sizeof(expected));
    assert_memory_equal(text, expected, sizeof(text));

    sr_test_free(&pool);

    alloc = sr_test_pool(&pool, 0);
    assert_int_equal(sr_sign_twilio_check(token, token, url, NULL, 0, alloc),
                     -1);
}


static const struct {
    const char  *secret;
    const char  *socket_id;
    const char  *channel;
    const char  *data;
    const char  *hex;
} pusher[] = {
    { "7ad3773142a6692b25b8", "1234.1234", "private-foobar", NULL,
      "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4" },
    { "7ad3773142a6692b25b8", "1234.1234", "presence-foobar",
      "{\"user_id\":10,\"user_info\":{\"name\":\"Mr. Channels\"}}",
      "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80" },

    /* a user's signature has two colons: socket_id::user::data */
    { "tofu", "123.456", ":user:", "{\"id\":\"45678\"}",
      "f4b1fdeea7c93e32648c7230e32b172057c5623cace6cfce791c6e7035e0babd" },
};


static void
test_pusher(void **state)
{
    size_t         i;
    sr_str_t       data;
    unsigned char  hex[SR_SIGN_HEX_LEN];

    (void) state;

    for (i = 0; i < sr_test_count(pusher); i++) {

        data.data = NULL;
        data.len = 0;

        if (pusher[i].data != NULL) {
            data = sr_test_str(pusher[i].data);
        }

        assert_int_equal(sr_sign_pusher(hex, sr_test_str(pusher[i].secret),
                                        sr_test_str(pusher[i].socket_id),
                                        sr_test_str(pusher[i].channel), data),
                         0);
        sr_test_equal(hex, sizeof(hex), pusher[i].hex);
    }

    assert_int_equal(sr_sign_pusher_user(hex, sr_test_str("tofu"),
                                         sr_test_str("123.456"),
                                         sr_test_str("{\"id\":\"45678\"}")),
                     0);
    sr_test_equal(hex, sizeof(hex), pusher[2].hex);
}


/* the published request to the HTTP API, and what may be wrong with it */

#define EVENT  "{\"name\":\"foo\",\"channels\":[\"project-3\"],"            \
               "\"data\":\"{\\\"some\\\":\\\"data\\\"}\"}"

#define AUTH_KEY        "auth_key=278d425bdf160c739803"
#define AUTH_TIME       "auth_timestamp=1353088179"
#define AUTH_MD5        "body_md5=ec365a775a4cd0599faeb73354201b6f"
#define AUTH_SIGNATURE                                                        \
    "auth_signature="                                                         \
    "da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"

#define AUTH  AUTH_KEY "&" AUTH_TIME "&auth_version=1.0&" AUTH_MD5

static const struct {
    const char  *method;
    const char  *path;
    const char  *query;
    const char  *body;
    int64_t      now;
    int          right;
} requests[] = {
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, 0, 1 },

    /* their order does not count */
    { "POST", "/apps/3/events",
      AUTH_SIGNATURE "&" AUTH_MD5 "&auth_version=1%2e0&" AUTH_TIME "&"
      AUTH_KEY, EVENT, 0, 1 },

    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, 600, 1 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, -600, 1 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, 601, 0 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, -601, 0 },
    { "GET", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT, 0, 0 },
    { "POST", "/apps/4/events", AUTH "&" AUTH_SIGNATURE, EVENT, 0, 0 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, EVENT " ", 0, 0 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE, "", 0, 0 },
    { "POST", "/apps/3/events", AUTH "&a=1&" AUTH_SIGNATURE, EVENT, 0, 0 },
    { "POST", "/apps/3/events", AUTH "&" AUTH_SIGNATURE "0", EVENT, 0, 0 },
    { "POST", "/apps/3/events", AUTH "&auth_signature=", EVENT, 0, 0 },
    { "POST", "/apps/3/events", AUTH, EVENT, 0, 0 },
    { "POST", "/apps/3/events", "", EVENT, 0, 0 },
};

static int
test_request(const char *method, const char *path, const char *query,
    const char *body, int64_t now, int sign)
{
    int                  rc;
    sr_str_t             key = sr_string("278d425bdf160c739803"),
                         secret = sr_string("7ad3773142a6692b25b8");
    sr_pair_t            args[16];
    sr_alloc_t           alloc;
    sr_test_pool_t       pool;
    unsigned char        hex[SR_SIGN_HEX_LEN];
    sr_pusher_request_t  r;

    alloc = sr_test_pool(&pool, -1);

    r.method = method;
    r.path = sr_test_str(path);
    r.args = args;
    r.nargs = sr_form_pairs(alloc, (unsigned char *) query, strlen(query),
                            args, 15);
    r.body = sr_test_str(body);

    if (sign) {
        assert_int_equal(sr_sign_pusher_request(hex, secret, &r, alloc), 0);

        args[r.nargs].name = sr_test_str("auth_signature");
        args[r.nargs].value.data = hex;
        args[r.nargs++].value.len = sizeof(hex);
    }

    rc = sr_sign_pusher_check(key, secret, &r, 1353088179 + now, alloc);

    sr_test_free(&pool);

    return rc;
}


static void
test_pusher_request(void **state)
{
    size_t  i;

    for (i = 0; i < sr_test_count(requests); i++) {
        assert_int_equal(test_request(requests[i].method, requests[i].path,
                                      requests[i].query, requests[i].body,
                                      requests[i].now, 0),
                         requests[i].right);
    }

    /* signed, and yet wrong in something else */

    assert_int_equal(test_request("GET", "/a", AUTH_KEY "&" AUTH_TIME, "", 0,
                                  1), 1);
    assert_int_equal(test_request("GET", "/a", AUTH_KEY "&" AUTH_TIME
                                  "&info=a,b&filter_by_prefix=x%20%C3%A4", "",
                                  0, 1), 1);
    assert_int_equal(test_request("GET", "/a", "auth_key=a&" AUTH_TIME, "", 0,
                                  1), 0);
    assert_int_equal(test_request("GET", "/a", AUTH_TIME, "", 0, 1), 0);
    assert_int_equal(test_request("GET", "/a", AUTH_KEY, "", 0, 1), 0);
    assert_int_equal(test_request("GET", "/a", AUTH_KEY "&auth_timestamp=-1",
                                  "", 0, 1), 0);
    assert_int_equal(test_request("GET", "/a", AUTH_KEY "&" AUTH_TIME
                                  "&auth_version=2.0", "", 0, 1), 0);
    assert_int_equal(test_request("POST", "/a", AUTH_KEY "&" AUTH_TIME, "x", 0,
                                  1), 0);
    assert_int_equal(test_request("POST", "/a", AUTH_KEY "&" AUTH_TIME "&"
                                  AUTH_MD5, "x", 0, 1), 0);
    assert_int_equal(test_request("POST", "/a", AUTH_KEY "&" AUTH_TIME "&"
                                  AUTH_MD5, EVENT, 0, 1), 1);
}


static const struct {
    const char  *id;
    int          right;
} socket_ids[] = {
    { "1.2",                          1 },
    { "1234.1234",                    1 },
    { "999999999.1000000000",         1 },
    { "1",                            0 },
    { "1.",                           0 },
    { ".1",                           0 },
    { ".",                            0 },
    { "1.2.3",                        0 },
    { "1.2 ",                         0 },
    { "-1.2",                         0 },
    { "1.a",                          0 },
    { "1.2:private-x",                0 },
    { "1234567890123.1234567890123",  0 },
    { "",                             0 },
};


static void
test_socket_id(void **state)
{
    size_t          i;
    sr_str_t        id;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(socket_ids); i++) {

        id = sr_test_copy(sr_test_pool(&pool, -1), socket_ids[i].id,
                          strlen(socket_ids[i].id));
        assert_int_equal(sr_pusher_socket_id(id), socket_ids[i].right);

        sr_test_free(&pool);
    }
}


static void
test_webhook(void **state)
{
    sr_str_t       secret = sr_string("Jefe");
    sr_str_t       body = sr_string("what do ya want for nothing?");
    unsigned char  hex[SR_SIGN_HEX_LEN];

    (void) state;

    assert_int_equal(sr_sign_webhook(hex, secret, body), 0);
    sr_test_equal(hex, sizeof(hex),
                  "5bdcc146bf60754e6a042426089575c7"
                  "5a003f089d2739839dec58b964ec3843");
}


/* the vector of the Standard Webhooks libraries, whose key is base64 */

static void
test_standard(void **state)
{
    sr_str_t        id = sr_string("msg_p5jXN8AQM9LWM0D4loKWxJek");
    sr_str_t        body = sr_string("{\"test\": 2432232314}");
    sr_str_t        secret;
    unsigned char   key[24], text[SR_SIGN_STANDARD_LEN];
    const char     *coded = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    (void) state;

    secret.data = key;
    secret.len = sizeof(key);

    assert_int_equal(sr_unbase64(key, (unsigned char *) coded, strlen(coded)),
                     sizeof(key));

    assert_int_equal(sr_sign_standard(text, secret, id, 1614265330, body), 0);
    sr_test_equal(text, sizeof(text),
                  "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_twilio),
        cmocka_unit_test(test_twilio_check),
        cmocka_unit_test(test_twilio_order),
        cmocka_unit_test(test_pusher),
        cmocka_unit_test(test_pusher_request),
        cmocka_unit_test(test_socket_id),
        cmocka_unit_test(test_webhook),
        cmocka_unit_test(test_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
