
/*
 * Values by their types: what each takes, and the texts of what it does not.
 */


#include "sr_test.h"
#include "sr_input.h"
#include "sr_phone.h"
#include "sr_token.h"
#include "sr_url.h"


typedef union {
    sr_str_t   text;
    sr_uuid_t  uuid;
    int64_t    n;
    int        b;
} test_value_t;


static const char  *test_names[] = { "always", "lock_required", NULL };


#define FIELD(name, type, flags, min, max, pattern, names)                    \
    static const sr_field_t  name[] = {                                       \
        { "f_g", type, flags, min, max, 0, SR_FIELD_UNSET, pattern, names,    \
          NULL, 0 },                                                          \
        { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }                       \
    }

FIELD(text, SR_FIELD_TEXT, 0, 0, 5, NULL, NULL);
FIELD(text_min, SR_FIELD_TEXT, 0, 2, 0, NULL, NULL);
FIELD(text_between, SR_FIELD_TEXT, SR_FIELD_BETWEEN, 2, 3, NULL, NULL);
FIELD(text_replace, SR_FIELD_TEXT, SR_FIELD_REPLACE, 1, 5, NULL, NULL);
FIELD(text_pattern, SR_FIELD_TEXT, 0, 0, 20, sr_phone_is_e164, NULL);
FIELD(email, SR_FIELD_EMAIL, 0, 0, 30, NULL, NULL);
FIELD(url, SR_FIELD_URL, 0, 0, 20, NULL, NULL);
FIELD(url_public, SR_FIELD_URL, 0, 0, 20, sr_url_is_public, NULL);
FIELD(uuid, SR_FIELD_UUID, 0, 0, 0, NULL, NULL);
FIELD(e164, SR_FIELD_E164, 0, 0, 0, NULL, NULL);
FIELD(integer, SR_FIELD_INT, 0, 0, 0, NULL, NULL);
FIELD(integer_min_max, SR_FIELD_INT, 0, 1, 10, NULL, NULL);
FIELD(integer_between, SR_FIELD_INT, SR_FIELD_BETWEEN, 0, 100, NULL, NULL);
FIELD(integer_negative, SR_FIELD_INT, 0, -5, 0, NULL, NULL);
FIELD(boolean, SR_FIELD_BOOL, 0, 0, 0, NULL, NULL);
FIELD(date, SR_FIELD_TIME, 0, 0, 0, NULL, NULL);
FIELD(choice, SR_FIELD_ENUM, 0, 0, 0, NULL, test_names);


#define STRING   "The f g field must be a string."
#define FORMAT   "The f g field format is invalid."
#define INTEGER  "The f g field must be an integer."
#define BOOLEAN  "The f g field must be true or false."
#define DATE     "The f g field must be a valid date."
#define UUID     "The f g field must be a valid UUID."
#define EMAIL    "The f g field must be a valid email address."
#define LINK     "The f g field must be a valid URL."
#define CHOICE   "The selected f g is invalid."
#define MAX5     "The f g field must not be greater than 5 characters."
#define BETWEEN  "The f g field must be between 2 and 3 characters."
#define PERCENT  "The f g field must be between 0 and 100."


