
/*
 * One-time passwords by the vectors of RFC 4226 and RFC 6238, the window they
 * are taken in, their URI, and recovery codes.
 */


#include "sr_test.h"
#include "sr_digest.h"
#include "sr_totp.h"


static const unsigned char  secret[] = "12345678901234567890";


/* RFC 4226, appendix D: counters from 0 */

static const char *const  hotps[] = {
    "755224", "287082", "359152", "969429", "338314",
    "254676", "287922", "162583", "399871", "520489",
};


static void
test_hotp(void **state)
{
    size_t         i;
    unsigned char  code[SR_TOTP_DIGITS];

    (void) state;

    for (i = 0; i < sr_test_count(hotps); i++) {
        assert_int_equal(sr_totp_code(code, secret, i), 0);
        sr_test_equal(code, sizeof(code), hotps[i]);
    }
}


/* RFC 6238, appendix B: the last 6 of 8 digits */

static const struct {
    int64_t      now;
    const char  *code;
} totps[] = {
    { 59,           "287082" },
    { 1111111109,   "081804" },
    { 1111111111,   "050471" },
    { 1234567890,   "005924" },
    { 2000000000,   "279037" },
    { 20000000000,  "353130" },
};


static void
test_totp(void **state)
{
    size_t         i;
    int64_t        step;
    unsigned char  code[SR_TOTP_DIGITS];

    (void) state;

    for (i = 0; i < sr_test_count(totps); i++) {

        step = totps[i].now / 30;

        assert_int_equal(sr_totp_code(code, secret, step), 0);
        sr_test_equal(code, sizeof(code), totps[i].code);

        assert_int_equal(sr_totp_check(secret, sr_test_str(totps[i].code),
                                       totps[i].now, 0), step);
    }
}


/* the code of step 41152263, which begins at 1234567890 */

static const struct {
    int64_t  now;
    int64_t  after;
    int64_t  step;
} windows[] = {
    { 1234567859, 0,         0        },
    { 1234567860, 0,         41152263 },
    { 1234567889, 0,         41152263 },
    { 1234567890, 0,         41152263 },
    { 1234567919, 0,         41152263 },
    { 1234567920, 0,         41152263 },
    { 1234567949, 0,         41152263 },
    { 1234567950, 0,         0        },
    { 1234567890, 41152262,  41152263 },
    { 1234567890, 41152263,  0        },
    { 1234567890, 41152264,  0        },
    { 1234567890, INT64_MAX, 0        },
    { 0,          0,         0        },
    { -1,         0,         0        },
    { INT64_MIN,  0,         0        },
};


static void
test_window(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(windows); i++) {
        assert_int_equal(sr_totp_check(secret, sr_test_str("005924"),
                                       windows[i].now, windows[i].after),
                         windows[i].step);
    }
}


static const char *const  spaced_codes[] = {
    "005 924", " 005924", "005924 ", "0 0 5 9 2 4", "  005  924  ",
};

static const char *const  bad_codes[] = {
    "", " ", "5924", "00592", "0059240", "0005924", "005925", "+05924",
    "-05924", "00592a", "0x5924", "5924.0", "005-924", "005924\n", "\t005924",
    "\xd9\xa0\xd9\xa0\xd9\xa5\xd9\xa9\xd9\xa2\xd9\xa4",
    "\xff\xff\xff\xff\xff\xff",
    "005924005924005924005924005924005924005924005924005924005924005924005924",
};


static void
test_codes(void **state)
{
    size_t          i;
    sr_str_t        code;
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    alloc = sr_test_pool(&pool, -1);

    for (i = 0; i < sr_test_count(spaced_codes); i++) {

        code = sr_test_copy(alloc, spaced_codes[i], strlen(spaced_codes[i]));
        assert_int_equal(sr_totp_check(secret, code, 1234567890, 0),
                         41152263);
    }

    for (i = 0; i < sr_test_count(bad_codes); i++) {

        code = sr_test_copy(alloc, bad_codes[i], strlen(bad_codes[i]));
        assert_int_equal(sr_totp_check(secret, code, 1234567890, 0), 0);
    }

    code = sr_test_copy(alloc, "005924\0", 7);
    assert_int_equal(sr_totp_check(secret, code, 1234567890, 0), 0);

    code = sr_test_copy(alloc, "\0" "05924", 6);
    assert_int_equal(sr_totp_check(secret, code, 1234567890, 0), 0);

    sr_test_free(&pool);
}


