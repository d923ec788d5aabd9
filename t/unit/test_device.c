
/*
 * The phone of the command line tool: lines of input, and what stands in its
 * file.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/cli/simrelay_device_line.c"
#include "../../ngx_simrelay_module/cli/simrelay_device_state.c"


/* 2026-01-02T03:04:05Z */
#define TIME    INT64_C(1767323045000000)

#define X20     "xxxxxxxxxxxxxxxxxxxx"

#define NO_SMS  "an SMS is a line of its sender, a blank and its text"
#define NO_SLOT "an SMS comes to slot 1 or 2"
#define NO_TIME "at= needs a time like 2026-01-02T03:04:05Z"


static const struct {
    const char  *line;
    const char  *err;           /* NULL: it is one */
    const char  *from;
    const char  *text;
    int          slot;
    int64_t      at;
} lines[] = {
    { "ACME hello",              NULL, "ACME", "hello", 0, 0 },
    { "ACME hello\r",            NULL, "ACME", "hello", 0, 0 },
    { "  +1415 a  b ",           NULL, "+1415", "a  b ", 0, 0 },
    { "ACME  two",               NULL, "ACME", " two", 0, 0 },
    { "slot=2 ACME hi",          NULL, "ACME", "hi", 2, 0 },
    { "at=2026-01-02T03:04:05Z slot=1 ACME hi",
                                 NULL, "ACME", "hi", 1, TIME },
    { "ACME slot=2 hi",          NULL, "ACME", "slot=2 hi", 0, 0 },
    { "slot= hi",                NULL, "slot=", "hi", 0, 0 },
    { "Z\xc3\xbcrich \xf0\x9f\x98\x80",
                                 NULL, "Z\xc3\xbcrich", "\xf0\x9f\x98\x80",
                                 0, 0 },
    { X20 " y",                  NULL, X20, "y", 0, 0 },
    { "",                        NO_SMS, NULL, NULL, 0, 0 },
    { "   ",                     NO_SMS, NULL, NULL, 0, 0 },
    { "ACME",                    NO_SMS, NULL, NULL, 0, 0 },
    { "ACME ",                   NO_SMS, NULL, NULL, 0, 0 },
    { "slot=1",                  NO_SMS, NULL, NULL, 0, 0 },
    { "slot=3 ACME hi",          NO_SLOT, NULL, NULL, 0, 0 },
    { "slot=0 ACME hi",          NO_SLOT, NULL, NULL, 0, 0 },
    { "slot=12 ACME hi",         NO_SLOT, NULL, NULL, 0, 0 },
    { "at=soon ACME hi",         NO_TIME, NULL, NULL, 0, 0 },
    { X20 "x y",                 "a sender has 1 to 20 characters", NULL, NULL,
                                 0, 0 },
    { "ACME \xff",               "an SMS is text in UTF-8", NULL, NULL, 0, 0 },
};


#define HEAD  "{\"url\":\"http://a.example\",\"token\":\"t\","                \
              "\"android_id\":\"00112233445566ff\""

static const struct {
    const char  *text;
    const char  *err;           /* NULL: it is one */
} files[] = {
    { HEAD "}",                                              NULL },
    { HEAD ",\"device_id\":3,\"later\":[]}",                 NULL },
    { "",                              "The url field is required." },
    { "[]",                            "is not the JSON of an object" },
    { "{\"url\":",                     "is not the JSON of an object" },
    { "{\"url\":\"ftp://a\",\"android_id\":\"00112233445566ff\"}",
      "The url field must be a valid URL." },
    { "{\"url\":\"http://a/\",\"token\":\"t\","
      "\"android_id\":\"00112233445566ff\"}",
      "The url field format is invalid." },
    { "{\"url\":\"http://a\",\"token\":\"t\",\"android_id\":\"00\"}",
      "The android id field format is invalid." },
    { "{\"url\":\"http://a\",\"android_id\":\"00112233445566ff\"}",
      "needs either a token or a token_file" },
    { HEAD ",\"token_file\":\"/t\"}",
      "needs either a token or a token_file" },
    { HEAD ",\"device_id\":\"x\"}",
      "The device id field must be an integer." },
    { HEAD ",\"unsent\":[{\"message_id\":\"x\",\"from\":\"a\",\"text\":\"b\","
      "\"received_at\":\"2026-01-02T03:04:05Z\"}]}",
      "The unsent.0.message_id field must be a valid UUID." },
    { HEAD ",\"unsent\":[{\"message_id\":"
      "\"11111111-2222-4333-8444-555555555555\",\"from\":\"" X20 "x\","
      "\"text\":\"b\",\"received_at\":\"2026-01-02T03:04:05Z\"}]}",
      "a sender has 1 to 20 characters" },
    { HEAD ",\"sent\":[{\"message_id\":1,\"owes\":\"all\"}]}",
      "The selected sent.0.owes is invalid." },
};


