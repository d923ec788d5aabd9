
/*
 * JSON out: structure, escapes, numbers, lost writes.
 */


#include "sr_test.h"
#include "sr_json.h"


#define FFFD  "\xef\xbf\xbd"


static const struct {
    const char  *in;
    size_t       len;
    const char  *out;
} strings[] = {
    { "",                     0,   "\"\""                        },
    { "abc",                  3,   "\"abc\""                     },
    { "a\"b\\c/d",            7,   "\"a\\\"b\\\\c/d\""           },
    { "\b\f\n\r\t",           5,   "\"\\b\\f\\n\\r\\t\""         },
    { "\0\x01\x1f\x7f",       4,   "\"\\u0000\\u0001\\u001f\x7f\"" },
    { "\xc3\xa4\xf0\x9f\x98\x80", 6, "\"\xc3\xa4\xf0\x9f\x98\x80\"" },
    { "a\xff" "b",            3,   "\"a" FFFD "b\""              },
    { "\xed\xa0\x80",         3,   "\"" FFFD FFFD FFFD "\""      },
    { "x\xf0\x9f\x98",        4,   "\"x" FFFD "\""               },
    { "\"\"\"\"",             4,   "\"\\\"\\\"\\\"\\\"\""        },
};


static void
test_strings(void **state)
{
    size_t          i;
    sr_buf_t        b;
    sr_json_t       j;
    sr_alloc_t      alloc;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(strings); i++) {

        alloc = sr_test_pool(&pool, -1);
        sr_buf_init(&b, alloc, 1, 1000);
        sr_json_init(&j, &b);

        sr_json_str(&j, sr_test_copy(alloc, strings[i].in, strings[i].len));

        assert_int_equal(b.failed, 0);
        sr_test_equal(b.data, b.len, strings[i].out);

        sr_test_free(&pool);
    }
}


static const struct {
    int64_t      in;
    const char  *out;
} numbers[] = {
    { 0,                  "0"                    },
    { 7,                  "7"                    },
    { 10,                 "10"                   },
    { 99,                 "99"                   },
    { 100,                "100"                  },
    { 12345,              "12345"                },
    { -1,                 "-1"                   },
    { -1200,              "-1200"                },
    { INT64_MAX,          "9223372036854775807"  },
    { INT64_MIN,          "-9223372036854775808" },
};


static void
test_numbers(void **state)
{
    size_t          i;
    sr_buf_t        b;
    sr_json_t       j;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(numbers); i++) {

        sr_buf_init(&b, sr_test_pool(&pool, -1), 0, 100);
        sr_json_init(&j, &b);
        sr_json_int(&j, numbers[i].in);

        sr_test_equal(b.data, b.len, numbers[i].out);
        sr_test_free(&pool);
    }
}


/* every kind of value, first and following, in both kinds of nesting */

static void
test_document(void **state)
{
    sr_buf_t        b;
    sr_json_t       j;
    sr_str_t        raw = sr_string("{\"x\":[]}");
    sr_str_t        key = sr_string("k\"y");
    sr_test_pool_t  pool;

    (void) state;

    sr_buf_init(&b, sr_test_pool(&pool, -1), 4, 1000);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "a");
    sr_json_array(&j);
    sr_json_array_end(&j);
    sr_json_key(&j, "b");
    sr_json_array(&j);
    sr_json_int(&j, 1);
    sr_json_cstr(&j, "two");
    sr_json_bool(&j, 1);
    sr_json_bool(&j, 0);
    sr_json_null(&j);
    sr_json_object(&j);
    sr_json_object_end(&j);
    sr_json_array(&j);
    sr_json_raw(&j, raw);
    sr_json_raw(&j, raw);
    sr_json_array_end(&j);
    sr_json_time(&j, 0);
    sr_json_array_end(&j);
    sr_json_key_str(&j, key);
    sr_json_null(&j);
    sr_json_key(&j, "c");
    sr_json_int(&j, -5);
    sr_json_object_end(&j);

    assert_int_equal(b.failed, 0);
    sr_test_equal(b.data, b.len,
                  "{\"a\":[],\"b\":[1,\"two\",true,false,null,{},"
                  "[{\"x\":[]},{\"x\":[]}],\"1970-01-01T00:00:00Z\"],"
                  "\"k\\\"y\":null,\"c\":-5}");

    sr_test_free(&pool);
}


/* at each ceiling: never beyond, and failed unless all of it is there */

static void
test_ceilings(void **state)
{
    size_t          max;
    sr_buf_t        b;
    sr_json_t       j;
    sr_test_pool_t  pool;

    (void) state;

    for (max = 0; max < 64; max++) {

        sr_buf_init(&b, sr_test_pool(&pool, -1), 0, max);
        sr_json_init(&j, &b);

        sr_json_object(&j);
        sr_json_key(&j, "name");
        sr_json_cstr(&j, "a\"\xff\n");
        sr_json_key(&j, "n");
        sr_json_int(&j, 123456);
        sr_json_object_end(&j);

        assert_true(b.len <= max);

        if (!b.failed) {
            sr_test_equal(b.data, b.len,
                          "{\"name\":\"a\\\"" FFFD "\\n\",\"n\":123456}");
        }

        sr_test_free(&pool);
    }

    assert_int_equal(b.failed, 0);
}


static const struct {
    const char  *json;
    const char  *value;             /* of "a"; NULL: none */
} members[] = {
    { "{}",                                         NULL },
    { " { } ",                                      NULL },
    { "{\"a\":1}",                                  "1" },
    { "{\"a\":-1.5e+3}",                            "-1.5e+3" },
    { "{ \"a\" : true , \"b\" : 2 }",               "true" },
    { "{\"b\":{\"a\":1}}",                          NULL },
    { "{\"b\":[{\"a\":1},\"a\"],\"a\":null}",       "null" },
    { "{\"ab\":1,\"\":2,\"b\":\"a\"}",              NULL },
    { "{\"a\":{\"x\":[1,{\"y\":\"}]\"}]},\"b\":1}",
      "{\"x\":[1,{\"y\":\"}]\"}]}" },
    { "{\"a\": [ ] }",                              "[ ]" },
    { "{\"a\":\"x\\\"y\\\\\",\"b\":1}",            "\"x\\\"y\\\\\"" },
    { "{\"\\\"a\":1,\"a\":\"\"}",                    "\"\"" },
    { "{\"a\":1,\"a\":2}",                          "2" },
};


static void
test_member(void **state)
{
    size_t          i;
    sr_str_t        json, value;
    sr_test_pool_t  pool;

    for (i = 0; i < sr_test_count(members); i++) {

        json = sr_test_copy(sr_test_pool(&pool, -1), members[i].json,
                            strlen(members[i].json));

        if (members[i].value == NULL) {
            assert_int_equal(sr_json_member(json, "a", &value), 0);

        } else {
            assert_int_equal(sr_json_member(json, "a", &value), 1);
            sr_test_equal(value.data, value.len, members[i].value);
        }

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
