
/*
 * The walk over a JSON body: what is malformed and where, how deep it goes,
 * which of several values counts.
 */


#include "sr_test.h"
#include "sr_input.h"


typedef struct {
    sr_str_t          text;
    int64_t           n;
    sr_input_array_t  list;         /* of int64_t */
    int               text_set;
} test_body_t;


static const sr_field_t  test_item = {
    NULL, SR_FIELD_INT, 0, 0, 0, 0, SR_FIELD_UNSET, NULL, NULL, NULL, 0
};


static const sr_field_t  test_fields[] = {
    { "text", SR_FIELD_TEXT, SR_FIELD_REPLACE, 0, 0,
      offsetof(test_body_t, text), offsetof(test_body_t, text_set), NULL,
      NULL, NULL, 0 },

    { "n", SR_FIELD_INT, 0, 0, 0, offsetof(test_body_t, n), SR_FIELD_UNSET,
      NULL, NULL, NULL, 0 },

    { "list", SR_FIELD_ARRAY, 0, 0, 0, offsetof(test_body_t, list),
      SR_FIELD_UNSET, NULL, NULL, &test_item, sizeof(int64_t) },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


static const struct {
    const char  *body;
    size_t       offset;
} malformed[] = {
    { " ",                        1  },
    { "{",                        1  },
    { "}",                        0  },
    { "[]",                       0  },
    { " [{}]",                    1  },
    { "\"x\"",                    0  },
    { "  12",                     2  },
    { "null",                     0  },
    { "{}{}",                     2  },
    { "{} x",                     3  },
    { "{\"n\":1}}",               7  },
    { "{\"n\":1,}",               7  },
    { "{\"n\" 1}",                5  },
    { "{\"n\":01}",               6  },
    { "{\"n\":tru}",              5  },
    { "{\"n\":nul",               8  },
    { "{\"n\":\"abc",             9  },
    { "{\"text\":\"a\nb\"}",      10 },
    { "{\"text\":\"\\x\"}",       10 },
    { "{\"n\":[1,2",              9  },
    { "{'n':1}",                  1  },
    { "{n:1}",                    1  },
    { "{1:1}",                    1  },
    { "/* */{}",                  0  },
    { "\xef\xbb\xbf{}",           0  },

    /* not UTF-8: the first byte that is not */
    { "{\"text\":\"\xff\"}",      9  },
    { "{\"text\":\"a\xc0\x80\"}", 10 },
    { "{\"text\":\"\xed\xa0\x80\"}", 9 },
    { "{\"\xff\":1}",             2  },
    { "{}\x80",                   2  },

    /* nested deeper than 8 */
    { "{\"x\":[[[[[[[[]]]]]]]]}", 12 },
    { "{\"n\":[[[[[[[[]]]]]]]]}", 12 },
    { "{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{\"x\":{}}}}}}}}}",
      40 },
};


static void
test_malformed(void **state)
{
    size_t          i;
    sr_str_t        body;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(malformed); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);
        body = sr_test_copy(in.alloc, malformed[i].body,
                            strlen(malformed[i].body));

        assert_int_equal(sr_input_json(&in, body.data, body.len, test_fields,
                                       &out), -1);

        if (in.offset != malformed[i].offset) {
            fail_msg("%s: %zu", malformed[i].body, in.offset);
        }

        sr_test_free(&pool);
    }
}


static void
test_raw_nul(void **state)
{
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    in.alloc = sr_test_pool(&pool, -1);

    assert_int_equal(sr_input_json(&in, (unsigned char *)
                                   "{\"text\":\"a\0b\"}", 14, test_fields,
                                   &out), -1);
    assert_int_equal(in.offset, 10);

    assert_int_equal(sr_input_json(&in, (unsigned char *) "{}\0", 3,
                                   test_fields, &out), -1);
    assert_int_equal(in.offset, 2);

    sr_test_free(&pool);
}


/* a body that is cut anywhere is malformed there, or before */