static const struct {
    const sr_field_t  *fields;
    const char        *value;
    const char        *error;       /* NULL: taken */
} cases[] = {
    { text, "\"abcde\"", NULL },
    { text, "\"\xc3\xa4\xc3\xb6\xf0\x9f\x98\x80\xe2\x82\xac\\u00df\"", NULL },
    { text, "\"\\ud83d\\ude00abcd\"", NULL },
    { text, "\"abcdef\"", MAX5 },
    { text, "\"\xf0\x9f\x98\x80" "abcde\"", MAX5 },
    { text, "1", STRING },
    { text, "true", STRING },
    { text, "null", STRING },
    { text, "[]", STRING },
    { text, "{}", STRING },
    { text, "\"a\\u0000b\"", FORMAT },
    { text, "\"\\ud800\"", FORMAT },
    { text, "\"\\udc00\\ud800\"", FORMAT },
    { text, "\"\\u0001\\ufffd\"", NULL },
    { text_min, "\"ab\"", NULL },
    { text_min, "\"a\"", "The f g field must be at least 2 characters." },
    { text_between, "\"abc\"", NULL },
    { text_between, "\"a\"", BETWEEN },
    { text_between, "\"abcd\"", BETWEEN },
    { text_replace, "\"\\u0000\\ud800\"", NULL },
    { text_replace, "\"\\u0000\\ud800abcd\"", MAX5 },
    { text_replace, "\"\"", "The f g field must be at least 1 characters." },
    { text_pattern, "\"+14155550123\"", NULL },
    { text_pattern, "\"4155550123\"", FORMAT },
    { text_pattern, "\"123456789012345678901\"",
      "The f g field must not be greater than 20 characters." },

    { email, "\"a@b.de\"", NULL },
    { email, "\"a.b+c_d-e@x-y.example\"", NULL },
    { email, "\"root@localhost\"", NULL },
    { email, "\"abcdefghij@abcdefghij.abcdefghij\"",
      "The f g field must not be greater than 30 characters." },
    { email, "\"a\"", EMAIL },
    { email, "\"@b.de\"", EMAIL },
    { email, "\"a@\"", EMAIL },
    { email, "\"a@b@c.de\"", EMAIL },
    { email, "\".a@b.de\"", EMAIL },
    { email, "\"a.@b.de\"", EMAIL },
    { email, "\"a..b@b.de\"", EMAIL },
    { email, "\"a b@b.de\"", EMAIL },
    { email, "\"a@b..de\"", EMAIL },
    { email, "\"a@.b.de\"", EMAIL },
    { email, "\"a@b.de.\"", EMAIL },
    { email, "\"a@-b.de\"", EMAIL },
    { email, "\"a@b-.de\"", EMAIL },
    { email, "\"a@b_c.de\"", EMAIL },
    { email, "\"a@b.de\\r\\nBcc: c@d.de\"", EMAIL },
    { email, "\"a\\u0000@b.de\"", EMAIL },
    { email, "\"\xc3\xa4@b.de\"", EMAIL },
    { email, "\"\"", EMAIL },
    { email, "1", EMAIL },

    { url, "\"https://example.com\"", NULL },
    { url, "\"https://example.com/x\"",
      "The f g field must not be greater than 20 characters." },
    { url, "\"ftp://x\"", LINK },
    { url, "\"http://x\\u0000\"", LINK },
    { url, "1", LINK },
    { url_public, "\"http://a.example\"", NULL },
    { url_public, "\"http://[::1]\"", FORMAT },
    { url_public, "\"http://10.0.0.1\"", FORMAT },
    { url_public, "\"http://10.1\"", FORMAT },
    { url_public, "\"//a.example\"", LINK },

    { uuid, "\"123e4567-e89b-12d3-a456-426614174000\"", NULL },
    { uuid, "\"123e4567e89b12d3a456426614174000\"", UUID },
    { uuid, "1", UUID },
    { uuid, "\"\"", UUID },

    { e164, "\"+14155550123\"", NULL },
    { e164, "\"+1 415 555 0123\"", FORMAT },
    { e164, "\"\"", FORMAT },
    { e164, "14155550123", STRING },

    { integer, "0", NULL },
    { integer, "-0", NULL },
    { integer, "9223372036854775807", NULL },
    { integer, "-9223372036854775808", NULL },
    { integer, "\"5\"", NULL },
    { integer, "\"-5\"", NULL },
    { integer, "\"+5\"", NULL },
    { integer, "9223372036854775808", INTEGER },
    { integer, "-9223372036854775809", INTEGER },
    { integer, "1e3", INTEGER },
    { integer, "5.0", INTEGER },
    { integer, "1.5", INTEGER },
    { integer, "\"\"", INTEGER },
    { integer, "\"-\"", INTEGER },
    { integer, "\"+\"", INTEGER },
    { integer, "\"05\"", INTEGER },
    { integer, "\"-05\"", INTEGER },
    { integer, "\" 5\"", INTEGER },
    { integer, "\"5 \"", INTEGER },
    { integer, "\"0x5\"", INTEGER },
    { integer, "\"5\\u0000\"", INTEGER },
    { integer, "\"18446744073709551617\"", INTEGER },
    { integer, "true", INTEGER },
    { integer, "null", INTEGER },
    { integer_min_max, "1", NULL },
    { integer_min_max, "10", NULL },
    { integer_min_max, "0", "The f g field must be at least 1." },
    { integer_min_max, "11", "The f g field must not be greater than 10." },
    { integer_between, "0", NULL },
    { integer_between, "100", NULL },
    { integer_between, "-1", PERCENT },
    { integer_between, "\"101\"", PERCENT },
    { integer_negative, "-5", NULL },
    { integer_negative, "-6", "The f g field must be at least -5." },
    { integer_negative, "1", "The f g field must not be greater than 0." },

    { boolean, "true", NULL },
    { boolean, "false", NULL },
    { boolean, "0", NULL },
    { boolean, "1", NULL },
    { boolean, "\"0\"", NULL },
    { boolean, "\"1\"", NULL },
    { boolean, "2", BOOLEAN },
    { boolean, "1.0", BOOLEAN },
    { boolean, "\"true\"", BOOLEAN },
    { boolean, "\"\"", BOOLEAN },
    { boolean, "null", BOOLEAN },

    { date, "\"2026-01-02T03:04:05.678+01:00\"", NULL },
    { date, "\"2026-02-30T03:04:05Z\"", DATE },
    { date, "\"tomorrow\"", DATE },
    { date, "1767323045", DATE },

    { choice, "\"always\"", NULL },
    { choice, "\"lock_required\"", NULL },
    { choice, "\"Always\"", CHOICE },
    { choice, "\"alway\"", CHOICE },
    { choice, "\"\"", CHOICE },
    { choice, "0", CHOICE },
};


static void
test_cases(void **state)
{
    int             n, rc;
    char            body[256];
    size_t          i;
    sr_input_t      in;
    test_value_t    out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(cases); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);

        n = snprintf(body, sizeof(body), "{\"f_g\":%s}", cases[i].value);
        rc = sr_input_json(&in, (unsigned char *) body, n, cases[i].fields,
                           &out);

        if (rc != (cases[i].error != NULL)) {
            fail_msg("%s: %d", body, rc);
        }

        if (rc == 1) {
            sr_test_equal(in.errors[0].text.data, in.errors[0].text.len,
                          cases[i].error);
        }

        sr_test_free(&pool);
    }
}


static const struct {
    const sr_field_t  *fields;
    const char        *value;
    int64_t            n;
} numbers[] = {
    { integer, "-0", 0 },
    { integer, "\"+5\"", 5 },
    { integer, "9223372036854775807", INT64_MAX },
    { integer, "-9223372036854775808", INT64_MIN },
    { date, "\"2026-01-02T03:04:05.678+01:00\"", 1767319445678000 },
};


static void
test_numbers(void **state)
{
    int             n;
    char            body[256];
    size_t          i;
    sr_input_t      in;
    test_value_t    out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(numbers); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);

        n = snprintf(body, sizeof(body), "{\"f_g\":%s}", numbers[i].value);

        assert_int_equal(sr_input_json(&in, (unsigned char *) body, n,
                                       numbers[i].fields, &out), 0);
        assert_true(out.n == numbers[i].n);

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
