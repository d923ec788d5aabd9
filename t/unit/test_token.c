
/*
 * Tokens, codes, UUIDs, ids: made of chance, and read back.
 */


#include "sr_test.h"
#include "sr_token.h"


#define ROUNDS  2000


static void
test_made(void **state)
{
    int            i;
    size_t         n, counts[256];
    unsigned char  token[SR_TOKEN_LEN], key[SR_API_KEY_LEN], last[SR_TOKEN_LEN];
    unsigned char  secret[SR_SECRET_LEN], bytes[SR_SECRET_LEN / 2];

    (void) state;

    memset(counts, 0, sizeof(counts));
    memset(last, 0, sizeof(last));

    for (i = 0; i < ROUNDS; i++) {

        assert_int_equal(sr_token_make(token, sizeof(token)), 0);
        assert_memory_not_equal(token, last, sizeof(token));
        memcpy(last, token, sizeof(token));

        for (n = 0; n < sizeof(token); n++) {
            counts[token[n]]++;
        }
    }

    /* 62 letters of some 1548 each; others never */

    for (i = 0, n = 0; i < 256; i++) {

        if (counts[i] != 0) {
            assert_in_range(counts[i], 1200, 1900);
            n++;
        }
    }

    assert_int_equal(n, 62);

    assert_int_equal(sr_api_key_make(key), 0);
    assert_memory_equal(key, "sk_live_", 8);

    assert_int_equal(sr_secret_make(secret), 0);
    assert_int_equal(sr_unhex(bytes, secret, sizeof(secret)), sizeof(bytes));
}


static void
test_code_made(void **state)
{
    int            i;
    unsigned char  code[SR_CODE_LEN], found[SR_CODE_LEN];

    (void) state;

    for (i = 0; i < ROUNDS; i++) {

        assert_int_equal(sr_code_make(code), 0);
        assert_memory_equal(code, "SR-", 3);

        assert_int_equal(sr_code_find(found, code, sizeof(code)), 1);
        assert_memory_equal(found, code, sizeof(code));
    }
}


static const struct {
    const char  *text;
    const char  *code;          /* NULL: none */
} codes[] = {
    { "SR-A2B3",                        "SR-A2B3" },
    { "sr-a2b3",                        "SR-A2B3" },
    { "Sr-a2B3.",                       "SR-A2B3" },
    { "My code is SR-QRST, thanks",     "SR-QRST" },
    { "SR-A2B3 SR-C4D5",                "SR-A2B3" },
    { "(SR-A2B3)",                      "SR-A2B3" },
    { "\xc3\xa4SR-A2B3\xc3\xa4",        "SR-A2B3" },
    { "SR-SR-A2B3",                     "SR-A2B3" },
    { "XSR-A2B3 SR-C4D5",               "SR-A2B3" },
    { "SR-A2B34",                       "SR-A2B3" },
    { "codesr-a2b3x",                   "SR-A2B3" },
    { "SR-0000 SR-A2B3",                "SR-0000" },
    { "SR-a0b3",                        "SR-A0B3" },
    { "SR-A.B3 SR-A2B3",                "SR-A2B3" },
    { "SR-A2B",                         NULL      },
    { "SR A2B3",                        NULL      },
    { "1SR-A2B3",                       "SR-A2B3" },
    { "SRA2B3",                         NULL      },
    { "",                               NULL      },
};


static void
test_code_found(void **state)
{
    int             found;
    size_t          i;
    sr_str_t        text;
    unsigned char   code[SR_CODE_LEN];
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(codes); i++) {

        text = sr_test_copy(sr_test_pool(&pool, -1), codes[i].text,
                            strlen(codes[i].text));

        found = sr_code_find(code, text.data, text.len);
        assert_int_equal(found, codes[i].code != NULL);

        if (found) {
            sr_test_equal(code, sizeof(code), codes[i].code);
        }

        sr_test_free(&pool);
    }

    /* a NUL is a neighbour like any other */

    assert_int_equal(sr_code_find(code, (unsigned char *) "\0SR-A2B3\0", 9),
                     1);
}


/* an agent's code: any case, none but its own agent */

static void
test_claim_code(void **state)
{
    size_t         i;
    sr_str_t       code;
    sr_uuid_t      agent = { 1 }, other = { 2 };
    unsigned char  text[SR_CLAIM_CODE_LEN], again[SR_CLAIM_CODE_LEN];
    unsigned char  a[SR_SHA256_LEN], b[SR_SHA256_LEN];

    (void) state;

    assert_int_equal(sr_claim_code_make(text), 0);
    assert_int_equal(sr_claim_code_make(again), 0);
    assert_memory_not_equal(text, again, sizeof(text));

    for (i = 0; i < sizeof(text); i++) {
        assert_non_null(memchr("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", text[i],
                               32));
    }

    code.data = text;
    code.len = sizeof(text);
    memcpy(text, "ABCD2345", sizeof(text));
    assert_int_equal(sr_claim_code_digest(a, agent, code), 0);

    memcpy(text, "aBcd2345", sizeof(text));
    assert_int_equal(sr_claim_code_digest(b, agent, code), 0);
    assert_memory_equal(a, b, sizeof(a));

    assert_int_equal(sr_claim_code_digest(b, other, code), 0);
    assert_memory_not_equal(a, b, sizeof(a));

    text[7] = '6';
    assert_int_equal(sr_claim_code_digest(b, agent, code), 0);
    assert_memory_not_equal(a, b, sizeof(a));

    text[7] = '-';
    assert_int_equal(sr_claim_code_digest(b, agent, code), -1);

    text[7] = 0xe4;
    assert_int_equal(sr_claim_code_digest(b, agent, code), -1);

    text[7] = '5';
    code.len = 7;
    assert_int_equal(sr_claim_code_digest(b, agent, code), -1);

    code.len = 0;
    assert_int_equal(sr_claim_code_digest(b, agent, code), -1);
}


