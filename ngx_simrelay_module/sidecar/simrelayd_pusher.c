
/*
 * The Pusher protocol, version 7: frames in by tables of fields, answers out.
 */


#include <stdio.h>
#include <stdlib.h>

#include "simrelayd_pusher.h"
#include "sr_input.h"
#include "sr_sign.h"


#define SIMRELAYD_SOCKET_ID_MAX  1000000000

/* data of SR_PAYLOAD_BYTES, each byte as \u00XX */
#define SIMRELAYD_FRAME_MAX      (6 * SR_PAYLOAD_BYTES + 4096)

#define SIMRELAYD_FRAME_SIZE     1024       /* of most frames */
#define SIMRELAYD_DATA_SIZE      128


#define simrelayd_equals(s, literal)                                          \
    ((s).len == sizeof(literal) - 1                                           \
     && memcmp((s).data, literal, sizeof(literal) - 1) == 0)

#define simrelayd_begins(s, literal)                                          \
    ((s).len >= sizeof(literal) - 1                                           \
     && memcmp((s).data, literal, sizeof(literal) - 1) == 0)


typedef struct {
    sr_str_t     event;
} simrelayd_pusher_event_t;


/* what subscribe and unsubscribe carry */

typedef struct {
    sr_str_t     channel;
    sr_str_t     auth;
    sr_str_t     channel_data;
} simrelayd_pusher_data_t;


static void simrelayd_pusher_subscribe(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data);
static const char *simrelayd_pusher_refusal(const simrelayd_pusher_t *p,
    const simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data);
static void simrelayd_pusher_refuse(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t channel, const char *type, int status,
    const char *error);
static int simrelayd_pusher_data(simrelayd_pusher_t *p,
    simrelayd_pusher_data_t *data, const unsigned char *text, size_t len);
static void simrelayd_pusher_answer(simrelayd_pusher_t *p,
    simrelayd_peer_t *peer, sr_str_t event, sr_str_t data, sr_str_t channel);
static sr_str_t simrelayd_pusher_str(const char *s);


static const struct {
    int                     code;
    const char             *text;
} simrelayd_pusher_texts[] = {
    { SIMRELAYD_NO_APP,        "Application does not exist" },
    { SIMRELAYD_OVER_QUOTA,    "Application is over connection quota" },
    { SIMRELAYD_NO_PATH,       "Path not found" },
    { SIMRELAYD_BAD_VERSION,   "Invalid version string format" },
    { SIMRELAYD_OLD_VERSION,   "Unsupported protocol version" },
    { SIMRELAYD_NO_VERSION,    "No protocol version supplied" },
    { SIMRELAYD_UNAUTHORIZED,  "Connection is unauthorized" },
    { SIMRELAYD_INVALID,       "Invalid message format" },
    { SIMRELAYD_NO_PONG,       "Pong reply not received in time" },
    { SIMRELAYD_NO_CLIENTS,
      "The app does not have client messaging enabled." },
    { 0, NULL }
};


static const sr_str_t  simrelayd_pusher_none = sr_null_str;