static void
test_cut(void **state)
{
    size_t          len;
    sr_str_t        body;
    sr_input_t      in;
    const char     *text;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    text = "{\"text\":\"a\\u00e4\\ud83d\\ude00\",\"n\":-12,\"list\":[1,true],"
           "\"x\":{\"y\":[null,1.5e3]}}";

    for (len = 1; len < strlen(text); len++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);
        body = sr_test_copy(in.alloc, text, len);

        assert_int_equal(sr_input_json(&in, body.data, body.len, test_fields,
                                       &out), -1);
        assert_true(in.offset <= len);

        sr_test_free(&pool);
    }
}


static const struct {
    const char  *body;
    const char  *text;
    int64_t      n;
    size_t       list;
} bodies[] = {
    { "",                                       NULL,     0,  0 },
    { "{}",                                     NULL,     0,  0 },
    { " {\r\n\t\"n\" : 5 } \n",                 NULL,     5,  0 },
    { "{\"text\":\"a\\n\\\"\\\\\\/b\"}",        "a\n\"\\/b", 0, 0 },
    { "{\"\\u0074ext\":\"x\"}",                 "x",      0,  0 },
    { "{\"text\":\"\\u00e4\\ud83d\\ude00\"}",
      "\xc3\xa4\xf0\x9f\x98\x80", 0, 0 },
    { "{\"text\":\"?\\ud800?\\u0000\"}",
      "?\xef\xbf\xbd?\xef\xbf\xbd", 0, 0 },
    { "{\"text\":\"\"}",                        "",       0,  0 },

    /* the last of several counts, also where an earlier one was wrong */
    { "{\"n\":1,\"n\":2}",                      NULL,     2,  0 },
    { "{\"n\":\"x\",\"n\":2}",                  NULL,     2,  0 },
    { "{\"n\":[1],\"n\":2}",                    NULL,     2,  0 },
    { "{\"list\":[\"x\"],\"list\":[1,2]}",      NULL,     0,  2 },
    { "{\"list\":{},\"list\":[1,2,3]}",         NULL,     0,  3 },

    /* what nobody asks for, and names that only look alike */
    { "{\"x\":{\"n\":7,\"list\":[\"n\"]},\"n\":3}", NULL, 3,  0 },
    { "{\"N\":7,\"n \":8,\"\":9,\"nn\":1}",     NULL,     0,  0 },
    { "{\"n\\u0000\":7}",                       NULL,     0,  0 },
    { "{\"\\ud800\":1,\"n\":4}",                NULL,     4,  0 },

    /* as deep as it may go */
    { "{\"x\":[[[[[[[]]]]]]],\"n\":6}",         NULL,     6,  0 },
};


static void
test_bodies(void **state)
{
    int             rc;
    size_t          i;
    sr_str_t        body;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(bodies); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);
        body = sr_test_copy(in.alloc, bodies[i].body, strlen(bodies[i].body));

        rc = sr_input_json(&in, body.data, body.len, test_fields, &out);

        if (rc != 0) {
            fail_msg("%s: %d", bodies[i].body, rc);
        }

        assert_int_equal(out.text_set, bodies[i].text != NULL);

        if (bodies[i].text != NULL) {
            sr_test_equal(out.text.data, out.text.len, bodies[i].text);
        }

        assert_int_equal(out.n, bodies[i].n);
        assert_int_equal(out.list.n, bodies[i].list);

        sr_test_free(&pool);
    }
}


/* long strings with and without escapes, whole and cut */

