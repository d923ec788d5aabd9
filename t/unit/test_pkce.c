
/*
 * PKCE: verifiers, challenges, and that they belong together.
 */


#include "sr_test.h"
#include "sr_pkce.h"


#define A43   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A128  A43 A43 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


/* the example of RFC 7636, appendix B */

static const char  verifier[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char  challenge[] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";


static const struct {
    const char  *in;
    int          rc;
} verifiers[] = {
    { verifier,                                          0 },
    { A43,                                               0 },
    { A128,                                              0 },
    { "-._~-._~-._~-._~-._~-._~-._~-._~-._~-._~AZ9",     0 },

    { "",                                               -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",     -1 },
    { A128 "a",                                         -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+",    -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/",    -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",    -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ",    -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%",    -1 },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4", -1 },
    { "\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",   -1 },
};


static const struct {
    const char  *in;
    int          rc;
} challenges[] = {
    { challenge,                                         0 },
    { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",     0 },
    { "__________________________________________8",     0 },

    /* the last digit holds two bits that are of no byte */
    { "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",    -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN",    -1 },

    { "",                                               -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c",     -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM=",   -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cMA",   -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",    -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw/cM",    -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=",    -1 },
    { "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw c=",    -1 },
};


static sr_str_t
str(const char *s)
{
    return (sr_str_t) { strlen(s), (unsigned char *) s };
}


static void
test_verifiers(void **state)
{
    size_t         i;
    unsigned char  dst[SR_SHA256_LEN];

    (void) state;

    for (i = 0; i < sr_test_count(verifiers); i++) {
        assert_int_equal(sr_pkce_verifier(dst, str(verifiers[i].in)),
                         verifiers[i].rc);
    }
}


static void
test_a_verifier_with_a_nul_is_none(void **state)
{
    char           text[] = A43;
    unsigned char  dst[SR_SHA256_LEN];

    (void) state;

    text[42] = '\0';

    assert_int_equal(sr_pkce_verifier(dst, (sr_str_t) { 43,
                                                 (unsigned char *) text }),
                     -1);
}


static void
test_challenges(void **state)
{
    size_t         i;
    unsigned char  dst[SR_SHA256_LEN];

    (void) state;

    for (i = 0; i < sr_test_count(challenges); i++) {
        assert_int_equal(sr_pkce_challenge(dst, str(challenges[i].in)),
                         challenges[i].rc);
    }
}


static void
test_a_verifier_belongs_to_its_challenge(void **state)
{
    unsigned char  a[SR_SHA256_LEN], b[SR_SHA256_LEN];

    (void) state;

    assert_int_equal(sr_pkce_verifier(a, str(verifier)), 0);
    assert_int_equal(sr_pkce_challenge(b, str(challenge)), 0);
    assert_memory_equal(a, b, SR_SHA256_LEN);

    assert_int_equal(sr_pkce_verifier(a, str(A43)), 0);
    assert_memory_not_equal(a, b, SR_SHA256_LEN);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_verifiers),
        cmocka_unit_test(test_a_verifier_with_a_nul_is_none),
        cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_a_verifier_belongs_to_its_challenge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
