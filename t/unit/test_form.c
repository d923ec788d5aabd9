
/*
 * Forms and query strings.
 */


#include "sr_test.h"
#include "sr_input.h"


#define PAIRS  8


static const struct {
    const char  *in;
    int          n;
    const char  *pairs[2 * PAIRS];
} forms[] = {
    { "", 0, { NULL } },
    { "&&&", 0, { NULL } },
    { "a=b", 1, { "a", "b" } },
    { "a=b&c=d", 2, { "a", "b", "c", "d" } },
    { "&a=b&&c=d&", 2, { "a", "b", "c", "d" } },
    { "a", 1, { "a", "" } },
    { "a=", 1, { "a", "" } },
    { "=b", 1, { "", "b" } },
    { "=", 1, { "", "" } },
    { "a=b=c", 1, { "a", "b=c" } },
    { "a+b=c+d", 1, { "a b", "c d" } },
    { "a=%2B1+%26%3d", 1, { "a", "+1 &=" } },
    { "%61%5B%5d=x", 1, { "a[]", "x" } },
    { "a=%", 1, { "a", "%" } },
    { "a=%2", 1, { "a", "%2" } },
    { "a=%g0%0g%%41", 1, { "a", "%g0%0g%A" } },
    { "a=%c3%A4\xc3\xa4", 1, { "a", "\xc3\xa4\xc3\xa4" } },
    { "a=%ff", 1, { "a", "\xff" } },
    { "a=1&a=2", 2, { "a", "1", "a", "2" } },
    { "1&2&3&4&5&6&7&8", 8, { "1", "", "2", "", "3", "", "4", "", "5", "",
                              "6", "", "7", "", "8", "" } },
    { "1&2&3&4&5&6&7&8&9", -1, { NULL } },
    { "1&2&3&4&5&6&7&8&", 8, { "1", "", "2", "", "3", "", "4", "", "5", "",
                               "6", "", "7", "", "8", "" } },
};


static void
test_pairs(void **state)
{
    int             n;
    size_t          i;
    sr_str_t        in;
    sr_pair_t       pairs[PAIRS];
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(forms); i++) {

        alloc = sr_test_pool(&pool, -1);
        in = sr_test_copy(alloc, forms[i].in, strlen(forms[i].in));

        n = sr_form_pairs(alloc, in.data, in.len, pairs, PAIRS);
        assert_int_equal(n, forms[i].n);

        while (n-- > 0) {
            sr_test_equal(pairs[n].name.data, pairs[n].name.len,
                          forms[i].pairs[2 * n]);
            sr_test_equal(pairs[n].value.data, pairs[n].value.len,
                          forms[i].pairs[2 * n + 1]);
        }

        sr_test_free(&pool);
    }

    alloc = sr_test_pool(&pool, 0);
    assert_int_equal(sr_form_pairs(alloc, (unsigned char *) "a=b", 3, pairs,
                                   PAIRS), -2);
}


static void
test_get(void **state)
{
    int              n;
    sr_pair_t        pairs[PAIRS];
    const char      *form;
    sr_test_pool_t   pool;
    const sr_str_t  *value;

    (void) state;

    form = "a=1&b=2&a=3&ab=4&c";

    n = sr_form_pairs(sr_test_pool(&pool, -1), (unsigned char *) form,
                      strlen(form), pairs, PAIRS);
    assert_int_equal(n, 5);

    value = sr_form_get(pairs, n, "a");
    sr_test_equal(value->data, value->len, "3");

    value = sr_form_get(pairs, n, "c");
    sr_test_equal(value->data, value->len, "");

    assert_null(sr_form_get(pairs, n, "d"));
    assert_null(sr_form_get(pairs, n, ""));
    assert_null(sr_form_get(pairs, 0, "a"));

    sr_test_free(&pool);
}


typedef struct {
    sr_str_t          text;
    int64_t           per_page;
    int               per_page_set;
    int               flag;
    int               choice;
    sr_str_t          from;
    sr_input_array_t  list;
} test_query_t;


static const char  *test_names[] = { "active", "disabled", NULL };


static const sr_field_t  test_item = {
    NULL, SR_FIELD_INT, 0, 0, 0, 0, SR_FIELD_UNSET, NULL, NULL, NULL, 0
};


