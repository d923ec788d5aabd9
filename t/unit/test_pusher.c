
/*
 * The Pusher protocol without sockets: admission, frames in, answers out.
 */


#include "sr_test.h"

#include "../../ngx_simrelay_module/sidecar/simrelayd_log.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_memory.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_channel.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_admit.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_pusher.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_subscribe.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_client.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_presence.c"
#include "../../ngx_simrelay_module/sidecar/simrelayd_cache.c"


#define SIGNATURE                                                             \
    "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4"

#define PONG       "{\"event\":\"pusher:pong\"}"

#define INVALID                                                               \
    "{\"event\":\"pusher:error\",\"data\":"                                   \
    "\"{\\\"code\\\":4200,\\\"message\\\":\\\"Invalid message format\\\"}\"}"

#define CLIENTS                                                               \
    "{\"event\":\"pusher:error\",\"data\":"                                   \
    "\"{\\\"code\\\":4301,\\\"message\\\":"                                   \
    "\\\"Client events are for private and presence channels.\\\"}\"}"

#define SUCCEEDED(channel)                                                    \
    "{\"event\":\"pusher_internal:subscription_succeeded\","                  \
    "\"data\":\"{}\",\"channel\":\"" channel "\"}"

#define REFUSED(channel, text)                                                \
    "{\"event\":\"pusher:subscription_error\",\"data\":"                      \
    "\"{\\\"type\\\":\\\"AuthError\\\",\\\"error\\\":\\\"" text "\\\","       \
    "\\\"status\\\":401}\",\"channel\":\"" channel "\"}"

#define UNAUTHORIZED(channel)                                                 \
    REFUSED(channel, "The connection is unauthorized.")

#define SUBSCRIBE(data)                                                       \
    "{\"event\":\"pusher:subscribe\",\"data\":" data "}"


static const struct {
    const char  *path;
    const char  *protocol;
    const char  *origin;
    const char  *allowed;
    int64_t      sockets;
    int          code;
} hellos[] = {
    { "/app/key",          "7",    NULL,  "",  0,  0    },
    { "/reverb/app/key",   "5",    NULL,  "",  9,  0    },
    { "/app/key",          "7",    NULL,  "",  10, 4004 },
    { "/app/key2",         "7",    NULL,  "",  0,  4001 },
    { "/app/ke",           "7",    NULL,  "",  0,  4001 },
    { "/app/KEY",          "7",    NULL,  "",  0,  4001 },
    { "/app/ke",           NULL,   NULL,  "",  10, 4001 },
    { "/app/",             "7",    NULL,  "",  0,  4005 },
    { "/app",              "7",    NULL,  "",  0,  4005 },
    { "",                  "7",    NULL,  "",  0,  4005 },
    { "/app/key/",         "7",    NULL,  "",  0,  4005 },
    { "/x/app/key",        "7",    NULL,  "",  0,  4005 },
    { "/app/key",          NULL,   NULL,  "",  0,  4008 },
    { "/app/key",          "",     NULL,  "",  0,  4008 },
    { "/app/key",          "x",    NULL,  "",  0,  4006 },
    { "/app/key",          "-7",   NULL,  "",  0,  4006 },
    { "/app/key",          "7a",   NULL,  "",  0,  4006 },
    { "/app/key",          "4",    NULL,  "",  0,  4007 },
    { "/app/key",          "8",    NULL,  "",  0,  4007 },
    { "/app/key",          "07",   NULL,  "",  0,  4007 },
    { "/app/key",          "99999999999999999999", NULL, "", 0, 4007 },

    { "/app/key", "7", "https://a.example", "",                     0, 0    },
    { "/app/key", "7", "https://a.example", "  ",                   0, 0    },
    { "/app/key", "7", NULL,                "a.example",            0, 0    },
    { "/app/key", "7", "https://a.example", "a.example",            0, 0    },
    { "/app/key", "7", "http://a.example:8080", "b a.example  c",   0, 0    },
    { "/app/key", "7", "https://A.Example", "https://a.example",    0, 0    },
    { "/app/key", "7", "http://a.example",  "https://a.example",    0, 4009 },
    { "/app/key", "7", "https://a.example:1", "https://a.example",  0, 4009 },
    { "/app/key", "7", "https://b.example", "a.example",            0, 4009 },
    { "/app/key", "7", "https://xa.example", "a.example",           0, 4009 },
    { "/app/key", "7", "https://a.example.x", "a.example",          0, 4009 },
    { "/app/key", "7", "null",              "a.example",            0, 4009 },
    { "/app/key", "7", "",                  "a.example",            0, 4009 },
    { "/app/key", "7", ":",                 "a.example",            0, 4009 },
    { "/app/key", "7", "a://",              "a.example",            0, 4009 },
    { "/app/key", "7", "https://[::1]:99",  "[::1]",                0, 0    },
    { "/app/key", "7", "https://[::1]",     "[::1]",                0, 0    },
    { "/app/key", "7", "null",              "a.example *",          0, 0    },
};


