
/*
 * The headers that an integration may add: names, values, and maps of them in
 * a body.
 */


#include "sr_test.h"
#include "sr_header.h"
#include "sr_input.h"
#include "sr_limits.h"


static const struct {
    const char  *name;
    int          rc;
} names[] = {
    { "X-Token",               1 },
    { "Authorization",         1 },
    { "User-Agent",            1 },
    { "Accept",                1 },
    { "x",                     1 },
    { "!#$%&'*+-.^_`|~09aZ",   1 },
    { "Proxy",                 1 },
    { "X-Proxy-A",             1 },
    { "Hosts",                 1 },

    { "",                      0 },
    { "X A",                   0 },
    { "X-A ",                  0 },
    { " X-A",                  0 },
    { "X-A:",                  0 },
    { "X-A\r\nX-B",            0 },
    { "X-\xc3\xa4",            0 },
    { "X(A)",                  0 },
    { "X;",                    0 },
    { "\x7f",                  0 },

    { "host",                 -1 },
    { "HOST",                 -1 },
    { "Content-Length",       -1 },
    { "content-type",         -1 },
    { "Content-Encoding",     -1 },
    { "Transfer-Encoding",    -1 },
    { "Connection",           -1 },
    { "Keep-Alive",           -1 },
    { "TE",                   -1 },
    { "Trailer",              -1 },
    { "Upgrade",              -1 },
    { "HTTP2-Settings",       -1 },
    { "Expect",               -1 },
    { "Proxy-Authorization",  -1 },
    { "proxy-connection",     -1 },
    { "Proxy-",               -1 },
    { "webhook-id",           -1 },
    { "Webhook-Timestamp",    -1 },
    { "WEBHOOK-SIGNATURE",    -1 },
    { "X-SimRelay-Signature", -1 },
};


static const struct {
    const char  *value;
    int          rc;
} values[] = {
    { "",              1 },
    { "Bearer a.b-c",  1 },
    { "a\tb",          1 },
    { "a: b; \"c\"",   1 },
    { "\xc3\xa4",      1 },
    { "a\rb",          0 },
    { "a\nb",          0 },
    { "a\r\nX-B: c",   0 },
    { "\x01",          0 },
    { "a\x7f",         0 },
    { "\x1b[0m",       0 },
};


typedef struct {
    sr_input_array_t  headers;
    int               set;
} test_body_t;


