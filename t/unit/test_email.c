
/*
 * Addresses of mail.
 */


#include "sr_test.h"
#include "sr_email.h"


#define X10   "xxxxxxxxxx"
#define X63   X10 X10 X10 X10 X10 X10 "xxx"
#define X64   X63 "x"


static const struct {
    const char  *text;
    int          is;
} emails[] = {
    { "a@b",                                        1 },
    { "a.b+c_d-e@x-y.example",                      1 },
    { "!#$%&'*+-/=?^_`{|}~@b.example",              1 },
    { X64 "@b.example",                             1 },
    { "a@" X63 ".example",                          1 },
    { X64 "@" X63 "." X63 "." X10 X10 X10 X10 X10 X10 "x", 1 },
    { X64 "@" X63 "." X63 "." X10 X10 X10 X10 X10 X10 "xx", 0 },
    { X64 "x@b.example",                            0 },
    { "a@" X64 ".example",                          0 },
    { "",                                           0 },
    { "@",                                          0 },
    { "a",                                          0 },
    { "a@",                                         0 },
    { "@b.example",                                 0 },
    { "a@b@c.example",                              0 },
    { ".a@b.example",                               0 },
    { "a.@b.example",                               0 },
    { "a..b@b.example",                             0 },
    { "a@b..example",                               0 },
    { "a@.b.example",                               0 },
    { "a@b.example.",                               0 },
    { "a@-b.example",                               0 },
    { "a@b-.example",                               0 },
    { "a@b_c.example",                              0 },
    { "a@[192.0.2.1]",                              0 },
    { "\"a b\"@b.example",                          0 },
    { "a b@b.example",                              0 },
    { "a@b.example ",                               0 },
    { "<a@b.example>",                              0 },
    { "a@b.example>",                               0 },
    { "a@b.example\r\nDATA",                        0 },
    { "a\n@b.example",                              0 },
    { "a@b.example,c@d.example",                    0 },
    { "\xc3\xa4@b.example",                         0 },
    { "a@\xc3\xa4.example",                         0 },
};


static void
test_emails(void **state)
{
    size_t          i;
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(emails); i++) {
        alloc = sr_test_pool(&pool, -1);

        assert_int_equal(sr_email_is(sr_test_copy(alloc, emails[i].text,
                                                  strlen(emails[i].text))),
                         emails[i].is);

        sr_test_free(&pool);
    }
}


/* a NUL is a character as any other that has no place here */

static void
test_nul(void **state)
{
    static sr_str_t  local = sr_string("a\0b@c.example");
    static sr_str_t  domain = sr_string("a@b\0.example");

    (void) state;

    assert_int_equal(sr_email_is(local), 0);
    assert_int_equal(sr_email_is(domain), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_emails),
        cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