static const struct {
    const char  *in;
    const char  *out;           /* NULL: nothing */
} frames[] = {
    { "{\"event\":\"pusher:ping\"}",                        PONG },
    { "{\"event\":\"pusher:ping\",\"data\":{}}",            PONG },
    { " {\"data\":[1,{}],\"event\":\"pusher:ping\"} ",      PONG },
    { "{\"event\":\"pusher:pong\"}",                        NULL },

    { "",                                                   INVALID },
    { "x",                                                  INVALID },
    { "{",                                                  INVALID },
    { "{}",                                                 INVALID },
    { "{}{}",                                               INVALID },
    { "[]",                                                 INVALID },
    { "null",                                               INVALID },
    { "{\"event\":null}",                                   INVALID },
    { "{\"event\":[]}",                                     INVALID },
    { "{\"event\":\"\"}",                                   INVALID },
    { "{\"event\":\"pusher:ping\\u0000\"}",                 INVALID },
    { "{\"event\":\"pusher:pin\"}",                         INVALID },
    { "{\"event\":\"pusher:signin\",\"data\":{}}",          INVALID },
    { "{\"event\":\"client\"}",                             INVALID },
    { "{\"event\":\"\xff\"}",                               INVALID },
    { "{\"event\":\"pusher:ping\",\"data\":[[[[[[[[[]]]]]]]]]}", INVALID },

    { "{\"event\":\"client-\"}",                            INVALID },
    { "{\"event\":\"client-x\",\"channel\":\"a\",\"data\":{}}", CLIENTS },

    { "{\"event\":\"pusher:subscribe\"}",                   INVALID },
    { SUBSCRIBE("null"),                                    INVALID },
    { SUBSCRIBE("7"),                                       INVALID },
    { SUBSCRIBE("[]"),                                      INVALID },
    { SUBSCRIBE("{}"),                                      INVALID },
    { SUBSCRIBE("\"\""),                                    INVALID },
    { SUBSCRIBE("\"{}\""),                                  INVALID },
    { SUBSCRIBE("\"[]\""),                                  INVALID },
    { SUBSCRIBE("\"{\\\"channel\\\":1}\""),                 INVALID },
    { SUBSCRIBE("{\"channel\":null}"),                      INVALID },
    { SUBSCRIBE("{\"channel\":{}}"),                        INVALID },
    { SUBSCRIBE("{\"channel\":\"a b\"}"),                   INVALID },
    { SUBSCRIBE("{\"channel\":\"a/b\"}"),                   INVALID },
    { SUBSCRIBE("{\"channel\":\"\\u00e4\"}"),               INVALID },
    { SUBSCRIBE("{\"channel\":\"a\",\"auth\":7}"),          INVALID },

    { SUBSCRIBE("{\"channel\":\"a\"}"),                     SUCCEEDED("a") },
    { SUBSCRIBE("{\"channel\":\"a\"}"),                     SUCCEEDED("a") },
    { SUBSCRIBE("\"{\\\"channel\\\":\\\"b\\\"}\""),         SUCCEEDED("b") },
    { SUBSCRIBE("{\"channel\":\"c\",\"auth\":null}"),       SUCCEEDED("c") },
    { SUBSCRIBE("{\"channel\":\"c\",\"auth\":\"\"}"),       SUCCEEDED("c") },
    { SUBSCRIBE("{\"channel\":\"private\"}"),         SUCCEEDED("private") },

    { SUBSCRIBE("{\"channel\":\"private-a\"}"), UNAUTHORIZED("private-a") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\"\"}"),
      UNAUTHORIZED("private-foobar") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\":\"}"),
      UNAUTHORIZED("private-foobar") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\""
                SIGNATURE "\"}"),
      UNAUTHORIZED("private-foobar") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\"key:"
                SIGNATURE "0\"}"),
      UNAUTHORIZED("private-foobar") },
    { SUBSCRIBE("{\"channel\":\"private-foobaz\",\"auth\":\"key:"
                SIGNATURE "\"}"),
      UNAUTHORIZED("private-foobaz") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\"key:"
                SIGNATURE "\",\"channel_data\":\"{}\"}"),
      UNAUTHORIZED("private-foobar") },
    { SUBSCRIBE("{\"channel\":\"private-foobar\",\"auth\":\"key:"
                SIGNATURE "\"}"),
      SUCCEEDED("private-foobar") },

    { SUBSCRIBE("{\"channel\":\"presence-a\"}"),
      UNAUTHORIZED("presence-a") },

    { "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"a\"}}",
      NULL },
    { "{\"event\":\"pusher:unsubscribe\",\"data\":{\"channel\":\"a\"}}",
      NULL },
    { "{\"event\":\"pusher:unsubscribe\",\"data\":{}}",     INVALID },
};