static const sr_field_t  value[] = {
    { .name = "", .type = SR_FIELD_TEXT, .max = 5,
      .pattern = sr_header_value, .offset = offsetof(sr_pair_t, value),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  fields[] = {
    { .name = "h", .type = SR_FIELD_MAP,
      .flags = SR_FIELD_NULLABLE | SR_FIELD_DISTINCT, .max = 3,
      .pattern = sr_header_name, .offset = offsetof(test_body_t, headers),
      .set = offsetof(test_body_t, set), .fields = value,
      .item = sizeof(sr_pair_t) },
    { .name = NULL }
};


#define ARRAY  { "h", "The h field must be an array." }


static const struct {
    const char  *body;
    const char  *pairs;             /* as `name=value,` */
    int          set;
    const char  *errors[9];         /* path and text in turn; NULL ends */
} cases[] = {
    { "{}", "", 0, { NULL } },
    { "{\"h\":null}", "", 0, { NULL } },
    { "{\"h\":\"\"}", "", 0, { NULL } },
    { "{\"h\":{}}", "", 1, { NULL } },
    { "{\"h\":[]}", "", 1, { NULL } },
    { "{\"h\":[ \n]}", "", 1, { NULL } },
    { "{\"h\":{\"A\":\"b\"}}", "A=b,", 1, { NULL } },
    { "{\"h\":{\"b\":\"\",\"A\":\"\\u0041\\\"\"}}", "b=,A=A\",", 1, { NULL } },
    { "{\"h\":{\"\\u0041\":\"b\",\"c\":\"d\",\"e\":\"f\"}}", "A=b,c=d,e=f,",
      1, { NULL } },

    /* of two members of a body the last one counts */
    { "{\"h\":{\"a\":\"b\"},\"h\":{\"c\":\"d\"}}", "c=d,", 1, { NULL } },
    { "{\"h\":{\"a\":\"b\"},\"x\":{\"A\":\"b\"}}", "a=b,", 1, { NULL } },

    { "{\"h\":[1]}", NULL, 0, ARRAY },
    { "{\"h\":[\"\"]}", NULL, 0, ARRAY },
    { "{\"h\":[[]]}", NULL, 0, ARRAY },
    { "{\"h\":\"a: b\"}", NULL, 0, ARRAY },
    { "{\"h\":7}", NULL, 0, ARRAY },
    { "{\"h\":true}", NULL, 0, ARRAY },

    { "{\"h\":{\"a\":1,\"b\":null,\"c\":{\"d\":\"e\"}}}", NULL, 1,
      { "h.a", "The h.a field must be a string.",
        "h.b", "The h.b field must be a string.",
        "h.c", "The h.c field must be a string." } },
    { "{\"h\":{\"a\":\"123456\",\"b\":\"\\r\\n\"}}", NULL, 1,
      { "h.a", "The h.a field must not be greater than 5 characters.",
        "h.b", "The h.b field format is invalid." } },
    { "{\"h\":{\"Host\":\"a\",\"a b\":\"c\",\"\":\"d\"}}", NULL, 1,
      { "h.Host", "The h.Host field is prohibited.",
        "h.a b", "The h.a b field format is invalid.",
        "h.", "The h. field format is invalid." } },
    { "{\"h\":{\"a_b.c\":7,\"\\u0000\":\"a\"}}", NULL, 1,
      { "h.a_b.c", "The h.a_b.c field must be a string.",
        "h.\xef\xbf\xbd", "The h.\xef\xbf\xbd field format is invalid." } },
    { "{\"h\":{\"a\":\"\\u0000\",\"b\":\"\\ud800\"}}", NULL, 1,
      { "h.a", "The h.a field format is invalid.",
        "h.b", "The h.b field format is invalid." } },
    { "{\"h\":{\"X-a\":\"1\",\"b\":\"2\",\"x-A\":\"3\"}}", NULL, 1,
      { "h.X-a", "The h.X-a field has a duplicate value.",
        "h.x-A", "The h.x-A field has a duplicate value." } },
    { "{\"h\":{\"a\":\"1\",\"a\":\"2\"}}", NULL, 1,
      { "h.a", "The h.a field has a duplicate value." } },
    { "{\"h\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":1,\"Host\":2}}", NULL,
      1, { "h", "The h field must not have more than 3 items." } },
};


static void
test_names(void **state)
{
    char    name[SR_HEADER_NAME + 1];
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(names); i++) {

        if (sr_header_name((unsigned char *) names[i].name,
                           strlen(names[i].name))
            != names[i].rc)
        {
            fail_msg("%s", names[i].name);
        }
    }

    memset(name, 'a', sizeof(name));

    assert_int_equal(sr_header_name((unsigned char *) name, sizeof(name) - 1),
                     1);
    assert_int_equal(sr_header_name((unsigned char *) name, sizeof(name)), 0);
    assert_int_equal(sr_header_name((unsigned char *) "a\0b", 3), 0);
}


static void
test_values(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(values); i++) {

        if (sr_header_value((unsigned char *) values[i].value,
                            strlen(values[i].value))
            != values[i].rc)
        {
            fail_msg("%s", values[i].value);
        }
    }

    assert_int_equal(sr_header_value((unsigned char *) "a\0b", 3), 0);
}


static void
test_maps(void **state)
{
    int             n, rc;
    char            text[128];
    size_t          i, k, len;
    sr_str_t        body;
    sr_pair_t      *pair;
    sr_input_t      in;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(cases); i++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, -1);
        body = sr_test_copy(in.alloc, cases[i].body, strlen(cases[i].body));

        rc = sr_input_json(&in, body.data, body.len, fields, &out);

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

        pair = out.headers.items;
        len = 0;

        for (k = 0; rc == 0 && k < out.headers.n; k++) {
            len += snprintf(text + len, sizeof(text) - len, "%.*s=%.*s,",
                            (int) pair[k].name.len, pair[k].name.data,
                            (int) pair[k].value.len, pair[k].value.data);
        }

        if (rc == 0) {
            sr_test_equal(text, len, cases[i].pairs);
        }

        sr_test_free(&pool);
    }
}


/* wherever memory runs out, that is what it says */

static void
test_memory(void **state)
{
    int             n, rc;
    sr_input_t      in;
    const char     *body;
    test_body_t     out;
    sr_test_pool_t  pool;

    (void) state;

    body = "{\"h\":{\"a\":\"b\",\"Host\":\"c\",\"A\":\"d\"}}";
    rc = -2;

    for (n = 0; rc == -2; n++) {

        memset(&out, 0, sizeof(out));
        in.alloc = sr_test_pool(&pool, n);

        rc = sr_input_json(&in, (unsigned char *) body, strlen(body), fields,
                           &out);

        assert_true(rc == -2 || rc == 1);
        sr_test_free(&pool);
    }

    assert_true(n > 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_maps),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