static const sr_field_t  test_fields[] = {
    { "text", SR_FIELD_TEXT, SR_FIELD_REPLACE, 0, 3,
      offsetof(test_query_t, text), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "per_page", SR_FIELD_INT, SR_FIELD_NULLABLE|SR_FIELD_BETWEEN, 1, 100,
      offsetof(test_query_t, per_page), offsetof(test_query_t, per_page_set),
      NULL, NULL, NULL, 0 },

    { "flag", SR_FIELD_BOOL, 0, 0, 0, offsetof(test_query_t, flag),
      SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "status", SR_FIELD_ENUM, 0, 0, 0, offsetof(test_query_t, choice),
      SR_FIELD_UNSET, NULL, test_names, NULL, 0 },

    { "From", SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 20,
      offsetof(test_query_t, from), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "list", SR_FIELD_ARRAY, 0, 0, 0, offsetof(test_query_t, list),
      SR_FIELD_UNSET, NULL, NULL, &test_item, sizeof(int64_t) },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


static const struct {
    const char  *in;
    const char  *error;         /* the first one; NULL: none */
    const char  *text;
    int64_t      per_page;
} queries[] = {
    { "From=x", NULL, "", 0 },
    { "per_page=5&per_page=50&From=x&zz=1", NULL, "", 50 },
    { "per_page=&From=x", NULL, "", 0 },
    { "From=x&text=a%00%ff", NULL, "a\xef\xbf\xbd\xef\xbf\xbd", 0 },
    { "From=x&flag=1&status=disabled", NULL, "", 0 },
    { "From=x&text=%c3%a4%c3%b6%c3%bc", NULL, "\xc3\xa4\xc3\xb6\xc3\xbc", 0 },

    { "", "The From field is required.", NULL, 0 },
    { "From=", "The From field is required.", NULL, 0 },
    { "From=%00", "The From field format is invalid.", NULL, 0 },
    { "From=%ff", "The From field format is invalid.", NULL, 0 },
    { "From=x&text=abcd",
      "The text field must not be greater than 3 characters.", NULL, 0 },
    { "From=x&per_page=0", "The per page field must be between 1 and 100.",
      NULL, 0 },
    { "From=x&per_page=1.5", "The per page field must be an integer.",
      NULL, 0 },
    { "From=x&flag=true", "The flag field must be true or false.", NULL, 0 },
    { "From=x&status=Active", "The selected status is invalid.", NULL, 0 },
    { "From=x&list=1", "The list field must be an array.", NULL, 0 },
};


static void
test_fields_of_forms(void **state)
{
    int             rc;
    size_t          i;
    sr_str_t        in;
    sr_input_t      input;
    test_query_t    out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(queries); i++) {

        memset(&out, 0, sizeof(out));
        input.alloc = sr_test_pool(&pool, -1);
        in = sr_test_copy(input.alloc, queries[i].in, strlen(queries[i].in));

        rc = sr_input_form(&input, in.data, in.len, test_fields, &out);
        assert_int_equal(rc, queries[i].error != NULL);

        if (rc == 1) {
            sr_test_equal(input.errors[0].text.data, input.errors[0].text.len,
                          queries[i].error);

        } else {
            sr_test_equal(out.text.data, out.text.len, queries[i].text);
            assert_int_equal(out.per_page, queries[i].per_page);
            assert_int_equal(out.per_page_set, queries[i].per_page != 0);
        }

        sr_test_free(&pool);
    }
}


static void
test_no_memory(void **state)
{
    int             rc, left;
    sr_input_t      in;
    const char     *form;
    test_query_t    out;
    sr_test_pool_t  pool;

    (void) state;

    form = "From=&text=%ff%ff&flag=x&per_page=101";

    for (left = 0; left < 100; left++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, left);

        rc = sr_input_form(&in, (unsigned char *) form, strlen(form),
                           test_fields, &out);
        sr_test_free(&pool);

        if (rc != -2) {
            break;
        }
    }

    assert_int_equal(rc, 1);
    assert_int_equal(in.nerrors, 3);
    assert_int_equal(left, 3 + 2 * 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_fields_of_forms),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