static int                 sent;
static char                last[4096];
static simrelayd_peer_t    peer;
static simrelayd_conf_t    conf;
static simrelayd_pusher_t  pusher;


static void
send_text(void *data, simrelayd_peer_t *p, sr_str_t text)
{
    assert_ptr_equal(data, &sent);
    assert_ptr_equal(p, &peer);
    assert_true(text.len < sizeof(last));

    memcpy(last, text.data, text.len);
    last[text.len] = '\0';
    sent++;
}


static void
spread_text(void *data, sr_str_t channel, sr_str_t head,
    const uint32_t *except)
{
    fail_msg("nobody else is there");
}


static int
setup(void **state)
{
    conf.pusher_key = "key";
    conf.pusher_secret = "7ad3773142a6692b25b8";
    conf.allowed_origins = "";
    conf.max_sockets = 10;

    memset(&peer, 0, sizeof(simrelayd_peer_t));
    peer.id[0] = 1234;
    peer.id[1] = 1234;

    sent = 0;

    simrelayd_pusher_init(&pusher, &conf, send_text, spread_text, &sent);

    return 0;
}


static int
teardown(void **state)
{
    simrelayd_pusher_leave(&pusher, &peer);
    assert_int_equal(pusher.channels.n, 0);
    simrelayd_pusher_free(&pusher);

    return 0;
}


static void
test_admit(void **state)
{
    size_t             i;
    simrelayd_hello_t  hello;

    for (i = 0; i < sr_test_count(hellos); i++) {
        memset(&hello, 0, sizeof(simrelayd_hello_t));

        hello.path = sr_test_str(hellos[i].path);

        if (hellos[i].protocol != NULL) {
            hello.protocol = sr_test_str(hellos[i].protocol);
        }

        if (hellos[i].origin != NULL) {
            hello.origin = sr_test_str(hellos[i].origin);
        }

        conf.allowed_origins = (char *) hellos[i].allowed;

        assert_int_equal(simrelayd_pusher_admit(&conf, &hello,
                                                hellos[i].sockets),
                         hellos[i].code);
    }
}


static void
test_frames(void **state)
{
    size_t          i, len;
    unsigned char  *copy;

    for (i = 0; i < sr_test_count(frames); i++) {
        sent = 0;

        /* a copy without a NUL, so that reading too far is seen */

        len = strlen(frames[i].in);
        copy = malloc(len != 0 ? len : 1);
        memcpy(copy, frames[i].in, len);

        simrelayd_pusher_receive(&pusher, &peer, copy, len);
        free(copy);

        if (frames[i].out == NULL) {
            assert_int_equal(sent, 0);
            continue;
        }

        assert_int_equal(sent, 1);
        assert_string_equal(last, frames[i].out);
    }

    assert_int_equal(peer.subscriber.n, 4);
}