static const sr_field_t  simrelayd_pusher_frame_fields[] = {
    { .name = "event", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_pusher_event_t, event),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

static const sr_field_t  simrelayd_pusher_data_fields[] = {
    { .name = "channel", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .offset = offsetof(simrelayd_pusher_data_t, channel),
      .set = SR_FIELD_UNSET },
    { .name = "auth", .type = SR_FIELD_TEXT, .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_pusher_data_t, auth),
      .set = SR_FIELD_UNSET },
    { .name = "channel_data", .type = SR_FIELD_TEXT,
      .flags = SR_FIELD_NULLABLE,
      .offset = offsetof(simrelayd_pusher_data_t, channel_data),
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};

/* "data" comes as an object, or as one in a string */

static const sr_field_t  simrelayd_pusher_object_fields[] = {
    { .name = "data", .type = SR_FIELD_OBJECT, .flags = SR_FIELD_REQUIRED,
      .set = SR_FIELD_UNSET, .fields = simrelayd_pusher_data_fields },
    { .name = NULL }
};

static const sr_field_t  simrelayd_pusher_string_fields[] = {
    { .name = "data", .type = SR_FIELD_TEXT, .flags = SR_FIELD_REQUIRED,
      .set = SR_FIELD_UNSET },
    { .name = NULL }
};


void
simrelayd_pusher_init(simrelayd_pusher_t *p, const simrelayd_conf_t *conf,
    simrelayd_pusher_send_pt send, void *data)
{
    p->conf = conf;
    p->send = send;
    p->data = data;

    simrelayd_channels_init(&p->channels);
    simrelayd_arena_init(&p->arena);
}


void
simrelayd_pusher_free(simrelayd_pusher_t *p)
{
    simrelayd_channels_free(&p->channels);
    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_greet(simrelayd_pusher_t *p, simrelayd_peer_t *peer)
{
    char       id[SIMRELAYD_SOCKET_ID_SIZE];
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:connection_established"), data;
    sr_json_t  j;

    if (sr_random(peer->id, sizeof(peer->id)) == -1) {
        simrelayd_log(SIMRELAYD_ERROR, "event=no_random_bytes");
        abort();
    }

    peer->id[0] = peer->id[0] % SIMRELAYD_SOCKET_ID_MAX + 1;
    peer->id[1] = peer->id[1] % SIMRELAYD_SOCKET_ID_MAX + 1;

    (void) simrelayd_pusher_id(peer, id);

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE, SIMRELAYD_FRAME_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "socket_id");
    sr_json_cstr(&j, id);
    sr_json_key(&j, "activity_timeout");
    sr_json_int(&j, SIMRELAYD_ACTIVITY_TIMEOUT);
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, simrelayd_pusher_none);
    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_receive(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const unsigned char *text, size_t len)
{
    sr_str_t                   e, pong = sr_string("pusher:pong");
    sr_input_t                 in;
    simrelayd_pusher_data_t    data;
    simrelayd_pusher_event_t   frame;

    memset(&frame, 0, sizeof(simrelayd_pusher_event_t));
    in.alloc = p->arena.alloc;

    if (sr_input_json(&in, text, len, simrelayd_pusher_frame_fields, &frame)
        != 0)
    {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    e = frame.event;

    if (simrelayd_equals(e, "pusher:ping")) {
        simrelayd_pusher_answer(p, peer, pong, simrelayd_pusher_none,
                                simrelayd_pusher_none);

    } else if (simrelayd_equals(e, "pusher:pong")) {
        /* that it came is all it says */

    } else if (simrelayd_begins(e, "client-")) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_NO_CLIENTS, NULL);

    } else if (simrelayd_equals(e, "pusher:subscribe")
               && simrelayd_pusher_data(p, &data, text, len) == 0)
    {
        simrelayd_pusher_subscribe(p, peer, &data);

    } else if (simrelayd_equals(e, "pusher:unsubscribe")
               && simrelayd_pusher_data(p, &data, text, len) == 0)
    {
        (void) simrelayd_channel_unsubscribe(&p->channels, &peer->subscriber,
                                             data.channel);

    } else {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
    }

    simrelayd_arena_reset(&p->arena);
}


void
simrelayd_pusher_leave(simrelayd_pusher_t *p, simrelayd_peer_t *peer)
{
    simrelayd_channel_leave(&p->channels, &peer->subscriber);
}


void
simrelayd_pusher_error(simrelayd_pusher_t *p, simrelayd_peer_t *peer, int code,
    const char *text)
{
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:error"), data;
    sr_json_t  j;

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE, SIMRELAYD_FRAME_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "code");
    sr_json_int(&j, code);
    sr_json_key(&j, "message");
    sr_json_cstr(&j, text != NULL ? text : simrelayd_pusher_text(code));
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, simrelayd_pusher_none);
    simrelayd_arena_reset(&p->arena);
}


size_t
simrelayd_pusher_id(const simrelayd_peer_t *peer, char *dst)
{
    return (size_t) snprintf(dst, SIMRELAYD_SOCKET_ID_SIZE, "%u.%u",
                             (unsigned) peer->id[0], (unsigned) peer->id[1]);
}


sr_str_t
simrelayd_pusher_frame(sr_alloc_t alloc, sr_str_t event, sr_str_t data,
    sr_str_t channel)
{
    sr_buf_t   b;
    sr_str_t   text;
    sr_json_t  j;

    sr_buf_init(&b, alloc, SIMRELAYD_FRAME_SIZE + data.len + data.len / 4,
                SIMRELAYD_FRAME_MAX);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "event");
    sr_json_str(&j, event);

    if (data.data != NULL) {
        sr_json_key(&j, "data");
        sr_json_str(&j, data);
    }

    if (channel.data != NULL) {
        sr_json_key(&j, "channel");
        sr_json_str(&j, channel);
    }

    sr_json_object_end(&j);

    text.len = b.failed ? 0 : b.len;
    text.data = b.failed ? NULL : b.data;

    return text;
}


int
simrelayd_pusher_channel(sr_str_t name)
{
    size_t         i;
    unsigned char  c;

    if (name.len == 0 || name.len > SR_PUSHER_CHANNEL_BYTES) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr("_-=@,.;", c) != NULL)))
        {
            return 0;
        }
    }

    return 1;
}


const char *
simrelayd_pusher_text(int code)
{
    int  i;

    for (i = 0; simrelayd_pusher_texts[i].text != NULL; i++) {
        if (simrelayd_pusher_texts[i].code == code) {
            return simrelayd_pusher_texts[i].text;
        }
    }

    return "";
}


