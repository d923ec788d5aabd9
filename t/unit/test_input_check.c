
/*
 * Which fields are there: required, nullable, arrays, items, members.
 */


#include "sr_test.h"
#include "sr_input.h"


typedef struct {
    sr_str_t          a;
    int64_t           b;
} test_item_t;


typedef struct {
    sr_str_t          text;
    int64_t           n;
    sr_input_array_t  list;
    int               set;
} test_body_t;


#define ROW(name, type, flags, min, max, member, fields, item)                \
    { name, type, flags, min, max, offsetof(test_body_t, member),             \
      offsetof(test_body_t, set), NULL, NULL, fields, item }

#define END  { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }


static const sr_field_t  test_number = {
    NULL, SR_FIELD_INT, SR_FIELD_REQUIRED, 0, 0, 0, SR_FIELD_UNSET, NULL,
    NULL, NULL, 0
};


static const sr_field_t  test_string = {
    NULL, SR_FIELD_TEXT, SR_FIELD_NULLABLE, 0, 3, 0, SR_FIELD_UNSET, NULL,
    NULL, NULL, 0
};


static const sr_field_t  test_members[] = {
    { "a_b", SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 0,
      offsetof(test_item_t, a), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    { "b", SR_FIELD_INT, 0, 0, 9, offsetof(test_item_t, b), SR_FIELD_UNSET,
      NULL, NULL, NULL, 0 },
    END
};


static const sr_field_t  test_object = {
    NULL, SR_FIELD_OBJECT, SR_FIELD_REQUIRED, 0, 0, 0, SR_FIELD_UNSET, NULL,
    NULL, test_members, 0
};


static const sr_field_t  test_numbers = {
    NULL, SR_FIELD_ARRAY, 0, 0, 2, 0, SR_FIELD_UNSET, NULL, NULL,
    &test_number, sizeof(int64_t)
};


/* one field alone, "f" */

static const sr_field_t  required[] = {
    ROW("f", SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 0, text, NULL, 0), END
};

static const sr_field_t  optional[] = {
    ROW("f", SR_FIELD_TEXT, 0, 0, 0, text, NULL, 0), END
};

static const sr_field_t  nullable[] = {
    ROW("f", SR_FIELD_TEXT, SR_FIELD_NULLABLE, 1, 5, text, NULL, 0), END
};

static const sr_field_t  number[] = {
    ROW("f", SR_FIELD_INT, SR_FIELD_NULLABLE, 0, 0, n, NULL, 0), END
};

static const sr_field_t  array[] = {
    ROW("f", SR_FIELD_ARRAY, SR_FIELD_REQUIRED, 2, 3, list, &test_number, 8),
    END
};

static const sr_field_t  between[] = {
    ROW("f", SR_FIELD_ARRAY, SR_FIELD_BETWEEN, 2, 3, list, &test_number, 8),
    END
};

static const sr_field_t  distinct[] = {
    ROW("f", SR_FIELD_ARRAY, SR_FIELD_DISTINCT, 0, 9, list, &test_number, 8),
    END
};

static const sr_field_t  strings[] = {
    ROW("f", SR_FIELD_ARRAY, SR_FIELD_DISTINCT, 0, 9, list, &test_string,
        sizeof(sr_str_t)), END
};

static const sr_field_t  objects[] = {
    ROW("f_g", SR_FIELD_ARRAY, 0, 0, 2, list, &test_object,
        sizeof(test_item_t)), END
};

static const sr_field_t  arrays[] = {
    ROW("f", SR_FIELD_ARRAY, 0, 0, 2, list, &test_numbers,
        sizeof(sr_input_array_t)), END
};

static const sr_field_t  object[] = {
    ROW("f", SR_FIELD_OBJECT, SR_FIELD_REQUIRED, 0, 0, text, test_members, 0),
    END
};


#define REQUIRED  "The f field is required."


static const struct {
    const sr_field_t  *fields;
    const char        *body;
    int                set;
    const char        *errors[7];   /* path and text in turn; NULL ends */
} cases[] = {
    { required, "{\"f\":\"x\"}", 1, { NULL } },
    { required, "{\"f\":\" \"}", 1, { NULL } },
    { required, "{}", 0, { "f", REQUIRED } },
    { required, "", 0, { "f", REQUIRED } },
    { required, "{\"f\":null}", 0, { "f", REQUIRED } },
    { required, "{\"f\":\"\"}", 0, { "f", REQUIRED } },
    { required, "{\"f\":[]}", 0, { "f", "The f field must be a string." } },
    { required, "{\"f\":false}", 0,
      { "f", "The f field must be a string." } },

    { optional, "{}", 0, { NULL } },
    { optional, "{\"f\":\"\"}", 1, { NULL } },
    { optional, "{\"f\":null}", 0,
      { "f", "The f field must be a string." } },

    { nullable, "{\"f\":null}", 0, { NULL } },
    { nullable, "{\"f\":\"\"}", 0, { NULL } },
    { nullable, "{\"f\":\"x\"}", 1, { NULL } },
    { nullable, "{\"f\":0}", 0, { "f", "The f field must be a string." } },

    { number, "{\"f\":null}", 0, { NULL } },
    { number, "{\"f\":\"\"}", 0, { NULL } },
    { number, "{\"f\":0}", 1, { NULL } },
    { number, "{\"f\":[]}", 0, { "f", "The f field must be an integer." } },

    { array, "{\"f\":[1,2]}", 1, { NULL } },
    { array, "{\"f\":[]}", 0, { "f", REQUIRED } },
    { array, "{\"f\":null}", 0, { "f", REQUIRED } },
    { array, "{\"f\":[1]}", 1,
      { "f", "The f field must have at least 2 items." } },
    { array, "{\"f\":[1,2,3,4]}", 1,
      { "f", "The f field must not have more than 3 items." } },
    { array, "{\"f\":{\"0\":1}}", 0,
      { "f", "The f field must be an array." } },
    { array, "{\"f\":\"1,2\"}", 0, { "f", "The f field must be an array." } },
    { array, "{\"f\":[null,\"x\"]}", 1,
      { "f.0", "The f.0 field is required.",
        "f.1", "The f.1 field must be an integer." } },
    { array, "{\"f\":[[1],{\"a\":1}]}", 1,
      { "f.0", "The f.0 field must be an integer.",
        "f.1", "The f.1 field must be an integer." } },
    { array, "{\"f\":[1,2,3,\"not looked at\"]}", 1,
      { "f", "The f field must not have more than 3 items." } },

    { between, "{}", 0, { NULL } },
    { between, "{\"f\":[1]}", 1,
      { "f", "The f field must have between 2 and 3 items." } },
    { between, "{\"f\":[1,2,3,4]}", 1,
      { "f", "The f field must have between 2 and 3 items." } },

    { distinct, "{\"f\":[1,2,3]}", 1, { NULL } },
    { distinct, "{\"f\":[]}", 1, { NULL } },
    { distinct, "{\"f\":[1,2,\"1\"]}", 1,
      { "f.0", "The f.0 field has a duplicate value.",
        "f.2", "The f.2 field has a duplicate value." } },
    { distinct, "{\"f\":[\"x\",0,\"y\"]}", 1,
      { "f.0", "The f.0 field must be an integer.",
        "f.2", "The f.2 field must be an integer." } },

    { strings, "{\"f\":[\"a\",\"b\",\"ab\"]}", 1, { NULL } },
    { strings, "{\"f\":[\"a\",\"\\u0061\"]}", 1,
      { "f.0", "The f.0 field has a duplicate value.",
        "f.1", "The f.1 field has a duplicate value." } },
    { strings, "{\"f\":[null,null]}", 1, { NULL } },
    { strings, "{\"f\":[\"abcd\"]}", 1,
      { "f.0", "The f.0 field must not be greater than 3 characters." } },

    { objects, "{\"f_g\":[{\"a_b\":\"x\"},{\"a_b\":\"y\",\"b\":9}]}", 1,
      { NULL } },
    { objects, "{\"f_g\":[{\"b\":10},5]}", 1,
      { "f_g.0.a_b", "The f_g.0.a_b field is required.",
        "f_g.0.b", "The f_g.0.b field must not be greater than 9.",
        "f_g.1", "The f_g.1 field must be an array." } },
    { objects, "{\"f_g\":[{},[]]}", 1,
      { "f_g.0", "The f_g.0 field is required.",
        "f_g.1", "The f_g.1 field must be an array." } },

    { arrays, "{\"f\":[[1,2],[3]]}", 1, { NULL } },
    { arrays, "{\"f\":[[1,2,3],[\"x\"]]}", 1,
      { "f.0", "The f.0 field must not have more than 2 items.",
        "f.1.0", "The f.1.0 field must be an integer." } },

    { object, "{\"f\":{\"a_b\":\"x\",\"zz\":1}}", 1, { NULL } },
    { object, "{\"f\":{}}", 0, { "f", REQUIRED } },
    { object, "{\"f\":{\"zz\":1}}", 1,
      { "f.a_b", "The f.a_b field is required." } },
    { object, "{\"f\":[1]}", 0, { "f", "The f field must be an array." } },
    { object, "{\"f\":\"x\"}", 0, { "f", "The f field must be an array." } },
};


static void
test_cases(void **state)
{
    int             n, rc;
    size_t          i;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(cases); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);

        rc = sr_input_json(&in, (unsigned char *) cases[i].body,
                           strlen(cases[i].body), cases[i].fields, &out);

        for (n = 0; cases[i].errors[2 * n] != NULL; n++) {

            if (n == in.nerrors) {
                fail_msg("%s: an error is missing", cases[i].body);
            }

            sr_test_equal(in.errors[n].path.data, in.errors[n].path.len,
                          cases[i].errors[2 * n]);
            sr_test_equal(in.errors[n].text.data, in.errors[n].text.len,
                          cases[i].errors[2 * n + 1]);
        }

        if (n != in.nerrors) {
            fail_msg("%s: %s", cases[i].body, in.errors[n].text.data);
        }

        assert_int_equal(rc, n != 0);
        assert_int_equal(out.set, cases[i].set);

        sr_test_free(&pool);
    }
}


