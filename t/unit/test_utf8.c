
/*
 * UTF-8: what is valid, how long it is, where it may be cut.
 */


#include "sr_test.h"
#include "sr_utf8.h"


#define FFFD  SR_UTF8_REPLACEMENT


static const struct {
    const char  *in;
    int          length;        /* in characters, -1: not valid */
    int          valid;         /* bytes of the valid beginning */
    const char  *clean;
} texts[] = {
    { "",                          0,   0,  ""                      },
    { "abc",                       3,   3,  "abc"                   },
    { "12345678abcdefgh9",         17,  17, "12345678abcdefgh9"     },
    { "\xc3\xa4",                  1,   2,  "\xc3\xa4"              },
    { "\xe2\x82\xac",              1,   3,  "\xe2\x82\xac"          },
    { "\xf0\x9f\x98\x80",          1,   4,  "\xf0\x9f\x98\x80"      },
    { "\xf4\x8f\xbf\xbf",          1,   4,  "\xf4\x8f\xbf\xbf"      },
    { "\xed\x9f\xbf\xee\x80\x80",  2,   6,  "\xed\x9f\xbf\xee\x80\x80" },
    { "12345678\xc3\xa4" "12345678", 17, 18, "12345678\xc3\xa4" "12345678" },

    /* overlong */
    { "\xc0\x80",                  -1,  0,  FFFD FFFD               },
    { "\xc1\xbf",                  -1,  0,  FFFD FFFD               },
    { "\xe0\x80\xaf",              -1,  0,  FFFD FFFD FFFD          },
    { "\xf0\x80\x80\xaf",          -1,  0,  FFFD FFFD FFFD FFFD     },

    /* surrogates */
    { "a\xed\xa0\x80",             -1,  1,  "a" FFFD FFFD FFFD      },
    { "\xed\xbf\xbf",              -1,  0,  FFFD FFFD FFFD          },

    /* beyond U+10FFFF */
    { "\xf4\x90\x80\x80",          -1,  0,  FFFD FFFD FFFD FFFD     },
    { "\xf5\x80\x80\x80",          -1,  0,  FFFD FFFD FFFD FFFD     },
    { "\xff",                      -1,  0,  FFFD                    },

    /* cut short: one character for the longest beginning */
    { "ab\xc3",                    -1,  2,  "ab" FFFD               },
    { "\xe2\x82",                  -1,  0,  FFFD                    },
    { "\xf0\x9f\x98",              -1,  0,  FFFD                    },
    { "\xf0\x9f\x98x",             -1,  0,  FFFD "x"                },
    { "12345678\x80x",             -1,  8,  "12345678" FFFD "x"     },
};


static void
test_texts(void **state)
{
    size_t          i, len;
    sr_str_t        in;
    unsigned char   clean[64];
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(texts); i++) {

        in = sr_test_copy(sr_test_pool(&pool, -1), texts[i].in,
                          strlen(texts[i].in));

        assert_int_equal(sr_utf8_length(in.data, in.len), texts[i].length);
        assert_int_equal(sr_utf8_valid(in.data, in.len), texts[i].valid);

        len = sr_utf8_clean(clean, in.data, in.len);
        sr_test_equal(clean, len, texts[i].clean);

        sr_test_free(&pool);
    }
}


static void
test_clean_nul(void **state)
{
    size_t         len;
    unsigned char  clean[16];

    (void) state;

    len = sr_utf8_clean(clean, (unsigned char *) "a\0b", 3);
    sr_test_equal(clean, len, "a" FFFD "b");

    /* a NUL is valid UTF-8 all the same */

    assert_int_equal(sr_utf8_length((unsigned char *) "a\0b", 3), 3);
}


static const struct {
    const char  *in;
    size_t       n;
    size_t       cut;
} cuts[] = {
    { "abc",                   0,  0 },
    { "abc",                   2,  2 },
    { "abc",                   3,  3 },
    { "abc",                   9,  3 },
    { "\xc3\xa4\xc3\xb6",      1,  2 },
    { "a\xf0\x9f\x98\x80" "b", 2,  5 },
    { "",                      5,  0 },
};


static void
test_cut(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(cuts); i++) {
        assert_int_equal(sr_utf8_cut((unsigned char *) cuts[i].in,
                                     strlen(cuts[i].in), cuts[i].n),
                         cuts[i].cut);
    }
}


/* every code point there is, and every one that there is not */

static void
test_all(void **state)
{
    unsigned       c;
    ptrdiff_t      n;
    unsigned char  b[4];

    (void) state;

    for (c = 0; c < 0x120000; c++) {

        b[0] = 0xf0 | c >> 18;
        b[1] = 0x80 | (c >> 12 & 0x3f);
        b[2] = 0x80 | (c >> 6 & 0x3f);
        b[3] = 0x80 | (c & 0x3f);

        n = (c >= 0x10000 && c <= 0x10ffff) ? 1 : -1;
        assert_int_equal(sr_utf8_length(b, 4), n);

        if (c >= 0x10000) {
            continue;
        }

        b[1] = 0xe0 | c >> 12;
        n = (c >= 0x800 && (c < 0xd800 || c > 0xdfff)) ? 1 : -1;
        assert_int_equal(sr_utf8_length(b + 1, 3), n);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_clean_nul),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