static void
simrelayd_pusher_subscribe(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    const simrelayd_pusher_data_t *data)
{
    sr_str_t     event = sr_string("pusher_internal:subscription_succeeded"),
                 nothing = sr_string("{}");
    const char  *why;

    if (!simrelayd_pusher_channel(data->channel)) {
        simrelayd_pusher_error(p, peer, SIMRELAYD_INVALID, NULL);
        return;
    }

    why = simrelayd_pusher_refusal(p, peer, data);

    if (why != NULL) {
        simrelayd_pusher_refuse(p, peer, data->channel, "AuthError", 401, why);
        return;
    }

    if (simrelayd_channel_subscribe(&p->channels, &peer->subscriber,
                                    data->channel)
        == -1)
    {
        simrelayd_pusher_refuse(p, peer, data->channel, "LimitReached", 4100,
                                "The connection has too many subscriptions.");
        return;
    }

    simrelayd_pusher_answer(p, peer, event, nothing, data->channel);
}


/* why it may not subscribe, or NULL */

static const char *
simrelayd_pusher_refusal(const simrelayd_pusher_t *p,
    const simrelayd_peer_t *peer, const simrelayd_pusher_data_t *data)
{
    char            id[SIMRELAYD_SOCKET_ID_SIZE];
    sr_str_t        socket_id, given, right, extra;
    unsigned char  *colon, hex[SR_SIGN_HEX_LEN];

    if (simrelayd_begins(data->channel, "presence-")) {
        return "Presence channels are not available.";
    }

    if (!simrelayd_begins(data->channel, "private-")) {
        return NULL;
    }

    socket_id.len = simrelayd_pusher_id(peer, id);
    socket_id.data = (unsigned char *) id;

    extra = data->channel_data.len != 0 ? data->channel_data
                                        : simrelayd_pusher_none;

    colon = data->auth.len != 0 ? memchr(data->auth.data, ':', data->auth.len)
                                : NULL;

    if (colon == NULL
        || sr_sign_pusher(hex, simrelayd_pusher_str(p->conf->pusher_secret),
                          socket_id, data->channel, extra)
           == -1)
    {
        return "The connection is unauthorized.";
    }

    given.data = colon + 1;
    given.len = data->auth.len - (given.data - data->auth.data);

    right.data = hex;
    right.len = SR_SIGN_HEX_LEN;

    return sr_equal(given, right) ? NULL : "The connection is unauthorized.";
}


static void
simrelayd_pusher_refuse(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t channel, const char *type, int status, const char *error)
{
    sr_buf_t   b;
    sr_str_t   event = sr_string("pusher:subscription_error"), data;
    sr_json_t  j;

    sr_buf_init(&b, p->arena.alloc, SIMRELAYD_DATA_SIZE, SIMRELAYD_FRAME_SIZE);
    sr_json_init(&j, &b);

    sr_json_object(&j);
    sr_json_key(&j, "type");
    sr_json_cstr(&j, type);
    sr_json_key(&j, "error");
    sr_json_cstr(&j, error);
    sr_json_key(&j, "status");
    sr_json_int(&j, status);
    sr_json_object_end(&j);

    data.len = b.len;
    data.data = b.data;

    simrelayd_pusher_answer(p, peer, event, data, channel);
}


/* Reads "data" of a frame that is known to be JSON.  0, or -1. */

static int
simrelayd_pusher_data(simrelayd_pusher_t *p, simrelayd_pusher_data_t *data,
    const unsigned char *text, size_t len)
{
    sr_str_t    inner;
    sr_input_t  in;

    in.alloc = p->arena.alloc;

    memset(data, 0, sizeof(simrelayd_pusher_data_t));

    if (sr_input_json(&in, text, len, simrelayd_pusher_object_fields, data)
        == 0)
    {
        return 0;
    }

    memset(&inner, 0, sizeof(sr_str_t));

    if (sr_input_json(&in, text, len, simrelayd_pusher_string_fields, &inner)
        != 0)
    {
        return -1;
    }

    memset(data, 0, sizeof(simrelayd_pusher_data_t));

    return sr_input_json(&in, inner.data, inner.len,
                         simrelayd_pusher_data_fields, data)
           == 0 ? 0 : -1;
}


static void
simrelayd_pusher_answer(simrelayd_pusher_t *p, simrelayd_peer_t *peer,
    sr_str_t event, sr_str_t data, sr_str_t channel)
{
    sr_str_t  text;

    text = simrelayd_pusher_frame(p->arena.alloc, event, data, channel);

    if (text.data != NULL) {
        p->send(p->data, peer, text);
    }
}


static sr_str_t
simrelayd_pusher_str(const char *s)
{
    sr_str_t  str;

    str.len = strlen(s);
    str.data = (unsigned char *) s;

    return str;
}