static void
test_values(void **state)
{
    test_item_t       *items;
    sr_input_t         in;
    test_body_t        out;
    const char        *body;
    sr_test_pool_t     pool;
    sr_input_array_t  *lists;

    (void) state;

    in.alloc = sr_test_pool(&pool, -1);
    body = "{\"f_g\":[{\"a_b\":\"x\"},{\"b\":9,\"a_b\":\"yz\"}]}";
    memset(&out, 0, sizeof(out));

    assert_int_equal(sr_input_json(&in, (unsigned char *) body, strlen(body),
                                   objects, &out), 0);

    items = out.list.items;
    assert_int_equal(out.list.n, 2);
    sr_test_equal(items[0].a.data, items[0].a.len, "x");
    assert_int_equal(items[0].b, 0);
    sr_test_equal(items[1].a.data, items[1].a.len, "yz");
    assert_int_equal(items[1].b, 9);

    body = "{\"f\":[[1,2],[]]}";
    memset(&out, 0, sizeof(out));

    assert_int_equal(sr_input_json(&in, (unsigned char *) body, strlen(body),
                                   arrays, &out), 0);

    lists = out.list.items;
    assert_int_equal(out.list.n, 2);
    assert_int_equal(lists[0].n, 2);
    assert_int_equal(((int64_t *) lists[0].items)[1], 2);
    assert_int_equal(lists[1].n, 0);

    sr_test_free(&pool);
}


