
/*
 * The inside of JSON strings.
 */


#include "sr_test.h"
#include "sr_input_node.h"


#define FFFD  "\xef\xbf\xbd"


static const struct {
    const char  *in;
    const char  *out;
    unsigned     flawed;
} cases[] = {
    { "",                            "",                          0 },
    { "abc",                         "abc",                       0 },
    { "\\b\\f\\n\\r\\t\\\"\\\\\\/",  "\b\f\n\r\t\"\\/",           0 },
    { "a\\nb\\nc",                   "a\nb\nc",                   0 },
    { "\\u0041\\u00e4\\u20AC",       "A\xc3\xa4\xe2\x82\xac",     0 },
    { "\\u0001\\u007f\\u0080",       "\x01\x7f\xc2\x80",          0 },
    { "\\u07ff\\u0800\\uffff",       "\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 0 },
    { "\\ud83d\\ude00",              "\xf0\x9f\x98\x80",          0 },
    { "\\uD800\\uDC00",              "\xf0\x90\x80\x80",          0 },
    { "\\udbff\\udfff",              "\xf4\x8f\xbf\xbf",          0 },
    { "\\ufffd",                     FFFD,                        0 },
    { "?",                           "?",                         0 },

    { "\\u0000",                     FFFD,                        1 },
    { "\\ud800",                     FFFD,                        1 },
    { "\\udfff",                     FFFD,                        1 },
    { "\\ud800x",                    FFFD "x",                    1 },
    { "\\ud800\\n",                  FFFD "\n",                   1 },
    { "\\ud800\\u0041",              FFFD "A",                    1 },
    { "\\ud800\\ud83d\\ude00",       FFFD "\xf0\x9f\x98\x80",     1 },
    { "\\ude00\\ud83d",              FFFD FFFD,                   1 },
    { "\\ud83d\\ude00\\ude00",       "\xf0\x9f\x98\x80" FFFD,     1 },
    { "\\ud800\\u0000",              FFFD FFFD,                   1 },
};


static void
test_cases(void **state)
{
    size_t           i, len;
    unsigned         flawed;
    sr_str_t         in;
    sr_alloc_t       alloc;
    unsigned char   *out;
    sr_test_pool_t   pool;

    (void) state;

    for (i = 0; i < sr_test_count(cases); i++) {

        alloc = sr_test_pool(&pool, -1);
        in = sr_test_copy(alloc, cases[i].in, strlen(cases[i].in));
        out = alloc.alloc(alloc.pool, in.len != 0 ? in.len : 1);

        len = sr_input_unescape(out, in.data, in.len, &flawed);

        sr_test_equal(out, len, cases[i].out);
        assert_int_equal(flawed, cases[i].flawed);

        sr_test_free(&pool);
    }
}


/* what is not well-formed does no harm */

static void
test_cut(void **state)
{
    size_t           len;
    unsigned         flawed;
    sr_str_t         in;
    sr_alloc_t       alloc;
    const char      *text;
    unsigned char   *out;
    sr_test_pool_t   pool;

    (void) state;

    text = "a\\ud83d\\ude00\\q";

    for (len = 0; len <= strlen(text); len++) {

        alloc = sr_test_pool(&pool, -1);
        in = sr_test_copy(alloc, text, len);
        out = alloc.alloc(alloc.pool, in.len != 0 ? in.len : 1);

        assert_true(sr_input_unescape(out, in.data, in.len, &flawed) <= len);

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
