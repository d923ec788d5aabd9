
/*
 * Kinds of credentials and what they are called.
 */


#include "sr_test.h"
#include "sr_principal.h"


static const struct {
    const char  *name;
    int          abilities;
} abilities[] = {
    { "numbers.read",      SR_ABILITY_NUMBERS_READ     },
    { "numbers.lock",      SR_ABILITY_NUMBERS_LOCK     },
    { "messages.read",     SR_ABILITY_MESSAGES_READ    },
    { "webhooks.receive",  SR_ABILITY_WEBHOOKS_RECEIVE },
    { "mobile:device",     SR_ABILITY_DEVICE           },
    { "numbers.write",     0                           },
    { "numbers.rea",       0                           },
    { "numbers.reads",     0                           },
    { "Numbers.read",      0                           },
    { "*",                 0                           },
    { "",                  0                           },
};


static void
test_abilities(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(abilities); i++) {
        assert_int_equal(sr_ability((unsigned char *) abilities[i].name,
                                    strlen(abilities[i].name)),
                         abilities[i].abilities);
    }
}


static const struct {
    int          abilities;
    const char  *json;
} lists[] = {
    { 0, "[]" },
    { SR_ABILITY_NUMBERS_READ, "[\"numbers.read\"]" },
    { SR_ABILITY_BROADCASTING | SR_ABILITY_BYOS, "[]" },
    { SR_ABILITY_WEBHOOKS_RECEIVE | SR_ABILITY_NUMBERS_LOCK,
      "[\"numbers.lock\",\"webhooks.receive\"]" },
    { SR_ABILITY_PERSON,
      "[\"numbers.read\",\"numbers.lock\",\"messages.read\","
      "\"webhooks.receive\"]" },
};


static void
test_json(void **state)
{
    size_t          i;
    sr_buf_t        b;
    sr_json_t       j;
    sr_test_pool_t  pool;

    (void) state;

    for (i = 0; i < sr_test_count(lists); i++) {

        sr_buf_init(&b, sr_test_pool(&pool, -1), 16, 1000);
        sr_json_init(&j, &b);
        sr_ability_json(&j, lists[i].abilities);

        sr_test_equal(b.data, b.len, lists[i].json);
        sr_test_free(&pool);
    }
}


static const struct {
    int          kind;
    const char  *auth_type;
    const char  *name;
} kinds[] = {
    { SR_KIND_TOKEN,    "sanctum",  "token"   },
    { SR_KIND_OAUTH,    "oauth",    "oauth"   },
    { SR_KIND_API_KEY,  "api_key",  "api_key" },
    { SR_KIND_SESSION,  "sanctum",  "session" },
    { 0,                "-",        "-"       },
    { 3,                "-",        "-"       },
};


static void
test_kinds(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sr_test_count(kinds); i++) {
        assert_string_equal(sr_kind_auth_type(kinds[i].kind),
                            kinds[i].auth_type);
        assert_string_equal(sr_kind_name(kinds[i].kind), kinds[i].name);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_abilities),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