static void
test_long(void **state)
{
    char           *text;
    size_t          i, len;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (len = 1000; len < 100000; len *= 3) {

        in.alloc = sr_test_pool(&pool, -1);
        text = in.alloc.alloc(in.alloc.pool, len + 16);

        memcpy(text, "{\"text\":\"", 9);

        for (i = 9; i < len; i += 2) {
            memcpy(text + i, "\\n", 2);
        }

        memcpy(text + i, "\"}", 2);
        memset(&out, 0, sizeof(out));

        assert_int_equal(sr_input_json(&in, (unsigned char *) text, i + 2,
                                       test_fields, &out), 0);
        assert_int_equal(out.text.len, (i - 9) / 2);
        assert_int_equal(out.text.data[out.text.len - 1], '\n');

        assert_int_equal(sr_input_json(&in, (unsigned char *) text, i,
                                       test_fields, &out), -1);
        assert_int_equal(in.offset, i);

        sr_test_free(&pool);
    }
}


static const sr_field_t  test_raw_item = {
    NULL, SR_FIELD_JSON, 0, 0, 0, 0, SR_FIELD_UNSET, NULL, NULL, NULL, 0
};


static const sr_field_t  test_raw_fields[] = {
    { "raw", SR_FIELD_JSON, SR_FIELD_NULLABLE, 0, 40,
      offsetof(test_body_t, text), offsetof(test_body_t, text_set), NULL,
      NULL, NULL, 0 },

    { "n", SR_FIELD_INT, 0, 0, 0, offsetof(test_body_t, n), SR_FIELD_UNSET,
      NULL, NULL, NULL, 0 },

    { "list", SR_FIELD_ARRAY, 0, 0, 0, offsetof(test_body_t, list),
      SR_FIELD_UNSET, NULL, NULL, &test_raw_item, sizeof(sr_str_t) },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


#define RAW_FORMAT  "The raw field format is invalid."
#define RAW_TYPE    "The raw field must be an array."
#define RAW_MAX     "The raw field must not be greater than 40 characters."

static const struct {
    const char  *body;
    const char  *text;          /* NULL: none */
    const char  *error;
} raws[] = {
    { "{\"raw\":{}}",                        "{}",                   NULL },
    { "{\"raw\" :\t{ \"n\":7 }\n, \"n\":1}", "{ \"n\":7 }",        NULL },
    { "{\"n\":1,\"raw\":{\"a\":[{},[]]}}",   "{\"a\":[{},[]]}",      NULL },
    { "{\"raw\":{\"}\":\"{\\\"\"},\"n\":1}",  "{\"}\":\"{\\\"\"}",    NULL },
    { "{\"raw\":{\"\\u00e4\":\"\\ud83d\\ude00\"}}",
      "{\"\\u00e4\":\"\\ud83d\\ude00\"}", NULL },
    { "{\"raw\":{\"a\":-1.5e308,\"b\":1e-308}}",
      "{\"a\":-1.5e308,\"b\":1e-308}", NULL },
    { "{\"raw\":{\"a\":0123456789}}",        NULL,                   "" },
    { "{\"raw\":{\"a\":\"Ã¤Ã¤Ã¤Ã¤Ã¤Ã¤"
      "Ã¤Ã¤Ã¤Ã¤Ã¤Ã¤\"}}",
      "{\"a\":\"Ã¤Ã¤Ã¤Ã¤Ã¤Ã¤"
      "Ã¤Ã¤Ã¤Ã¤Ã¤Ã¤\"}", NULL },
    { "{\"raw\":null}",                      NULL,                   NULL },
    { "{}",                                  NULL,                   NULL },

    /* the last counts */
    { "{\"raw\":{\"a\":\"\\u0000\"},\"raw\":{}}", "{}",            NULL },
    { "{\"raw\":{\"a\":1},\"raw\":null}",    NULL,                   NULL },

    /* what jsonb refuses */
    { "{\"raw\":{\"a\":\"\\u0000\"}}",       NULL,             RAW_FORMAT },
    { "{\"raw\":{\"a\\u0000\":1}}",          NULL,             RAW_FORMAT },
    { "{\"raw\":{\"a\":{\"\\ud800\":1}}}",   NULL,             RAW_FORMAT },
    { "{\"raw\":{\"a\":[\"\\udc00\\ud800\"]}}", NULL,          RAW_FORMAT },
    { "{\"raw\":{\"a\":1e309}}",             NULL,             RAW_FORMAT },
    { "{\"raw\":{\"a\":[1E-99999999999]}}",  NULL,             RAW_FORMAT },

    { "{\"raw\":[]}",                        NULL,               RAW_TYPE },
    { "{\"raw\":\"{}\"}",                    NULL,               RAW_TYPE },
    { "{\"raw\":\"\"}",                      NULL,                   NULL },
    { "{\"raw\":1e999}",                     NULL,               RAW_TYPE },
    { "{\"raw\":true}",                      NULL,               RAW_TYPE },
    { "{\"raw\":{\"a\":\"bcdefghijklmnopqrstuvwxyzabcdefgh\"}}",
      NULL, RAW_MAX },

    /* what stands beside it does not count */
    { "{\"x\":{\"a\":\"\\u0000\",\"b\":1e999},\"raw\":{}}", "{}",
      NULL },
};


static void
test_raws(void **state)
{
    int             rc;
    size_t          i;
    sr_str_t        body;
    sr_input_t      in;
    const char     *error;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(raws); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);
        body = sr_test_copy(in.alloc, raws[i].body, strlen(raws[i].body));
        error = raws[i].error;

        rc = sr_input_json(&in, body.data, body.len, test_raw_fields, &out);

        if (rc != (error == NULL ? 0 : *error == '\0' ? -1 : 1)) {
            fail_msg("%s: %d", raws[i].body, rc);
        }

        if (rc == 1) {
            assert_int_equal(in.nerrors, 1);
            sr_test_equal(in.errors[0].text.data, in.errors[0].text.len,
                          error);
        }

        assert_int_equal(out.text_set, raws[i].text != NULL);

        if (raws[i].text != NULL) {
            sr_test_equal(out.text.data, out.text.len, raws[i].text);
        }

        sr_test_free(&pool);
    }
}


