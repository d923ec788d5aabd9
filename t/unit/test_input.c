
/*
 * Input as a whole: a body with a fault in every field, the answer that lists
 * them, and memory that runs out at each point.
 */


#include "sr_test.h"
#include "sr_input.h"
#include "sr_limits.h"
#include "sr_token.h"


typedef struct {
    sr_str_t          phone;
    int64_t           strength;
    int               strength_set;
} test_card_t;


typedef struct {
    sr_str_t          android_id;
    sr_input_array_t  slots;        /* of int64_t */
    sr_str_t          model;
    int64_t           battery;
    int               battery_set;
    int               doze;
    int               mode;
    sr_input_array_t  cards;        /* of test_card_t */
    sr_uuid_t         message_id;
    sr_str_t          url;
    sr_str_t          email;
    int64_t           received_at;

    struct {
        int64_t       x;
    } nested;
} test_device_t;


static int test_android_id(const unsigned char *p, size_t len);


static const char  *test_modes[] = { "always", "lock_required", NULL };


static const sr_field_t  test_slot = {
    NULL, SR_FIELD_INT, SR_FIELD_REQUIRED|SR_FIELD_BETWEEN, 1, 10,
    0, SR_FIELD_UNSET, NULL, NULL, NULL, 0
};


static const sr_field_t  test_card_fields[] = {
    { "phone_number", SR_FIELD_E164, SR_FIELD_REQUIRED, 0, 0,
      offsetof(test_card_t, phone), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "signal_strength", SR_FIELD_INT, SR_FIELD_NULLABLE|SR_FIELD_BETWEEN,
      0, 100, offsetof(test_card_t, strength),
      offsetof(test_card_t, strength_set), NULL, NULL, NULL, 0 },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


static const sr_field_t  test_card = {
    NULL, SR_FIELD_OBJECT, 0, 0, 0, 0, SR_FIELD_UNSET, NULL, NULL,
    test_card_fields, 0
};


static const sr_field_t  test_nested_fields[] = {
    { "x", SR_FIELD_INT, SR_FIELD_REQUIRED, 0, 0, 0, SR_FIELD_UNSET, NULL,
      NULL, NULL, 0 },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


static const sr_field_t  test_fields[] = {
    { "android_id", SR_FIELD_TEXT, SR_FIELD_REQUIRED, 0, 0,
      offsetof(test_device_t, android_id), SR_FIELD_UNSET, test_android_id,
      NULL, NULL, 0 },

    { "sim_slots", SR_FIELD_ARRAY, SR_FIELD_REQUIRED|SR_FIELD_DISTINCT, 1, 2,
      offsetof(test_device_t, slots), SR_FIELD_UNSET, NULL, NULL, &test_slot,
      sizeof(int64_t) },

    { "device_model", SR_FIELD_TEXT, 0, 0, SR_DEVICE_MODEL,
      offsetof(test_device_t, model), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "battery_level", SR_FIELD_INT, SR_FIELD_BETWEEN, 0, 100,
      offsetof(test_device_t, battery), offsetof(test_device_t, battery_set),
      NULL, NULL, NULL, 0 },

    { "is_in_doze_mode", SR_FIELD_BOOL, 0, 0, 0,
      offsetof(test_device_t, doze), SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "forwarding_mode", SR_FIELD_ENUM, 0, 0, 0,
      offsetof(test_device_t, mode), SR_FIELD_UNSET, NULL, test_modes, NULL,
      0 },

    { "sim_cards", SR_FIELD_ARRAY, 0, 0, 2, offsetof(test_device_t, cards),
      SR_FIELD_UNSET, NULL, NULL, &test_card, sizeof(test_card_t) },

    { "message_id", SR_FIELD_UUID, 0, 0, 0,
      offsetof(test_device_t, message_id), SR_FIELD_UNSET, NULL, NULL, NULL,
      0 },

    { "url", SR_FIELD_URL, 0, 0, SR_URL, offsetof(test_device_t, url),
      SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "email", SR_FIELD_EMAIL, 0, 0, 0, offsetof(test_device_t, email),
      SR_FIELD_UNSET, NULL, NULL, NULL, 0 },

    { "received_at", SR_FIELD_TIME, SR_FIELD_NULLABLE, 0, 0,
      offsetof(test_device_t, received_at), SR_FIELD_UNSET, NULL, NULL, NULL,
      0 },

    { "nested", SR_FIELD_OBJECT, 0, 0, 0, offsetof(test_device_t, nested),
      SR_FIELD_UNSET, NULL, NULL, test_nested_fields, 0 },

    { NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0 }
};


static const char  good[] =
    "{\"unknown\":[{\"a\":[1,{}]},\"x\"],"
    "\"android_id\":\"0123456789abcDEF\",\"sim_slots\":[2,\"1\"],"
    "\"device_model\":\"Pixel \\u0037\",\"battery_level\":\"55\","
    "\"is_in_doze_mode\":1,\"forwarding_mode\":\"lock_required\","
    "\"sim_cards\":[{\"phone_number\":\"+14155550123\",\"other\":null,"
    "\"signal_strength\":null},{\"signal_strength\":0,"
    "\"phone_number\":\"+14155550124\"}],"
    "\"message_id\":\"123e4567-e89b-12d3-a456-426614174000\","
    "\"url\":\"https://example.com/hook\",\"email\":\"a.b@example.com\","
    "\"received_at\":\"2026-01-02T03:04:05Z\",\"nested\":{\"x\":-7}}";


static const char  wrong[] =
    "{\"android_id\":1,\"sim_slots\":{},\"device_model\":[\"x\"],"
    "\"battery_level\":1.5,\"is_in_doze_mode\":\"yes\","
    "\"forwarding_mode\":9,\"sim_cards\":\"x\",\"message_id\":5,\"url\":{},"
    "\"email\":true,\"received_at\":[1],\"nested\":3}";


static int
test_android_id(const unsigned char *p, size_t len)
{
    unsigned char  bytes[8];

    return len == 16 && sr_unhex(bytes, p, len) == 8;
}


static void
test_answer(const sr_input_t *in, const char *expected)
{
    sr_buf_t   b;
    sr_json_t  j;

    sr_buf_init(&b, in->alloc, 256, 65536);
    sr_json_init(&j, &b);
    sr_input_errors_json(in, &j);

    assert_int_equal(b.failed, 0);
    sr_test_equal(b.data, b.len, expected);
}


static void
test_good(void **state)
{
    int64_t         *slots;
    sr_str_t         body;
    sr_input_t       in;
    test_card_t     *cards;
    test_device_t    d;
    sr_test_pool_t   pool;

    (void) state;

    memset(&d, 0, sizeof(d));
    in.alloc = sr_test_pool(&pool, -1);
    body = sr_test_copy(in.alloc, good, sizeof(good) - 1);

    assert_int_equal(sr_input_json(&in, body.data, body.len, test_fields, &d),
                     0);

    /* nothing points into the body */

    memset(body.data, 'x', body.len);

    sr_test_equal(d.android_id.data, d.android_id.len, "0123456789abcDEF");
    sr_test_equal(d.model.data, d.model.len, "Pixel 7");
    sr_test_equal(d.url.data, d.url.len, "https://example.com/hook");
    sr_test_equal(d.email.data, d.email.len, "a.b@example.com");

    assert_int_equal(d.battery, 55);
    assert_int_equal(d.battery_set, 1);
    assert_int_equal(d.doze, 1);
    assert_int_equal(d.mode, 1);
    assert_int_equal(d.message_id[1], 0x3e);
    assert_int_equal(d.received_at, 1767323045000000);
    assert_int_equal(d.nested.x, -7);

    slots = d.slots.items;
    assert_int_equal(d.slots.n, 2);
    assert_int_equal(slots[0], 2);
    assert_int_equal(slots[1], 1);

    cards = d.cards.items;
    assert_int_equal(d.cards.n, 2);
    sr_test_equal(cards[0].phone.data, cards[0].phone.len, "+14155550123");
    assert_int_equal(cards[0].strength_set, 0);
    sr_test_equal(cards[1].phone.data, cards[1].phone.len, "+14155550124");
    assert_int_equal(cards[1].strength_set, 1);

    sr_test_free(&pool);
}


static void
test_wrong_everywhere(void **state)
{
    sr_input_t      in;
    test_device_t   d;
    sr_test_pool_t  pool;

    (void) state;

    memset(&d, 0, sizeof(d));
    in.alloc = sr_test_pool(&pool, -1);

    assert_int_equal(sr_input_json(&in, (unsigned char *) wrong,
                                   sizeof(wrong) - 1, test_fields, &d), 1);

    test_answer(&in,
        "{\"message\":\"The android id field must be a string. "
        "(and 11 more errors)\",\"errors\":{"
        "\"android_id\":[\"The android id field must be a string.\"],"
        "\"sim_slots\":[\"The sim slots field must be an array.\"],"
        "\"device_model\":[\"The device model field must be a string.\"],"
        "\"battery_level\":[\"The battery level field must be an integer.\"],"
        "\"is_in_doze_mode\":"
        "[\"The is in doze mode field must be true or false.\"],"
        "\"forwarding_mode\":[\"The selected forwarding mode is invalid.\"],"
        "\"sim_cards\":[\"The sim cards field must be an array.\"],"
        "\"message_id\":[\"The message id field must be a valid UUID.\"],"
        "\"url\":[\"The url field must be a valid URL.\"],"
        "\"email\":[\"The email field must be a valid email address.\"],"
        "\"received_at\":[\"The received at field must be a valid date.\"],"
        "\"nested\":[\"The nested field must be an array.\"]}}");

    sr_test_free(&pool);
}


/* whatever fails, the answer is -2 and no memory is used that was not given */

static void
test_no_memory(void **state)
{
    int             rc, left;
    size_t          i;
    sr_input_t      in;
    test_device_t   d;
    sr_test_pool_t  pool;

    const char *const  bodies[] = { good, wrong };

    (void) state;

    for (i = 0; i < sr_test_count(bodies); i++) {

        for (left = 0; left < 1000; left++) {

            memset(&d, 0, sizeof(d));
            in.alloc = sr_test_pool(&pool, left);

            rc = sr_input_json(&in, (unsigned char *) bodies[i],
                               strlen(bodies[i]), test_fields, &d);
            sr_test_free(&pool);

            if (rc != -2) {
                break;
            }
        }

        assert_int_equal(rc, (int) i);
        assert_in_range(left, 5, 100);
    }
}


static void
test_message(void **state)
{
    sr_input_t      in;
    sr_test_pool_t  pool;

    (void) state;

    memset(&in, 0, sizeof(in));
    in.alloc = sr_test_pool(&pool, -1);

    sr_input_error(&in, "android_id", SR_TEXT_TAKEN);
    test_answer(&in, "{\"message\":\"The android id has already been taken.\","
                "\"errors\":{\"android_id\":"
                "[\"The android id has already been taken.\"]}}");

    /* the first error of a path stays */

    sr_input_error(&in, "android_id", SR_TEXT_REQUIRED);
    assert_int_equal(in.nerrors, 1);

    sr_input_error(&in, "sim_slots.0", SR_TEXT_SELECTED);
    test_answer(&in, "{\"message\":\"The android id has already been taken. "
                "(and 1 more error)\",\"errors\":{\"android_id\":"
                "[\"The android id has already been taken.\"],"
                "\"sim_slots.0\":[\"The selected sim_slots.0 is invalid.\"]}}");

    sr_input_error(&in, "url", "The URL leads nowhere.");
    assert_memory_equal(in.errors[2].text.data, "The URL leads nowhere.", 22);

    assert_string_equal(sr_input_text(&in, SR_TEXT_FORMAT, "a_b.1.c_d"),
                        "The a_b.1.c_d field format is invalid.");
    assert_string_equal(sr_input_text(&in, ":attribute :attribute", "x_y"),
                        "x y x y");

    sr_test_free(&pool);
}


static void
test_many(void **state)
{
    int             i;
    char            path[16];
    sr_input_t      in;
    sr_test_pool_t  pool;

    (void) state;

    memset(&in, 0, sizeof(in));
    in.alloc = sr_test_pool(&pool, -1);

    for (i = 0; i < 100; i++) {
        (void) snprintf(path, sizeof(path), "f%d", i);
        sr_input_error(&in, path, SR_TEXT_REQUIRED);
    }

    assert_int_equal(in.nerrors, SR_INPUT_ERRORS);
    assert_memory_equal(in.errors[63].path.data, "f63", 3);

    sr_test_free(&pool);

    /* without memory there is still an error */

    memset(&in, 0, sizeof(in));
    in.alloc = sr_test_pool(&pool, 0);

    sr_input_error(&in, "a", SR_TEXT_REQUIRED);
    assert_int_equal(in.nerrors, 1);
    assert_null(sr_input_text(&in, SR_TEXT_REQUIRED, "a"));
}


static void
test_empty(void **state)
{
    sr_input_t         in;
    sr_test_pool_t     pool;
    const sr_field_t  *none;

    (void) state;

    none = &test_fields[sr_test_count(test_fields) - 1];
    in.alloc = sr_test_pool(&pool, -1);

    assert_int_equal(sr_input_json(&in, NULL, 0, none, NULL), 0);
    assert_int_equal(sr_input_json(&in, (unsigned char *) "{\"a\":1}", 7, none,
                                   NULL), 0);

    sr_test_free(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_wrong_everywhere),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