static const char  whole[] =
    HEAD ",\"device_id\":3,\"number\":\"+12025550100\",\"cards\":["
    "{\"id\":5,\"sim_slot\":1,\"code\":\"SR-A2B3\","
    "\"made_at\":\"2026-01-02T03:04:05Z\"},{\"id\":6,\"sim_slot\":2}],"
    "\"unsent\":[{\"message_id\":\"11111111-2222-4333-8444-555555555555\","
    "\"from\":\"ACME\",\"text\":\"a\\n\\\"b\\\" \xf0\x9f\x98\x80\","
    "\"received_at\":\"2026-01-02T03:04:05Z\",\"sim_slot\":2},"
    "{\"message_id\":\"21111111-2222-4333-8444-555555555555\","
    "\"from\":\"B\",\"text\":\"c\","
    "\"received_at\":\"2026-01-02T03:04:05Z\"}],"
    "\"sent\":[{\"message_id\":7,\"owes\":\"nothing\"},"
    "{\"message_id\":8,\"owes\":\"failed\",\"error\":\"no signal\"}]}\n";


static void
test_lines(void **state)
{
    size_t           i;
    sr_alloc_t       alloc;
    const char      *err;
    sr_test_pool_t   pool;
    simrelay_sms_t   sms;

    (void) state;

    alloc = sr_test_pool(&pool, -1);

    for (i = 0; i < sr_test_count(lines); i++) {

        err = simrelay_sms_line(&sms, sr_test_copy(alloc, lines[i].line,
                                                   strlen(lines[i].line)));

        if (lines[i].err != NULL) {
            assert_non_null(err);
            assert_string_equal(err, lines[i].err);
            continue;
        }

        assert_null(err);
        sr_test_equal(sms.from.data, sms.from.len, lines[i].from);
        sr_test_equal(sms.text.data, sms.text.len, lines[i].text);
        assert_int_equal(sms.sim_slot, lines[i].slot);
        assert_true(sms.received_at == lines[i].at);
    }

    sr_test_free(&pool);
}


static void
test_length(void **state)
{
    char            text[4 * SR_SMS_TEXT + 8];
    size_t          i;
    simrelay_sms_t  sms;

    (void) state;

    memcpy(text, "A ", 2);

    for (i = 0; i < SR_SMS_TEXT; i++) {
        memcpy(text + 2 + 4 * i, "\xf0\x9f\x98\x80", 4);
    }

    text[2 + 4 * SR_SMS_TEXT] = '\0';
    assert_null(simrelay_sms_line(&sms, sr_test_str(text)));

    strcat(text, "x");
    assert_string_equal(simrelay_sms_line(&sms, sr_test_str(text)),
                        "an SMS has 1 to 1600 characters");
}