static void
test_make(void **state)
{
    unsigned char  a[SR_TOTP_SECRET_LEN], b[SR_TOTP_SECRET_LEN];

    (void) state;

    assert_int_equal(sr_totp_make(a), 0);
    assert_int_equal(sr_totp_make(b), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}


/* RFC 4648, section 10 */

static const struct {
    const char  *in;
    const char  *out;
} base32s[] = {
    { "",                      ""                                 },
    { "f",                     "MY"                               },
    { "fo",                    "MZXQ"                             },
    { "foo",                   "MZXW6"                            },
    { "foob",                  "MZXW6YQ"                          },
    { "fooba",                 "MZXW6YTB"                         },
    { "foobar",                "MZXW6YTBOI"                       },
    { "\xff\xff\xff\xff",      "777777Y"                          },
    { "12345678901234567890",  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" },
};


static void
test_base32(void **state)
{
    size_t          i;
    sr_str_t        in;
    sr_alloc_t      alloc;
    unsigned char  *dst;
    sr_test_pool_t  pool;

    (void) state;

    alloc = sr_test_pool(&pool, -1);

    for (i = 0; i < sr_test_count(base32s); i++) {

        in = sr_test_copy(alloc, base32s[i].in, strlen(base32s[i].in));
        dst = alloc.alloc(alloc.pool, (8 * in.len + 4) / 5);

        sr_test_equal(dst, sr_base32(dst, in.data, in.len), base32s[i].out);
    }

    sr_test_free(&pool);
}


static void
test_url(void **state)
{
    sr_buf_t        b;
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 1000);
    sr_totp_url(&b, sr_test_str("SimRelay"), sr_test_str("a.b+c@example.com"),
                secret);

    assert_false(b.failed);
    sr_test_equal(b.data, b.len,
                  "otpauth://totp/SimRelay:a.b%2Bc%40example.com"
                  "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=SimRelay"
                  "&algorithm=SHA1&digits=6&period=30");
    sr_test_free(&pool);

    /* nothing of a name ends the part it stands in */

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 1000);
    sr_totp_url(&b, sr_test_str("A & B:C"), sr_test_str("\xc3\xa4?secret=x#/%"),
                secret);

    assert_false(b.failed);
    sr_test_equal(b.data, b.len,
                  "otpauth://totp/A%20%26%20B%3AC:%C3%A4%3Fsecret%3Dx%23%2F%25"
                  "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                  "&issuer=A%20%26%20B%3AC"
                  "&algorithm=SHA1&digits=6&period=30");
    sr_test_free(&pool);

    sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 60);
    sr_totp_url(&b, sr_test_str("SimRelay"), sr_test_str("a@example.com"),
                secret);

    assert_true(b.failed);
    sr_test_free(&pool);
}


static void
test_recovery_make(void **state)
{
    size_t         i, j;
    sr_str_t       code;
    unsigned char  first[SR_RECOVERY_CODE_LEN], text[SR_RECOVERY_CODE_LEN];
    unsigned char  digest[SR_SHA256_LEN];

    (void) state;

    assert_int_equal(sr_recovery_code_make(first), 0);

    for (i = 0; i < 100; i++) {

        assert_int_equal(sr_recovery_code_make(text), 0);
        assert_memory_not_equal(text, first, sizeof(text));

        for (j = 0; j < sizeof(text); j++) {

            if (j == 5) {
                assert_int_equal(text[j], '-');
                continue;
            }

            assert_non_null(memchr("abcdefghijkmnpqrstuvwxyz23456789", text[j],
                                   32));
        }

        code.data = text;
        code.len = sizeof(text);
        assert_int_equal(sr_recovery_code_digest(digest, code), 0);
    }
}


static const char *const  recovery_codes[] = {
    "abcde-23456", "ABCDE-23456", "aBcDe23456", " abcde 23456 ",
    "--abcde--2-3456", "a b c d e 2 3 4 5 6",
};

static const char *const  bad_recovery_codes[] = {
    "", "-", "abcde-2345", "abcde-234567", "abcde_23456", "abcde-2345l",
    "abcde-2345o", "abcde-23451", "abcde-23450", "abcde\n23456",
    "abcde\t23456", "abcde-2345\xe9", "123456",
    "abcde-23456abcde-23456abcde-23456abcde-23456abcde-23456abcde-23456",
};


static void
test_recovery_digest(void **state)
{
    size_t          i;
    sr_str_t        code;
    sr_alloc_t      alloc;
    unsigned char   digest[SR_SHA256_LEN], expected[SR_SHA256_LEN];
    sr_test_pool_t  pool;

    (void) state;

    alloc = sr_test_pool(&pool, -1);

    assert_int_equal(sr_sha256(expected, "abcde23456", 10), 0);

    for (i = 0; i < sr_test_count(recovery_codes); i++) {

        code = sr_test_copy(alloc, recovery_codes[i],
                            strlen(recovery_codes[i]));
        memset(digest, 0, sizeof(digest));

        assert_int_equal(sr_recovery_code_digest(digest, code), 0);
        assert_memory_equal(digest, expected, sizeof(digest));
    }

    for (i = 0; i < sr_test_count(bad_recovery_codes); i++) {

        code = sr_test_copy(alloc, bad_recovery_codes[i],
                            strlen(bad_recovery_codes[i]));
        assert_int_equal(sr_recovery_code_digest(digest, code), -1);
    }

    code = sr_test_copy(alloc, "abcde-2345\0", 11);
    assert_int_equal(sr_recovery_code_digest(digest, code), -1);

    sr_test_free(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hotp),
        cmocka_unit_test(test_totp),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_base32),
        cmocka_unit_test(test_url),
        cmocka_unit_test(test_recovery_make),
        cmocka_unit_test(test_recovery_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
