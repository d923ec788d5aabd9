
/*
 * The countries of phone numbers.
 */


#include "sr_test.h"
#include "sr_phone.h"


static const struct {
    const char  *number;
    const char  *country;       /* NULL: none */
} countries[] = {
    { "+14155550123",    "US" },
    { "+16045550123",    "CA" },
    { "+18765550123",    "JM" },
    { "+17875550123",    "PR" },
    { "+18005550123",    NULL },
    { "+15005550006",    NULL },
    { "+4915112345678",  "DE" },
    { "+4312345678",     "AT" },
    { "+447911123456",   "GB" },
    { "+447781123456",   "GG" },
    { "+441534123456",   "JE" },
    { "+441624123456",   "IM" },
    { "+79161234567",    "RU" },
    { "+77012345678",    "KZ" },
    { "+390669812345",   "VA" },
    { "+390612345678",   "IT" },
    { "+35812345678",    "FI" },
    { "+3581812345",     "AX" },
    { "+212528812345",   "EH" },
    { "+212612345678",   "MA" },
    { "+59991234567",    "CW" },
    { "+5997123456",     "BQ" },
    { "+8613012345678",  "CN" },
    { "+886912345678",   "TW" },
    { "+85212345678",    "HK" },
    { "+998901234567",   "UZ" },
    { "+2012345678",     "EG" },
    { "+1234567",        "US" },
    { "+80012345678",    NULL },
    { "+870123456789",   NULL },
    { "+881612345678",   NULL },
    { "+21012345678",    NULL },
    { "+99912345678",    NULL },
    { "14155550123",     NULL },
    { "+1",              NULL },
    { "",                NULL },
};


static void
test_countries(void **state)
{
    size_t          i;
    sr_str_t        number;
    const char     *country;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(countries); i++) {

        number = sr_test_copy(sr_test_pool(&pool, -1), countries[i].number,
                              strlen(countries[i].number));

        country = sr_phone_country(number.data, number.len);

        if (countries[i].country == NULL) {
            assert_null(country);

        } else {
            assert_non_null(country);
            assert_string_equal(country, countries[i].country);
        }

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_countries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