static const struct {
    const char  *header;
    const char  *token;         /* NULL: refused */
} headers[] = {
    { "Bearer abc",            "abc"        },
    { "bearer abc",            "abc"        },
    { "BEARER   abc  ",        "abc"        },
    { "Bearer 12|abc",         "abc"        },
    { "Bearer 12|3|abc",       "3|abc"      },
    { "Bearer |abc",           "|abc"       },
    { "Bearer x12|abc",        "x12|abc"    },
    { "Bearer 123",            "123"        },
    { "Bearer sk_live_A",      "sk_live_A"  },
    { "Bearer 12|",            NULL         },
    { "Bearer ",               NULL         },
    { "Bearer",                NULL         },
    { "Bearer a b",            NULL         },
    { "Bearer a\tb",           NULL         },
    { "Bearer \xc3\xa4",       NULL         },
    { "Basic abc",             NULL         },
    { "Bearerabc",             NULL         },
    { "",                      NULL         },
};


static void
test_bearer(void **state)
{
    int             rc;
    size_t          i;
    sr_str_t        header;
    unsigned char   digest[SR_SHA256_LEN], expected[SR_SHA256_LEN];
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(headers); i++) {

        header = sr_test_copy(sr_test_pool(&pool, -1), headers[i].header,
                              strlen(headers[i].header));

        rc = sr_token_bearer(digest, header);
        assert_int_equal(rc, headers[i].token != NULL ? 0 : -1);

        if (rc == 0) {
            assert_int_equal(sr_sha256(expected, headers[i].token,
                                       strlen(headers[i].token)), 0);
            assert_memory_equal(digest, expected, sizeof(digest));
        }

        sr_test_free(&pool);
    }
}


static void
test_bearer_length(void **state)
{
    sr_str_t       header;
    unsigned char  text[513], digest[SR_SHA256_LEN];

    (void) state;

    memset(text, 'a', sizeof(text));
    memcpy(text, "Bearer ", 7);

    header.data = text;
    header.len = 512;
    assert_int_equal(sr_token_bearer(digest, header), 0);

    header.len = 513;
    assert_int_equal(sr_token_bearer(digest, header), -1);

    header.data = NULL;
    header.len = 0;
    assert_int_equal(sr_token_bearer(digest, header), -1);
}


static const char *const  bad_uuids[] = {
    "",
    "123e4567e89b12d3a456426614174000",
    "123e4567-e89b-12d3-a456-42661417400",
    "123e4567-e89b-12d3-a456-4266141740000",
    "123e4567-e89b-12d3-a456-42661417400g",
    "123e4567-e89b-12d3-a456_426614174000",
    "123e456-7e89b-12d3-a456-426614174000",
    "{23e4567-e89b-12d3-a456-42661417400}",
};


static void
test_uuid(void **state)
{
    size_t         i;
    sr_uuid_t      u, v;
    unsigned char  text[36];

    (void) state;

    assert_int_equal(sr_uuid_parse(u, (unsigned char *)
                                   "123E4567-e89b-12d3-A456-426614174000", 36),
                     0);
    sr_uuid_format(text, u);
    sr_test_equal(text, 36, "123e4567-e89b-12d3-a456-426614174000");

    assert_int_equal(sr_uuid_make(u), 0);
    assert_int_equal(u[6] >> 4, 4);
    assert_int_equal(u[8] >> 6, 2);

    sr_uuid_format(text, u);
    assert_int_equal(sr_uuid_parse(v, text, 36), 0);
    assert_memory_equal(u, v, sizeof(u));

    for (i = 0; i < sr_test_count(bad_uuids); i++) {
        assert_int_equal(sr_uuid_parse(u, (unsigned char *) bad_uuids[i],
                                       strlen(bad_uuids[i])), -1);
    }
}


static const struct {
    const char  *in;
    int64_t      id;            /* 0: refused */
} ids[] = {
    { "1",                     1         },
    { "42",                    42        },
    { "562949953421312",       562949953421312 },
    { "9223372036854775807",   INT64_MAX },
    { "9223372036854775808",   0         },
    { "18446744073709551617",  0         },
    { "99999999999999999999",  0         },
    { "0",                     0         },
    { "-1",                    0         },
    { "+1",                    0         },
    { "1.0",                   0         },
    { " 1",                    0         },
    { "1a",                    0         },
    { "abc",                   0         },
    { "",                      0         },
};


static void
test_id(void **state)
{
    int      rc;
    size_t   i;
    int64_t  id;

    (void) state;

    for (i = 0; i < sr_test_count(ids); i++) {

        rc = sr_id_parse(&id, (unsigned char *) ids[i].in, strlen(ids[i].in));
        assert_int_equal(rc, ids[i].id != 0 ? 0 : -1);

        if (rc == 0) {
            assert_true(id == ids[i].id);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_code_made),
        cmocka_unit_test(test_code_found),
        cmocka_unit_test(test_claim_code),
        cmocka_unit_test(test_bearer),
        cmocka_unit_test(test_bearer_length),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