static void
test_raw_items(void **state)
{
    sr_str_t        body, *items;
    sr_input_t      in;
    const char     *text;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    text = "{\"list\":[{},{\"a\":{}},{\"b\":[]},{},{ } ,{\"c\":1}]}";

    memset(&out, 0, sizeof(out));
    in.alloc = sr_test_pool(&pool, -1);
    body = sr_test_copy(in.alloc, text, strlen(text));

    assert_int_equal(sr_input_json(&in, body.data, body.len, test_raw_fields,
                                   &out), 0);
    assert_int_equal(out.list.n, 6);

    items = out.list.items;
    sr_test_equal(items[1].data, items[1].len, "{\"a\":{}}");
    sr_test_equal(items[4].data, items[4].len, "{ }");
    sr_test_equal(items[5].data, items[5].len, "{\"c\":1}");

    sr_test_free(&pool);
}


/* far more items than anybody wants, and far more depth */

static void
test_hostile(void **state)
{
    char           *text;
    size_t          i, len;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    len = 1000000;
    in.alloc = sr_test_pool(&pool, -1);
    text = in.alloc.alloc(in.alloc.pool, len + 16);
    memset(&out, 0, sizeof(out));

    memcpy(text, "{\"list\":[1", 10);

    for (i = 10; i < len; i += 2) {
        memcpy(text + i, ",1", 2);
    }

    memcpy(text + i, "]}", 2);

    assert_int_equal(sr_input_json(&in, (unsigned char *) text, i + 2,
                                   test_fields, &out), 1);
    assert_int_equal(in.nerrors, 1);
    sr_test_equal(in.errors[0].text.data, in.errors[0].text.len,
                  "The list field must not have more than 1000 items.");

    memset(text, '[', len);
    memcpy(text, "{\"x\":", 5);

    assert_int_equal(sr_input_json(&in, (unsigned char *) text, len,
                                   test_fields, &out), -1);
    assert_int_equal(in.offset, 12);

    sr_test_free(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_raw_nul),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_raws),
        cmocka_unit_test(test_raw_items),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
