
/*
 * Phone numbers in E.164.
 */


#include "sr_test.h"
#include "sr_phone.h"


static const struct {
    const char  *in;
    const char  *out;           /* NULL: refused */
} numbers[] = {
    { "+14155550123",           "+14155550123"     },
    { "+1 (415) 555-0123",      "+14155550123"     },
    { "+49 30/1234.567",        "+49301234567"     },
    { " +1 415 555 0123 ",      "+14155550123"     },
    { "+1234567",               "+1234567"         },
    { "+123456789012345",       "+123456789012345" },
    { "+123456",                NULL               },
    { "+1234567890123456",      NULL               },
    { "+12345678901234567890",  NULL               },
    { "+0441234567",            NULL               },
    { "14155550123",            NULL               },
    { "0014155550123",          NULL               },
    { "++14155550123",          NULL               },
    { "+1415555o123",           NULL               },
    { "+1415;5550123",          NULL               },
    { "+",                      NULL               },
    { "",                       NULL               },
    { "- - -",                  NULL               },
};


static void
test_e164(void **state)
{
    int             n;
    char            dst[SR_PHONE_SIZE];
    size_t          i;
    sr_str_t        in;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(numbers); i++) {

        in = sr_test_copy(sr_test_pool(&pool, -1), numbers[i].in,
                          strlen(numbers[i].in));

        n = sr_phone_e164(dst, in.data, in.len);

        if (numbers[i].out == NULL) {
            assert_int_equal(n, -1);
            assert_int_equal(sr_phone_is_e164(in.data, in.len), 0);

        } else {
            sr_test_equal(dst, n, numbers[i].out);
            assert_int_equal(dst[n], '\0');
            assert_int_equal(sr_phone_is_e164(in.data, in.len),
                             strcmp(numbers[i].in, numbers[i].out) == 0);
        }

        sr_test_free(&pool);
    }

    assert_int_equal(sr_phone_e164(dst, (unsigned char *) "+1415555\0" "123",
                                   12), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_e164),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