static void
test_files(void **state)
{
    size_t             i;
    sr_str_t           text;
    sr_alloc_t         alloc;
    const char        *err;
    sr_test_pool_t     pool;
    simrelay_state_t  *st;

    (void) state;

    st = malloc(sizeof(simrelay_state_t));

    for (i = 0; i < sr_test_count(files); i++) {
        alloc = sr_test_pool(&pool, -1);
        text = sr_test_copy(alloc, files[i].text, strlen(files[i].text));

        memset(st, 0, sizeof(simrelay_state_t));
        err = simrelay_state_read(st, alloc, text.data, text.len);

        if (files[i].err != NULL) {
            assert_non_null(err);
            assert_string_equal(err, files[i].err);

        } else {
            assert_null(err);
        }

        simrelay_state_free(st);
        sr_test_free(&pool);
    }

    free(st);
}


static void
test_again(void **state)
{
    sr_buf_t           buf;
    sr_str_t           text;
    sr_alloc_t         alloc;
    sr_test_pool_t     pool;
    simrelay_state_t  *st;

    (void) state;

    alloc = sr_test_pool(&pool, -1);
    text = sr_test_str(whole);
    st = calloc(1, sizeof(simrelay_state_t));

    assert_null(simrelay_state_read(st, alloc, text.data, text.len));
    assert_int_equal(st->id, 3);
    assert_int_equal(st->ncards, 2);
    assert_string_equal(st->cards[0].code, "SR-A2B3");
    assert_true(st->cards[0].made_at == TIME);
    assert_int_equal(st->nunsent, 2);
    assert_int_equal(st->sent[1].owes, SIMRELAY_OWES_FAILED);

    sr_buf_init(&buf, alloc, 64, 65536);
    simrelay_state_write(st, &buf);

    assert_false(buf.failed);
    sr_test_equal(buf.data, buf.len, whole);

    simrelay_state_drop(st, 0);
    assert_int_equal(st->nunsent, 1);
    sr_test_equal(st->unsent[0].sms.from.data, st->unsent[0].sms.from.len,
                  "B");

    simrelay_state_free(st);
    free(st);
    sr_test_free(&pool);
}


/* as many as there is room for: SMS that are sent go, SMS that wait stay */

static void
test_bounds(void **state)
{
    int                i;
    simrelay_sms_t     sms;
    simrelay_state_t  *st;

    (void) state;

    st = calloc(1, sizeof(simrelay_state_t));

    for (i = 1; i <= SIMRELAY_DEVICE_SENT + 1; i++) {
        (void) simrelay_state_remember(st, i, SIMRELAY_OWES_NOTHING, NULL);
    }

    assert_int_equal(st->nsent, SIMRELAY_DEVICE_SENT);
    assert_null(simrelay_state_find(st, 1));
    assert_non_null(simrelay_state_find(st, 2));

    simrelay_state_forget(st, simrelay_state_find(st, 2));
    assert_null(simrelay_state_find(st, 2));
    assert_int_equal(st->sent[0].id, 3);
    assert_int_equal(st->sent[st->nsent - 1].id, SIMRELAY_DEVICE_SENT + 1);

    /* what the server is still to be told of stays */

    st->sent[0].owes = SIMRELAY_OWES_SENT;
    (void) simrelay_state_remember(st, 5000, SIMRELAY_OWES_SENT, NULL);
    (void) simrelay_state_remember(st, 5001, SIMRELAY_OWES_SENT, NULL);
    assert_non_null(simrelay_state_find(st, 3));
    assert_null(simrelay_state_find(st, 4));

    for (i = 0; i < st->nsent; i++) {
        st->sent[i].owes = SIMRELAY_OWES_SENT;
    }

    (void) simrelay_state_remember(st, 5002, SIMRELAY_OWES_SENT, NULL);
    assert_int_equal(st->nsent, SIMRELAY_DEVICE_SENT);
    assert_null(simrelay_state_find(st, 3));

    memset(&sms, 0, sizeof(simrelay_sms_t));
    sms.from = sr_test_str("A");
    sms.text = sr_test_str("b");

    for (i = 0; i < SIMRELAY_DEVICE_UNSENT; i++) {
        assert_non_null(simrelay_state_keep(st, &sms));
    }

    assert_null(simrelay_state_keep(st, &sms));
    assert_int_equal(st->nunsent, SIMRELAY_DEVICE_UNSENT);

    simrelay_state_free(st);
    free(st);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