/* values of a loose field, "t" or in the object "o" */

static const sr_field_t  loose_members[] = {
    { "t", SR_FIELD_TEXT, SR_FIELD_LOOSE | SR_FIELD_REPLACE, 0, 0,
      offsetof(test_body_t, text), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },
    END
};

static const sr_field_t  loose[] = {
    ROW("t", SR_FIELD_TEXT, SR_FIELD_LOOSE | SR_FIELD_REPLACE, 0, 0, text,
        NULL, 0),
    { "o", SR_FIELD_OBJECT, SR_FIELD_LOOSE, 0, 0, 0, SR_FIELD_UNSET, NULL,
      NULL, loose_members, 0 },
    END
};

static const struct {
    const char  *body;
    const char  *text;          /* NULL: none */
    int          set;
} loosely[] = {
    { "{\"t\":\"a\"}",               "a",       1 },
    { "{\"t\":\"\"}",                "",        1 },
    { "{\"t\":12}",                  "12",      1 },
    { "{\"t\":-1.50e3}",             "-1.50e3", 1 },
    { "{\"t\":\"a\\u0000\"}",        "a\xef\xbf\xbd", 1 },
    { "{\"t\":null}",                NULL,      0 },
    { "{\"t\":true}",                NULL,      0 },
    { "{\"t\":[1]}",                 NULL,      0 },
    { "{\"t\":{\"t\":1}}",           NULL,      0 },
    { "{\"o\":{\"t\":7}}",           "7",       0 },
    { "{\"o\":{\"t\":[\"x\"]}}",     NULL,      0 },
    { "{\"o\":[{\"t\":7}]}",         NULL,      0 },
    { "{\"o\":\"x\"}",               NULL,      0 },
    { "{\"o\":7}",                   NULL,      0 },
    { "{}",                          NULL,      0 },
};


