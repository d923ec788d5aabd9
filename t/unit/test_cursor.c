
/*
 * Cursors: what is written is read back, and nothing else is one.
 */


#include "sr_test.h"
#include "sr_cursor.h"


static const sr_cursor_t  cursors[] = {
    { { 0, 0 },                          0 },
    { { 1, 2 },                          1 },
    { { 839000000123456, 42 },           0 },
    { { SR_CURSOR_MAX, SR_CURSOR_MAX },  1 },
};


static const char  *others[] = {
    "",
    "AAAAAAAAAAAAAAAAAAAAAA",           /* too short, too long */
    "AAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAAA+",
    "AAAAAAAAAAAAAAAAAAAAAA\xc3",
    "AAAAAAAAAAAAAAAAAAAAAAB",          /* bits that are of no byte */
    "AgAAAAAAAAAAAAAAAAAAAAA",          /* a third way */
    "AEAAAAAAAAABAAAAAAAAAAA",          /* numbers that are too large */
    "AAAAAAAAAAAAQAAAAAAAAAE",
    "AP__________AAAAAAAAAAA",
    "AQAAAAAAAAAA__________8",
};


static void
test_pairs(void **state)
{
    size_t         i;
    sr_cursor_t    c;
    unsigned char  text[SR_CURSOR_LEN + 1];

    (void) state;

    for (i = 0; i < sr_test_count(cursors); i++) {

        text[SR_CURSOR_LEN] = '#';
        memset(&c, 0xff, sizeof(c));

        sr_cursor_write(text, &cursors[i]);

        assert_int_equal(text[SR_CURSOR_LEN], '#');
        assert_true(sr_cursor_is(text, SR_CURSOR_LEN));
        assert_int_equal(sr_cursor_read(&c, text, SR_CURSOR_LEN), 0);
        assert_true(c.keys[0] == cursors[i].keys[0]);
        assert_true(c.keys[1] == cursors[i].keys[1]);
        assert_int_equal(c.back, cursors[i].back);
    }
}


static void
test_others(void **state)
{
    size_t       i;
    sr_cursor_t  c;

    (void) state;

    for (i = 0; i < sr_test_count(others); i++) {

        memset(&c, 0, sizeof(c));

        if (sr_cursor_is((unsigned char *) others[i], strlen(others[i]))
            || sr_cursor_read(&c, (unsigned char *) others[i],
                              strlen(others[i]))
               != -1)
        {
            fail_msg("%s", others[i]);
        }

        assert_true(c.keys[0] == 0 && c.keys[1] == 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