static void
test_greeting(void **state)
{
    char      id[SIMRELAYD_SOCKET_ID_SIZE];
    char      frame[256];
    sr_str_t  str;

    simrelayd_pusher_greet(&pusher, &peer);

    str.data = (unsigned char *) id;
    str.len = simrelayd_pusher_id(&peer, id);

    assert_int_equal(str.len, strlen(id));
    assert_int_equal(sr_pusher_socket_id(str), 1);
    assert_in_range(peer.id[0], 1, SIMRELAYD_SOCKET_ID_MAX);
    assert_in_range(peer.id[1], 1, SIMRELAYD_SOCKET_ID_MAX);

    (void) snprintf(frame, sizeof(frame),
                    "{\"event\":\"pusher:connection_established\",\"data\":"
                    "\"{\\\"socket_id\\\":\\\"%s\\\","
                    "\\\"activity_timeout\\\":30}\"}", id);

    assert_string_equal(last, frame);

    /* the longest */

    peer.id[0] = peer.id[1] = UINT32_MAX;
    assert_int_equal(simrelayd_pusher_id(&peer, id), sizeof(id) - 1);
}


static void
test_channel_names(void **state)
{
    int            c, legal;
    sr_str_t       name;
    unsigned char  text[SR_PUSHER_CHANNEL_BYTES + 1];

    name.data = text;
    name.len = 1;

    for (c = 0; c < 256; c++) {
        text[0] = (unsigned char) c;

        legal = c != 0
                && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz"
                          "0123456789_-=@,.;", c) != NULL;

        assert_int_equal(simrelayd_pusher_channel(name), legal);
    }

    memset(text, 'a', sizeof(text));

    name.len = SR_PUSHER_CHANNEL_BYTES;
    assert_int_equal(simrelayd_pusher_channel(name), 1);

    name.len++;
    assert_int_equal(simrelayd_pusher_channel(name), 0);

    name.len = 0;
    assert_int_equal(simrelayd_pusher_channel(name), 0);
}


static void
test_limit(void **state)
{
    int   i;
    char  frame[128];

    for (i = 0; i <= SIMRELAYD_SUBSCRIPTIONS; i++) {
        (void) snprintf(frame, sizeof(frame), SUBSCRIBE("{\"channel\":\"%d\"}"),
                        i);
        simrelayd_pusher_receive(&pusher, &peer, (unsigned char *) frame,
                                 strlen(frame));
    }

    assert_int_equal(peer.subscriber.n, SIMRELAYD_SUBSCRIPTIONS);
    assert_string_equal(last,
        "{\"event\":\"pusher:subscription_error\",\"data\":"
        "\"{\\\"type\\\":\\\"LimitReached\\\",\\\"error\\\":"
        "\\\"The connection has too many subscriptions.\\\","
        "\\\"status\\\":4100}\",\"channel\":\"100\"}");
}


static void
test_payloads(void **state)
{
    sr_str_t         event = sr_string("e"), channel = sr_string("c"),
                     none = sr_null_str, data, text;
    sr_test_pool_t   pool;
    unsigned char   *big;

    text = simrelayd_pusher_frame(sr_test_pool(&pool, -1), event, none, none);
    sr_test_equal(text.data, text.len, "{\"event\":\"e\"}");
    sr_test_free(&pool);

    /* the worst of the biggest fits, more does not */

    big = malloc(2 * SR_PUSHER_DATA_BYTES);
    memset(big, 1, 2 * SR_PUSHER_DATA_BYTES);

    data.data = big;
    data.len = SR_PUSHER_DATA_BYTES;

    text = simrelayd_pusher_frame(sr_test_pool(&pool, -1), event, data,
                                  channel);
    assert_non_null(text.data);
    assert_int_equal(text.len,
                     6 * SR_PUSHER_DATA_BYTES
                     + strlen("{'event':'e','data':'','channel':'c'}"));
    sr_test_free(&pool);

    data.len = 2 * SR_PUSHER_DATA_BYTES;

    text = simrelayd_pusher_frame(sr_test_pool(&pool, -1), event, data,
                                  channel);
    assert_null(text.data);
    sr_test_free(&pool);

    free(big);
}


static void
test_texts(void **state)
{
    assert_string_equal(simrelayd_pusher_text(4001),
                        "Application does not exist");
    assert_string_equal(simrelayd_pusher_text(1009), "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_admit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(test_greeting, setup, teardown),
        cmocka_unit_test(test_channel_names),
        cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
        cmocka_unit_test(test_payloads),
        cmocka_unit_test(test_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