static void
test_loose(void **state)
{
    size_t          i;
    sr_input_t      in;
    test_body_t     body;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(loosely); i++) {

        memset(&body, 0, sizeof(body));
        in.alloc = sr_test_pool(&pool, -1);

        assert_int_equal(sr_input_json(&in,
                                       (unsigned char *) loosely[i].body,
                                       strlen(loosely[i].body), loose, &body),
                         0);
        assert_int_equal(body.set, loosely[i].set);

        if (loosely[i].text == NULL) {
            assert_null(body.text.data);

        } else {
            sr_test_equal(body.text.data, body.text.len, loosely[i].text);
        }

        sr_test_free(&pool);
    }
}


/* null, and an empty string, that take a value away */

static const sr_field_t  cleared[] = {
    { "f", SR_FIELD_TEXT, SR_FIELD_NULLABLE | SR_FIELD_CLEAR, 0, 3,
      offsetof(test_body_t, text), offsetof(test_body_t, set), NULL, NULL,
      NULL, 0 },
    END
};

static const struct {
    const char  *body;
    const char  *text;          /* NULL: none */
    int          set;
} clearly[] = {
    { "{\"f\":null}",  NULL, 1 },
    { "{\"f\":\"\"}",  NULL, 1 },
    { "{\"f\":\"a\"}", "a",  1 },
    { "{}",            NULL, 0 },
    { "",              NULL, 0 },
};


static void
test_clear(void **state)
{
    size_t          i;
    sr_input_t      in;
    test_body_t     body;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(clearly); i++) {

        memset(&body, 0, sizeof(body));
        in.alloc = sr_test_pool(&pool, -1);

        assert_int_equal(sr_input_json(&in,
                                       (unsigned char *) clearly[i].body,
                                       strlen(clearly[i].body), cleared,
                                       &body),
                         0);
        assert_int_equal(body.set, clearly[i].set);

        if (clearly[i].text == NULL) {
            assert_null(body.text.data);

        } else {
            sr_test_equal(body.text.data, body.text.len, clearly[i].text);
        }

        sr_test_free(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_loose),
        cmocka_unit_test(test_clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
